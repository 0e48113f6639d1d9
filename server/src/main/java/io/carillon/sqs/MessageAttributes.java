package io.carillon.sqs;

import io.carillon.outbox.MessageAttribute;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;

/// Checks the attributes of a message and reads them.
final class MessageAttributes {
  static final String TRACE_HEADER = "AWSTraceHeader";
  private static final int MOST = 10;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
  private static final Set<String> TYPES = Set.of("String", "Number", "Binary");

  private MessageAttributes() {}

  /// Checks and takes what a client sent.
  static Map<String, MessageAttribute> of(Map<String, MessageAttributeValue> sent) {
    if (sent.size() > MOST) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Number of message attributes ["
              + sent.size()
              + "] exceeds the allowed maximum ["
              + MOST
              + "].");
    }
    Map<String, MessageAttribute> all = new TreeMap<>();
    sent.forEach((name, value) -> all.put(checkName(name), of(name, value)));
    return all;
  }

  private static MessageAttribute of(String name, MessageAttributeValue value) {
    String type = value.dataType();
    String kind = type == null ? "" : type.split("\\.", 2)[0];
    if (type == null || !TYPES.contains(kind) || type.length() > 256) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "The message attribute '"
              + name
              + "' has an invalid message attribute type, the set of supported type prefixes is"
              + " Binary, Number, and String.");
    }
    if (value.hasStringListValues() || value.hasBinaryListValues()) {
      throw SqsError.UNSUPPORTED_OPERATION.because(
          "Message attribute list values in SendMessage operation are not supported.");
    }
    if (kind.equals("Binary")) {
      SdkBytes bytes = value.binaryValue();
      if (bytes == null || bytes.asByteArrayUnsafe().length == 0 || value.stringValue() != null) {
        throw empty(name, type);
      }
      return new MessageAttribute(type, null, bytes.asByteArray());
    }
    String text = value.stringValue();
    if (text == null || text.isEmpty() || value.binaryValue() != null) {
      throw empty(name, type);
    }
    if (kind.equals("Number") && !isNumber(text)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Can't cast the value of message (user) attribute '" + name + "' to a number.");
    }
    MessageText.check(text);
    return new MessageAttribute(type, text, null);
  }

  /// The one attribute that a sender may give the system; null where it gives none.
  static @Nullable MessageAttribute traceHeader(Map<String, MessageSystemAttributeValue> sent) {
    if (!Set.of(TRACE_HEADER).containsAll(sent.keySet())) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "The only message system attribute that can be sent is " + TRACE_HEADER + ".");
    }
    MessageSystemAttributeValue trace = sent.get(TRACE_HEADER);
    if (trace == null) {
      return null;
    }
    String text = trace.stringValue();
    if (!"String".equals(trace.dataType()) || text == null || text.isEmpty()) {
      throw empty(TRACE_HEADER, "String");
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
    String lower = name.toLowerCase(java.util.Locale.ROOT);
    if (name.length() > 256
        || !NAME.matcher(name).matches()
        || lower.startsWith("aws.")
        || lower.startsWith("amazon.")) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "The message attribute name '" + name + "' is invalid.");
    }
    return name;
  }

  private static RuntimeException empty(String name, String type) {
    return SqsError.INVALID_PARAMETER_VALUE.because(
        "The message attribute '"
            + name
            + "' with type '"
            + type
            + "' must have exactly one non-empty value of that type.");
  }

  static MessageAttributeValue toValue(MessageAttribute attribute) {
    MessageAttributeValue.Builder value =
        MessageAttributeValue.builder().dataType(attribute.type());
    return attribute.isBinary()
        ? value.binaryValue(SdkBytes.fromByteArray(attribute.content())).build()
        : value.stringValue(attribute.text()).build();
  }
}
