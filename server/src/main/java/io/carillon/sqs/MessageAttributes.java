package io.carillon.sqs;

import io.carillon.aws.AwsException;
import io.carillon.messaging.MessageAttribute;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;

/// Validates and reads the attributes of a message.
final class MessageAttributes {
  static final String TRACE_HEADER = "AWSTraceHeader";
  private static final int MAX = 10;
  private static final int MAX_NAME_BYTES = 256;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");
  private static final Set<String> TYPES = Set.of("String", "Number", "Binary");

  private MessageAttributes() {}

  /// Validates the attributes of a request.
  static Map<String, MessageAttribute> of(Map<String, MessageAttributeValue> sent) {
    if (sent.size() > MAX) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Number of message attributes ["
              + sent.size()
              + "] exceeds the allowed maximum ["
              + MAX
              + "].");
    }
    Map<String, MessageAttribute> all = new TreeMap<>();
    sent.forEach((name, value) -> all.put(checkName(name), of(name, value)));
    return all;
  }

  private static MessageAttribute of(String name, MessageAttributeValue value) {
    if (value.hasStringListValues() || value.hasBinaryListValues()) {
      throw SqsError.UNSUPPORTED_OPERATION.because(
          "Message attribute list values in SendMessage operation are not supported.");
    }
    String type = value.dataType();
    String text = value.stringValue();
    SdkBytes bytes = value.binaryValue();
    if (type == null || type.isEmpty()) {
      throw invalid(
          "The message (user) attribute '%s' must contain a non-empty message attribute %s.",
          name, text == null && bytes == null ? "value" : "type");
    }
    String kind = type.split("\\.", 2)[0];
    if (!TYPES.contains(kind)) {
      throw invalid(
          "The type of message (user) attribute '%s' is invalid. You must use only the following"
              + " supported type prefixes: Binary, Number, String.",
          name);
    }
    if (type.length() > MAX_NAME_BYTES) {
      throw invalid("Message (user) attribute type must be shorter than 256 bytes.");
    }
    boolean binary = kind.equals("Binary");
    boolean emptyValue =
        (text == null && bytes == null)
            || (text != null && text.isEmpty())
            || (bytes != null && bytes.asByteArrayUnsafe().length == 0);
    if (emptyValue) {
      throw emptyValue("(user)", name, type);
    }
    if (text != null && bytes != null) {
      throw invalid("Message (user) attribute '%s' must have a single value.", name);
    }
    if (binary ? bytes == null : text == null) {
      throw invalid(
          "Message (user) attribute '%s' with type '%s' must use field '%s'.",
          name, type, binary ? "Binary" : "String");
    }
    if (bytes != null) {
      return new MessageAttribute(type, null, bytes.asByteArray());
    }
    if (kind.equals("Number") && !isNumber(text)) {
      throw invalid("Can't cast the value of message (user) attribute '%s' to a number.", name);
    }
    MessageText.check(text);
    return new MessageAttribute(type, text, null);
  }

  /// The only system attribute that a sender may set; null if it is not set.
  static @Nullable MessageAttribute traceHeader(Map<String, MessageSystemAttributeValue> sent) {
    for (String name : sent.keySet()) {
      if (!name.equals(TRACE_HEADER)) {
        throw invalid("Message system attribute name '%s' is invalid.", name);
      }
    }
    MessageSystemAttributeValue trace = sent.get(TRACE_HEADER);
    if (trace == null) {
      return null;
    }
    String text = trace.stringValue();
    if (!"String".equals(trace.dataType()) || text == null || text.isEmpty()) {
      throw emptyValue("system", TRACE_HEADER, "String");
    }
    return MessageAttribute.string(text);
  }

  private static boolean isNumber(String text) {
    try {
      Double.parseDouble(text);
      return true;
    } catch (NumberFormatException _) {
      return false;
    }
  }

  private static String checkName(String name) {
    if (name.isEmpty()) {
      throw invalid("The request must contain non-empty message (user) attribute names.");
    }
    if (name.length() > MAX_NAME_BYTES) {
      throw invalid("Message (user) attribute name must be shorter than 256 bytes.");
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.startsWith("aws.") || lower.startsWith("amazon.")) {
      throw invalid(
          "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings"
              + " are reserved for internal use.");
    }
    if (name.startsWith(".") || name.endsWith(".")) {
      throw invalid(
          "Message (user) attribute name must not %s with character '.'.",
          name.startsWith(".") ? "begin" : "end");
    }
    if (name.contains("..")) {
      throw invalid("Message (user) attribute name must not have successive '.' characters.");
    }
    if (!NAME.matcher(name).matches()) {
      throw invalid(
          "Message (user) attribute name can only contain upper and lower case letters, digits,"
              + " periods, hyphens and underscores.");
    }
    return name;
  }

  private static AwsException emptyValue(String whose, String name, String type) {
    return invalid(
        "Message %s attribute '%s' must contain a non-empty value of type '%s'.",
        whose, name, type);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its callers are all here
  private static AwsException invalid(String message, Object... values) {
    return SqsError.INVALID_PARAMETER_VALUE.because(message.formatted(values));
  }

  static MessageAttributeValue toValue(MessageAttribute attribute) {
    MessageAttributeValue.Builder value =
        MessageAttributeValue.builder().dataType(attribute.type());
    return attribute.isBinary()
        ? value.binaryValue(SdkBytes.fromByteArray(attribute.content())).build()
        : value.stringValue(attribute.text()).build();
  }
}
