package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;

/// SQS's error messages for invalid attributes.
///
/// Source: the type (k6-jslib-aws #65, 2023), the empty value (elasticmq #373, 2020), lists and the
/// number are recorded from SQS; the rest is from the tests of emulators that are compared with it.
class MessageAttributesTest {
  private static final SdkBytes BYTES = SdkBytes.fromUtf8String("b");

  @ParameterizedTest
  @MethodSource("invalidValues")
  void invalidValuesHaveTheErrorMessagesOfSqs(MessageAttributeValue value, String message) {
    assertThatThrownBy(() -> MessageAttributes.of(Map.of("a", value)))
        .isInstanceOfSatisfying(
            AwsException.class,
            e ->
                assertThat(e.error())
                    .isEqualTo(
                        message.contains("list values")
                            ? SqsError.UNSUPPORTED_OPERATION
                            : SqsError.INVALID_PARAMETER_VALUE))
        .hasMessage(message);
  }

  static Stream<Arguments> invalidValues() {
    String type =
        "The type of message (user) attribute 'a' is invalid. You must use only the following"
            + " supported type prefixes: Binary, Number, String.";
    String lists = "Message attribute list values in SendMessage operation are not supported.";
    String single = "Message (user) attribute 'a' must have a single value.";
    return Stream.of(
        Arguments.of(
            value(null, null, null),
            "The message (user) attribute 'a' must contain a non-empty message attribute value."),
        Arguments.of(
            value(null, "x", null),
            "The message (user) attribute 'a' must contain a non-empty message attribute type."),
        Arguments.of(
            value("", null, BYTES),
            "The message (user) attribute 'a' must contain a non-empty message attribute type."),
        Arguments.of(value("string", "x", null), type),
        Arguments.of(value("Strings", "x", null), type),
        Arguments.of(
            value("String." + "x".repeat(250), "x", null),
            "Message (user) attribute type must be shorter than 256 bytes."),
        Arguments.of(value("String", "", null), empty("String")),
        Arguments.of(value("String.x", null, null), empty("String.x")),
        Arguments.of(value("Number", "", null), empty("Number")),
        Arguments.of(value("Binary", null, SdkBytes.fromByteArray(new byte[0])), empty("Binary")),
        Arguments.of(
            value("Number", "one", null),
            "Can't cast the value of message (user) attribute 'a' to a number."),
        Arguments.of(value("String", "x", BYTES), single),
        Arguments.of(value("Binary", "x", BYTES), single),
        Arguments.of(
            value("Binary", "x", null),
            "Message (user) attribute 'a' with type 'Binary' must use field 'Binary'."),
        Arguments.of(
            value("Number", null, BYTES),
            "Message (user) attribute 'a' with type 'Number' must use field 'String'."),
        Arguments.of(
            value("StringList", null, null).toBuilder().stringListValues("x").build(), lists),
        Arguments.of(
            value("String", "x", null).toBuilder().binaryListValues(BYTES).build(), lists));
  }

  private static String empty(String type) {
    return "Message (user) attribute 'a' must contain a non-empty value of type '" + type + "'.";
  }

  @ParameterizedTest
  @MethodSource("invalidNames")
  void invalidNamesHaveTheErrorMessagesOfSqs(String name, String message) {
    assertThatThrownBy(() -> MessageAttributes.of(Map.of(name, value("String", "x", null))))
        .hasMessage(message);
  }

  static Stream<Arguments> invalidNames() {
    String reserved =
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are"
            + " reserved for internal use.";
    String characters =
        "Message (user) attribute name can only contain upper and lower case letters, digits,"
            + " periods, hyphens and underscores.";
    return Stream.of(
        Arguments.of("", "The request must contain non-empty message (user) attribute names."),
        Arguments.of(
            "x".repeat(257), "Message (user) attribute name must be shorter than 256 bytes."),
        Arguments.of("AWS.x", reserved),
        Arguments.of("amazon.x", reserved),
        Arguments.of(".x", "Message (user) attribute name must not begin with character '.'."),
        Arguments.of("x.", "Message (user) attribute name must not end with character '.'."),
        Arguments.of(
            "x..y", "Message (user) attribute name must not have successive '.' characters."),
        Arguments.of("x y", characters),
        Arguments.of("\u00e4", characters));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.b-c_D.9", "awsx", "amazonx", "x.aws.y"})
  void otherNamesAreAccepted(String name) {
    assertThat(MessageAttributes.of(Map.of(name, value("Number.int", "-1.5e3", null))))
        .containsOnlyKeys(name);
  }

  @Test
  void theTraceHeaderIsTheOnlySystemAttributeAndHasText() {
    MessageSystemAttributeValue empty =
        MessageSystemAttributeValue.builder().dataType("String").stringValue("").build();
    assertThatThrownBy(() -> MessageAttributes.traceHeader(Map.of("AWSTraceHeader", empty)))
        .hasMessage(
            "Message system attribute 'AWSTraceHeader' must contain a non-empty value of type"
                + " 'String'.");
    assertThatThrownBy(() -> MessageAttributes.traceHeader(Map.of("Other", empty)))
        .hasMessage("Message system attribute name 'Other' is invalid.");
  }

  private static MessageAttributeValue value(
      @Nullable String type, @Nullable String text, @Nullable SdkBytes bytes) {
    return MessageAttributeValue.builder()
        .dataType(type)
        .stringValue(text)
        .binaryValue(bytes)
        .build();
  }
}
