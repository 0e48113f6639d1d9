package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkPojo;

@Tag("slow")
class ModelTest {

  /// After an upgrade of the SDK: run this test with `-Dcarillon.writeModel=true` to regenerate the
  /// lists, and review the difference.
  @ParameterizedTest
  @MethodSource("io.carillon.aws.Specs#names")
  void theListOfOperationsMatchesTheSdk(String service) throws IOException {
    List<Model.Entry> current = Marshallers.read(service);
    if (Boolean.getBoolean("carillon.writeModel")) {
      Path module = Files.isDirectory(Path.of("server")) ? Path.of("server") : Path.of("");
      Path file =
          module.resolve(
              "src/main/resources/io/carillon/" + service + "/" + service + ".operations");
      Files.write(file, current.stream().map(Model.Entry::toString).toList());
    }
    assertThat(Model.of(Specs.of(service))).isEqualTo(current).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("io.carillon.aws.Specs#names")
  void everyOperationHasANameAMethodAPathAndSupportedShapes(String service) {
    Shapes shapes = new Shapes();
    for (Model.Entry entry : Model.of(Specs.of(service))) {
      assertThat(entry.name().toLowerCase(Locale.ROOT))
          .isEqualTo(entry.input().toLowerCase(Locale.ROOT));
      assertThat(entry.verb()).isIn(Set.of("GET", "HEAD", "PUT", "POST", "DELETE"));
      assertThat(entry.template()).startsWith("/");
      assertKnown(shapes, shapes.builder(Marshallers.inputClass(service, entry)), 0);
      assertKnown(shapes, shapes.builder(Marshallers.outputClass(service, entry)), 0);
    }
  }

  private static void assertKnown(Shapes shapes, SdkPojo structure, int depth) {
    Shape shape = shapes.of(structure);
    if (depth < 6) { // structures may be recursive
      shape.body().values().forEach(m -> assertKnown(shapes, m.kind(), depth + 1));
    }
  }

  private static void assertKnown(Shapes shapes, MemberType kind, int depth) {
    switch (kind) {
      case MemberType.Struct struct -> assertKnown(shapes, struct.builder().get(), depth);
      case MemberType.ListOf list -> assertKnown(shapes, list.item(), depth);
      case MemberType.MapOf map -> assertKnown(shapes, map.value(), depth);
      case MemberType.Scalar _, MemberType.Time _ -> {}
    }
  }

  @Test
  void unsupportedServicesHaveNoList() {
    assertThatThrownBy(() -> Model.of(Specs.of("dynamodb")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
