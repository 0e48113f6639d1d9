package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// A name says whose type it is: no two types of the product are written alike.
class TypeNamesTest {
  private static final Pattern IMPORT_OF_NESTED =
      Pattern.compile("(?m)^import io\\.carillon\\.[a-z][a-z0-9.]*(?:[A-Z]\\w*\\.)+([A-Z]\\w*);$");

  /// The types of each simple name; private ones are not written elsewhere.
  private static Map<String, Set<Class<?>>> bySimpleName() throws IOException {
    Map<String, Set<Class<?>>> types = new HashMap<>();
    for (ClassModel model : ServerClasses.all()) {
      Class<?> type = ServerClasses.load(model.thisClass().asInternalName());
      if (!type.isAnonymousClass()
          && !type.isLocalClass()
          && !Modifier.isPrivate(type.getModifiers())) {
        types.computeIfAbsent(type.getSimpleName(), _ -> new HashSet<>()).add(type);
      }
    }
    return types;
  }

  @Test
  void everyTopLevelTypeHasANameOfItsOwn() throws Exception {
    Set<String> twice = new TreeSet<>();
    bySimpleName()
        .forEach(
            (name, types) -> {
              if (types.stream().filter(type -> !type.isMemberClass()).count() > 1) {
                twice.add(name);
              }
            });
    assertThat(twice).isEmpty();
  }

  @Test
  void nestedTypesThatShareANameAreWrittenWithTheirOuterType() throws Exception {
    Map<String, Set<Class<?>>> types = bySimpleName();
    Set<String> bare = new TreeSet<>();
    for (String tree : List.of("src/main/java", "src/test/java")) {
      try (Stream<Path> files = Files.walk(Path.of(tree))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          IMPORT_OF_NESTED
              .matcher(Files.readString(file))
              .results()
              .filter(found -> types.getOrDefault(found.group(1), Set.of()).size() > 1)
              .map(MatchResult::group)
              .forEach(line -> bare.add(file.getFileName() + ": " + line));
        }
      }
    }
    assertThat(bare).as("import the outer type instead").isEmpty();
  }
}
