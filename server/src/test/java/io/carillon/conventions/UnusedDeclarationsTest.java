package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaFieldAccess.AccessType;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Types, fields and constants that the product does not use; [TidyTest] finds methods.
@Tag("slow")
class UnusedDeclarationsTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPath(ServerClasses.folder());

  /// Strings and comments, which are no use of a name.
  private static final Pattern NO_CODE =
      Pattern.compile("\"\"\"(?s:.*?)\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|//[^\n]*");

  /// The methods of every enum.
  private static final Set<String> LISTS = Set.of("values", "valueOf");

  @Test
  void everyTypeIsUsed() throws IOException {
    Map<Path, String> sources = sources();
    Set<String> unused = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!type.isAnonymousClass()
          && !type.getSimpleName().equals("package-info")
          && type.getDirectDependenciesToSelf().stream()
              .map(Dependency::getOriginClass)
              .allMatch(user -> isWithin(user, type))
          && type.getFields().stream().noneMatch(field -> isNamed(field, sources))) {
        unused.add(nameOf(type));
      }
    }
    assertThat(unused).as("types that no other type uses").isEmpty();
  }

  private static boolean isWithin(JavaClass user, JavaClass type) {
    return user.equals(type)
        || user.getEnclosingClass().map(outer -> isWithin(outer, type)).orElse(false);
  }

  @Test
  void everyFieldIsRead() throws IOException {
    Map<Path, String> sources = sources();
    Set<String> unread = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      for (JavaField field : type.getFields()) {
        if (!field.getModifiers().contains(JavaModifier.PRIVATE)
            && !field.getModifiers().contains(JavaModifier.SYNTHETIC)
            && !isRead(field)
            && !isNamed(field, sources)) {
          unread.add(nameOf(type) + "." + field.getName());
        }
      }
    }
    assertThat(unread).as("fields that the product does not read").isEmpty();
  }

  /// Constants of an enum that is listed, such as to parse its names, are read with it.
  private static boolean isRead(JavaField field) {
    JavaClass owner = field.getOwner();
    return field.getAccessesToSelf().stream()
            .filter(access -> access.getAccessType() == AccessType.GET)
            .anyMatch(
                access -> !access.getOrigin().getFullName().equals(owner.getName() + ".$values()"))
        || (owner.isEnum()
            && owner.getMethodCallsToSelf().stream()
                .anyMatch(call -> LISTS.contains(call.getTarget().getName())));
  }

  /// The values of constants are copied into their readers: whether their name occurs once more.
  private static boolean isNamed(JavaField field, Map<Path, String> sources) {
    Pattern bare = Pattern.compile("\\b" + field.getName() + "\\b");
    Pattern qualified =
        Pattern.compile("\\b" + field.getOwner().getSimpleName() + "\\." + field.getName() + "\\b");
    String own = topLevel(field.getOwner()).getSimpleName() + ".java";
    return sources.entrySet().stream()
        .anyMatch(
            source ->
                source.getKey().endsWith(own)
                    ? bare.matcher(source.getValue()).results().count() > 1
                    : qualified.matcher(source.getValue()).find());
  }

  private static JavaClass topLevel(JavaClass type) {
    return type.getEnclosingClass().map(UnusedDeclarationsTest::topLevel).orElse(type);
  }

  private static Map<Path, String> sources() throws IOException {
    Map<Path, String> code = new HashMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        code.put(file, NO_CODE.matcher(Files.readString(file)).replaceAll(""));
      }
    }
    return code;
  }

  private static String nameOf(JavaClass type) {
    return type.getName().substring("io.carillon.".length());
  }
}
