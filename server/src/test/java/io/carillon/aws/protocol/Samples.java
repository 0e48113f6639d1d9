package io.carillon.aws.protocol;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkPojo;

/// Fills model objects, every member of every structure, with distinct values.
final class Samples {
  private static final int MAX_DEPTH = 8; // structures may be recursive

  private final Shapes shapes = new Shapes();
  private final Map<String, Object> given;
  private final Set<String> absent;
  private int count;

  /// @param given values of restricted members, by the name of the member
  /// @param absent members to leave out
  Samples(Map<String, Object> given, Set<String> absent) {
    this.given = given;
    this.absent = absent;
  }

  SdkPojo of(Class<?> model) {
    SdkPojo builder = shapes.builder(model);
    fill(builder, 0);
    return Shapes.build(builder);
  }

  private void fill(SdkPojo builder, int depth) {
    Shape shape = shapes.of(builder);
    for (Map<String, Member> members :
        List.of(shape.path(), shape.query(), shape.headers(), shape.body())) {
      members.values().forEach(member -> fill(builder, member, depth));
    }
    shape.headerMaps().forEach(member -> member.set(builder, Map.of("a-key", "a value")));
    if (shape.payload() != null) {
      fill(builder, shape.payload(), depth);
    }
    if (shape.status() != null) {
      shape.status().set(builder, 200);
    }
  }

  private void fill(SdkPojo builder, Member member, int depth) {
    String name = member.field().memberName();
    if (absent.contains(name)) {
      return;
    }
    if (depth == 0 && given.containsKey(name)) { // nested members may have the same names
      member.set(builder, given.get(name));
    } else if (depth < MAX_DEPTH || !member.kind().containsStructures()) {
      member.set(builder, value(member.kind(), depth));
    }
  }

  private Object value(MemberType kind, int depth) {
    count++;
    return switch (kind) {
      case MemberType.Scalar scalar ->
          switch (scalar) {
            case STRING -> "text-" + count;
            case BOOLEAN -> count % 2 == 0;
            case SHORT -> (short) count;
            case INTEGER -> count;
            case LONG -> 5_000_000_000L + count;
            case FLOAT -> count + 0.5f;
            case DOUBLE -> count + 0.25;
            case DECIMAL -> new BigDecimal(count + ".125");
            case BLOB -> SdkBytes.fromUtf8String("blob-" + count);
          };
      case MemberType.Time _ -> Instant.ofEpochSecond(1_700_000_000L + count);
      case MemberType.Struct struct -> {
        SdkPojo builder = struct.builder().get();
        fill(builder, depth + 1);
        yield Shapes.build(builder);
      }
      case MemberType.ListOf list -> List.of(value(list.item(), depth), value(list.item(), depth));
      case MemberType.MapOf map -> {
        Map<String, Object> entries = new LinkedHashMap<>();
        entries.put("key-" + count, value(map.value(), depth));
        entries.put("key." + count + " ü", value(map.value(), depth));
        yield entries;
      }
    };
  }
}
