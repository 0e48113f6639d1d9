package io.carillon.aws.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.lambda.model.CreateEventSourceMappingRequest;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

class JsonDecoderTest {
  private final Shapes shapes = new Shapes();
  private final JsonDecoder decoder = new JsonDecoder(shapes, 1 << 20);

  private CreateFunctionRequest function(String json) {
    CreateFunctionRequest.Builder builder = CreateFunctionRequest.builder();
    decoder.read(json.getBytes(StandardCharsets.UTF_8), builder);
    return builder.build();
  }

  @Test
  void nullIsAbsentButEmptyIsPresent() {
    CreateFunctionRequest function =
        function("{\"Role\":null,\"Layers\":[],\"Tags\":{},\"Environment\":{\"Variables\":{}}}");
    assertThat(function.role()).isNull();
    assertThat(function.hasLayers()).isTrue();
    assertThat(function.hasTags()).isTrue();
    assertThat(function.hasArchitectures()).isFalse();
    assertThat(function.environment().hasVariables()).isTrue();
  }

  @Test
  void anEmptyBodyIsAnEmptyObject() {
    assertThat(function("")).isEqualTo(CreateFunctionRequest.builder().build());
  }

  @Test
  void blobsAreDecodedFromBase64() {
    assertThat(function("{\"Code\":{\"ZipFile\":\"UEsDBA==\"}}").code().zipFile().asByteArray())
        .containsExactly('P', 'K', 3, 4);
  }

  @ParameterizedTest
  @CsvSource({
    "1700000000, 2023-11-14T22:13:20Z",
    "1700000000.25, 2023-11-14T22:13:20.250Z",
    "1.7E9, 2023-11-14T22:13:20Z",
    "-1, 1969-12-31T23:59:59Z",
  })
  void timeIsSecondsSince1970(String seconds, Instant time) {
    CreateEventSourceMappingRequest.Builder builder = CreateEventSourceMappingRequest.builder();
    decoder.read(
        ("{\"StartingPositionTimestamp\":" + seconds + "}").getBytes(StandardCharsets.UTF_8),
        builder);
    assertThat(builder.build().startingPositionTimestamp()).isEqualTo(time);
  }

  @Test
  void malformedJsonIsReportedWithItsPosition() {
    assertThatThrownBy(() -> function("{\"Role\":\n  oops}"))
        .hasMessage("The body is not JSON at line 2, column 3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "1",
        "null",
        "{",
        "{}{}",
        "{} x",
        "{'Role':'x'}",
        "{\"Role\":1}",
        "{\"Role\":[\"x\"]}",
        "{\"Role\":\"a\",\"Role\":\"b\"}",
        "{\"Timeout\":\"3\"}",
        "{\"Timeout\":3.0}",
        "{\"Timeout\":99999999999}",
        "{\"Publish\":\"true\"}",
        "{\"Layers\":\"x\"}",
        "{\"Layers\":[null]}",
        "{\"Tags\":[]}",
        "{\"Tags\":{\"a\":1}}",
        "{\"Code\":\"zip\"}",
        "{\"Code\":{\"ZipFile\":\"!!!\"}}",
        "{\"Role\":NaN}",
        "\u0000",
      })
  void valuesOfWrongTypesAreRejected(String json) {
    assertThatThrownBy(() -> function(json))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(CommonError.SERIALIZATION));
  }

  @Test
  void anUnknownMemberIsNamed() {
    assertThatThrownBy(() -> function("{\"VpcConfig\":{\"Surprise\":1}}"))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(CommonError.VALIDATION))
        .hasMessage("The member VpcConfig.Surprise is not known to this operation.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1E400000000", "1E999999999", "-1E99", "999999999999999"})
  void timesOutOfRangeAreRejectedCheaply(String seconds) {
    CreateEventSourceMappingRequest.Builder builder = CreateEventSourceMappingRequest.builder();
    byte[] json =
        ("{\"StartingPositionTimestamp\":" + seconds + "}").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> decoder.read(json, builder)).isInstanceOf(AwsException.class);
  }

  @Test
  void depthIsBounded() {
    assertThatThrownBy(() -> function("{\"Layers\":" + "[".repeat(100_000)))
        .isInstanceOf(AwsException.class);
  }

  @Test
  void malformedUtf8IsRejected() {
    byte[] json = "{\"Role\":\"x\"}".getBytes(StandardCharsets.UTF_8);
    json[9] = (byte) 0xFF;
    assertThatThrownBy(() -> decoder.read(json, CreateFunctionRequest.builder()))
        .isInstanceOf(AwsException.class);
  }

  @Property
  void textSurvivesARoundTrip(@ForAll String body, @ForAll String name) {
    SendMessageRequest request =
        SendMessageRequest.builder()
            .messageBody(body)
            .messageAttributes(
                Map.of(name, MessageAttributeValue.builder().stringValue(body).build()))
            .build();
    SendMessageRequest.Builder builder = SendMessageRequest.builder();
    decoder.read(new JsonEncoder(shapes).write(request), builder);
    assertThat(builder.build()).isEqualTo(request);
  }
}
