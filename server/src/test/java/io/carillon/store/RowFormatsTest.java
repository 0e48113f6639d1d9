package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import io.carillon.conventions.ServerClasses;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Rows are CBOR with member names, so the names of tables, members and enum constants are the
/// format of stored data. This test reads them from the compiled classes and compares them with
/// docs/row-formats.txt.
class RowFormatsTest {
  private static final Path GOLDEN = Path.of("..", "docs", "row-formats.txt");

  /// These create tables under names that their callers give.
  private static final Set<String> MAKERS = Set.of("Table", "KeySpaceQueue", "Inbox");

  @Test
  void tablesAndTheirMembersKeepTheirNames() throws Exception {
    SortedSet<String> now = new TreeSet<>();
    for (Map.Entry<String, Class<?>> row : rows().entrySet()) {
      describe(row.getKey(), RowCodec.MAPPER.constructType(row.getValue()), List.of(), now);
    }
    SortedSet<String> pinned = new TreeSet<>(Files.readAllLines(GOLDEN));
    assertThat(now)
        .as(
            "lines of %s: data on disk has these names. Keep a renamed member's stored name by"
                + " @JsonProperty; see docs/row-formats.md",
            GOLDEN)
        .containsAll(pinned);
    if (Boolean.getBoolean("carillon.writeDocs")) {
      Files.write(GOLDEN, now);
      return;
    }
    assertThat(pinned)
        .as("%s: new members; write it with -Dcarillon.writeDocs=true", GOLDEN)
        .containsAll(now);
  }

  @Test
  void everyTableOfTheServerIsFound() throws Exception {
    assertThat(rows().keySet())
        .contains("s3.objects", "outbox.jobs", "outbox.jobs.leases", "sqs.messages", "sns.topics")
        .hasSizeGreaterThan(60);
  }

  /// Row classes by table name; payloads of work, which are rows within rows, by class name.
  private static SortedMap<String, Class<?>> rows() throws Exception {
    SortedMap<String, Class<?>> rows = new TreeMap<>();
    for (ClassModel model : ServerClasses.all()) {
      if (!MAKERS.contains(simpleName(model.thisClass()))) {
        for (MethodModel method : model.methods()) {
          collect(method, rows);
        }
      }
    }
    return rows;
  }

  /// A table is created by a call with its name and its row's class as constants.
  private static void collect(MethodModel method, SortedMap<String, Class<?>> rows)
      throws ReflectiveOperationException {
    if (method.code().isEmpty()) {
      return;
    }
    String text = "";
    ClassDesc type = null;
    for (var element : method.code().get()) {
      if (element instanceof ConstantInstruction constant) {
        ConstantDesc value = constant.constantValue();
        if (value instanceof String string) {
          text = string;
        } else if (value instanceof ClassDesc descriptor) {
          type = descriptor;
        }
      } else if (element instanceof InvokeInstruction invoke && type != null) {
        String call = simpleName(invoke.owner()) + "." + invoke.name().stringValue();
        switch (call) {
          case "Table.of", "Table.cached" -> rows.put(text, load(type));
          case "Inbox.<init>" -> {
            rows.put(text, load(type));
            rows.put(text + "Totals", Class.forName("io.carillon.sns.Inbox$Totals"));
          }
          case "Database.queue" -> {
            rows.put(text, load(type));
            rows.put(text + ".leases", Class.forName("io.carillon.store.KeySpaceQueue$Leased"));
            rows.put(text + ".counts", Class.forName("io.carillon.store.KeySpaceQueue$Count"));
          }
          case "RowCodec.of" -> rows.put("payload " + load(type).getSimpleName(), load(type));
          default -> {
            continue;
          }
        }
        type = null;
      }
    }
  }

  private static String simpleName(ClassEntry type) {
    String name = type.asInternalName();
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private static Class<?> load(ClassDesc type) {
    String descriptor = type.descriptorString();
    return ServerClasses.load(descriptor.substring(1, descriptor.length() - 1));
  }

  /// One line for each member: its place and the type that Jackson reads there.
  ///
  /// @param around the records that contain it
  private static void describe(
      String place, JavaType type, List<Class<?>> around, SortedSet<String> lines) {
    Class<?> raw = type.getRawClass();
    if (type.isReferenceType() || (type.isCollectionLikeType() && !raw.isArray())) {
      describe(place + (type.isReferenceType() ? "?" : "[]"), type.getContentType(), around, lines);
    } else if (type.isMapLikeType()) {
      describe(place + "{}", type.getContentType(), around, lines);
    } else if (raw.isEnum()) {
      lines.add(place + " = " + constants(raw));
    } else if (raw.isRecord() && !around.contains(raw)) {
      List<BeanPropertyDefinition> members =
          RowCodec.MAPPER.getDeserializationConfig().introspect(type).findProperties();
      if (members.isEmpty()) {
        lines.add(place + " = {}");
      }
      List<Class<?>> inside = Stream.concat(around.stream(), Stream.of(raw)).toList();
      for (BeanPropertyDefinition member : members) {
        describe(place + " " + member.getName(), member.getPrimaryType(), inside, lines);
      }
    } else {
      lines.add(place + " = " + raw.getSimpleName());
    }
  }

  private static String constants(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> String.valueOf(RowCodec.MAPPER.convertValue(constant, Object.class)))
        .collect(Collectors.joining(" | "));
  }
}
