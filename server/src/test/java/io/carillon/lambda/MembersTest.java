package io.carillon.lambda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.carillon.aws.Clients;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.LambdaException;
import software.amazon.awssdk.utils.builder.SdkBuilder;

/// Nothing is silently accepted: the service reads every member of every mounted operation's
/// request, to implement it or to refuse it by name. New members of a newer SDK fail this test
/// until they are handled.
@Tag("slow")
class MembersTest {
  /// Structures that are refused if present, whatever their members.
  private static final Set<String> REFUSED_STRUCTURES =
      Set.of(
          "ImageConfig",
          "CapacityProviderConfig",
          "DurableConfig",
          "FileSystemConfig",
          "TenancyConfig",
          "AliasRoutingConfiguration");

  @TempDir Path folder;

  @Test
  void everyRequestMemberIsImplementedOrRefused() throws Exception {
    Set<String> read = calledGetters();
    Set<String> ignored = new TreeSet<>();
    try (LambdaFixture fixture = new LambdaFixture(folder)) {
      fixture
          .service
          .operations()
          .all()
          .forEach(operation -> addUnread(operation.input(), read, ignored, new HashSet<>()));
    }
    assertThat(ignored).as("members that are not read").isEmpty();
  }

  /// Every operation validates function names and qualifiers against the model.
  @Test
  void everyFunctionNameAndQualifierHasAPatternAndALengthLimit() throws Exception {
    Set<String> constrained = new TreeSet<>();
    try (Stream<String> rules = constraints()) {
      rules
          .map(line -> line.split("\t", -1))
          .filter(c -> c[2].equals("text") && !c[4].isEmpty() && !c[6].isEmpty())
          .forEach(c -> constrained.add(c[0] + "." + c[1]));
    }
    Set<String> unconstrained = new TreeSet<>();
    try (LambdaFixture fixture = new LambdaFixture(folder)) {
      fixture
          .service
          .operations()
          .all()
          .forEach(
              operation ->
                  empty(operation.input()).sdkFields().stream()
                      .map(SdkField::memberName)
                      .filter(Set.of("FunctionName", "Qualifier")::contains)
                      .map(member -> operation.input().getSimpleName() + "." + member)
                      .filter(member -> !constrained.contains(member))
                      .forEach(unconstrained::add));
    }
    assertThat(unconstrained).as("names without constraints").isEmpty();
    assertThat(constrained).contains("InvokeRequest.FunctionName", "GetFunctionRequest.Qualifier");
  }

  /// The request pipeline validates constraints before it looks up the function.
  @Test
  void allConstraintViolationsAreReportedTogether() throws Exception {
    try (LambdaFixture fixture = new LambdaFixture(folder);
        LambdaClient client =
            Clients.client(
                LambdaClient.builder(), Clients.pipeline(fixture.service.operations()))) {
      assertThatThrownBy(() -> client.getFunction(r -> r.functionName("no f").qualifier("a b")))
          .isInstanceOfSatisfying(
              LambdaException.class,
              e -> {
                assertThat(e.statusCode()).isEqualTo(400);
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException");
                assertThat(e.awsErrorDetails().errorMessage())
                    .startsWith(
                        "2 validation errors detected: Value 'no f' at 'functionName' failed");
              });
    }
  }

  private static Stream<String> constraints() throws IOException {
    String file = "/io/carillon/lambda/lambda.constraints";
    try (InputStream in = Objects.requireNonNull(MembersTest.class.getResourceAsStream(file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines();
    }
  }

  private static Set<String> calledGetters() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.carillon.lambda")
            .stream()
            .flatMap(MembersTest::uses)
            .map(use -> use.getTargetOwner().getName() + "." + use.getTarget().getName())
            .collect(Collectors.toSet());
  }

  private static Stream<JavaAccess<?>> uses(JavaClass type) {
    return Stream.concat(
        type.getMethodCallsFromSelf().stream(), type.getMethodReferencesFromSelf().stream());
  }

  private static void addUnread(
      Class<?> type, Set<String> read, Set<String> ignored, Set<Class<?>> seen) {
    if (!seen.add(type) || REFUSED_STRUCTURES.contains(type.getSimpleName())) {
      return;
    }
    for (SdkField<?> member : empty(type).sdkFields()) {
      String getter = getter(member);
      boolean isRead =
          Stream.of("", "AsString", "AsStrings")
              .anyMatch(form -> read.contains(type.getName() + "." + getter + form));
      if (!isRead) {
        ignored.add(type.getSimpleName() + "." + member.memberName());
      }
      structure(member).ifPresent(inner -> addUnread(inner, read, ignored, seen));
    }
  }

  /// `KMSKeyArn` is read by `kmsKeyArn()`.
  private static String getter(SdkField<?> member) {
    String name = member.memberName();
    int capitals = 0;
    while (capitals < name.length() && Character.isUpperCase(name.charAt(capitals))) {
      capitals++;
    }
    int lowered = capitals > 1 && capitals < name.length() ? capitals - 1 : capitals;
    return name.substring(0, lowered).toLowerCase(Locale.ROOT) + name.substring(lowered);
  }

  private static SdkPojo empty(Class<?> type) {
    try {
      return (SdkPojo) ((SdkBuilder<?, ?>) type.getMethod("builder").invoke(null)).build();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The structure that a member is, or is a list or a map of.
  private static Optional<Class<?>> structure(SdkField<?> member) {
    if (member.constructor() != null) {
      return Optional.of(((SdkBuilder<?, ?>) member.constructor().get()).build().getClass());
    }
    if (member.containsTrait(ListTrait.class)) {
      return structure(member.getTrait(ListTrait.class).memberFieldInfo());
    }
    if (member.containsTrait(MapTrait.class)) {
      return structure(member.getTrait(MapTrait.class).valueFieldInfo());
    }
    return Optional.empty();
  }
}
