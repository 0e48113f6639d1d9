package io.carillon.sqs;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/// A message attribute: a type (`String`, `Number`, `Binary`, with a custom label behind a dot) and
/// a text or bytes.
record MessageAttribute(String type, @Nullable String text, byte @Nullable [] bytes) {
  private static final int MOST = 10;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
  private static final Set<String> TYPES = Set.of("String", "Number", "Binary");

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

  MessageAttributeValue toValue() {
    MessageAttributeValue.Builder value = MessageAttributeValue.builder().dataType(type);
    return bytes == null
        ? value.stringValue(text).build()
        : value.binaryValue(SdkBytes.fromByteArray(bytes)).build();
  }

  /// What the attribute counts towards the message's size.
  int sizeBytes(String name) {
    return name.length() + type.length() + content().length;
  }

  byte[] content() {
    return bytes != null
        ? bytes
        : Objects.requireNonNull(text).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  boolean isBinary() {
    return bytes != null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MessageAttribute(String otherType, String otherText, byte[] otherBytes)
        && type.equals(otherType)
        && Objects.equals(text, otherText)
        && Arrays.equals(bytes, otherBytes);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, text, Arrays.hashCode(bytes));
  }
}
