package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Clients;
import io.carillon.aws.Operations;
import io.carillon.aws.Specs;
import io.carillon.aws.pipeline.RequestPipeline;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sqs.SqsClient;

/// Sends every operation of every service through the SDK's own client, with every member set, and
/// checks that the operation gets what was sent and the client what was returned.
@Tag("slow")
class EveryOperationTest {
  private final AtomicReference<SdkPojo> seen = new AtomicReference<>();
  private final AtomicReference<SdkPojo> answer = new AtomicReference<>();

  private RequestPipeline pipeline(String service) {
    Operations operations = Operations.of(Specs.of(service));
    for (Model.Entry entry : Model.of(Specs.of(service))) {
      mount(operations, Marshallers.inputClass(service, entry).asSubclass(SdkPojo.class));
    }
    return Clients.pipeline(operations);
  }

  private <I extends SdkPojo> void mount(Operations operations, Class<I> input) {
    operations.open(
        input,
        "a test of the codec",
        (_, request) -> {
          seen.set(request);
          return Objects.requireNonNull(answer.get());
        });
  }

  private void check(
      String service, Class<?> api, Object client, Samples samples, Set<String> skip) {
    SoftAssertions softly = new SoftAssertions();
    int checked = 0;
    for (Model.Entry entry : Model.of(Specs.of(service))) {
      Class<?> input = Marshallers.inputClass(service, entry);
      Optional<Method> method = method(api, entry, input);
      if (method.isEmpty() || skip.contains(entry.name())) {
        continue;
      }
      SdkPojo request = samples.of(input);
      SdkPojo response = samples.of(Marshallers.outputClass(service, entry));
      seen.set(null);
      answer.set(response);
      try {
        SdkPojo received = (SdkPojo) method.get().invoke(client, request);
        softly
            .assertThat(request.equalsBySdkFields(seen.get()))
            .as("%s sent%n%s and the operation saw%n%s", entry.name(), request, seen.get())
            .isTrue();
        softly
            .assertThat(response.equalsBySdkFields(received))
            .as("%s answered%n%s and the client saw%n%s", entry.name(), response, received)
            .isTrue();
        checked++;
      } catch (ReflectiveOperationException e) {
        softly.fail(entry.name() + ": " + e.getCause(), e.getCause());
      }
    }
    softly.assertAll();
    assertThat(checked).isGreaterThan(Model.of(Specs.of(service)).size() / 2);
  }

  /// Empty for streaming operations: their methods take more parameters.
  private static Optional<Method> method(Class<?> api, Model.Entry entry, Class<?> input) {
    return Arrays.stream(api.getMethods())
        .filter(m -> m.getParameterCount() == 1 && m.getParameterTypes()[0] == input)
        .filter(m -> m.getName().equalsIgnoreCase(entry.name()))
        .filter(m -> SdkPojo.class.isAssignableFrom(m.getReturnType()))
        .findFirst();
  }

  static List<String> services() {
    return Specs.namesExcept("sqs", "events", "s3");
  }

  @ParameterizedTest
  @MethodSource("services")
  void of(String service) {
    Class<?> api = Marshallers.client(service);
    Object client = Clients.client(api, pipeline(service));
    check(service, api, client, new Samples(Map.of(), Set.of()), Set.of());
  }

  @Test
  void ofSqs() {
    SqsClient client =
        Clients.client(SqsClient.builder().checksumValidationEnabled(false), pipeline("sqs"));
    check("sqs", SqsClient.class, client, new Samples(Map.of(), Set.of()), Set.of());
  }

  @Test
  void ofEvents() {
    EventBridgeClient client = Clients.client(EventBridgeClient.builder(), pipeline("events"));
    // A client with an EndpointId signs with an algorithm that needs another library.
    Samples samples = new Samples(Map.of(), Set.of("EndpointId"));
    check("events", EventBridgeClient.class, client, samples, Set.of());
  }

  @Test
  void ofS3() {
    S3Client client = Clients.client(S3Client.builder().forcePathStyle(true), pipeline("s3"));
    check(
        "s3",
        S3Client.class,
        client,
        new Samples(
            Map.of(
                "Bucket", "bucket-1",
                "Key", "a key/+%ü//..",
                "DestinationBucket", "bucket-1",
                "DestinationKey", "a key/+%ü//..",
                "ChecksumAlgorithm", "CRC32"),
            Set.of(
                // verified against the body, or set by the engine
                "ContentMD5",
                "ContentLength",
                // alternatives to CopySource and Expires, which only the SDK has
                "SourceBucket",
                "SourceKey",
                "SourceVersionId",
                "ExpiresString")),
        // The first is of S3 Express; the second has the length of an absent body.
        Set.of("ListDirectoryBuckets", "HeadObject"));
  }
}
