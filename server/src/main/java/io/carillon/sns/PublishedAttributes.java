package io.carillon.sns;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.AwsException;
import io.carillon.messaging.MessageAttribute;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;

/// Validates and reads the attributes of a message.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
final class PublishedAttributes {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,256}");
  private static final Pattern TYPE =
      Pattern.compile("(String\\.Array|String|Number|Binary)(\\.[A-Za-z0-9_.-]+)?");

  private PublishedAttributes() {}

  static Map<String, MessageAttribute> read(Map<String, MessageAttributeValue> given) {
    Map<String, MessageAttribute> attributes = new LinkedHashMap<>();
    given.forEach((name, value) -> attributes.put(name, read(name, value)));
    return attributes;
  }

  private static MessageAttribute read(String name, MessageAttributeValue value) {
    checkName(name);
    String type = value.dataType();
    if (type == null || type.isEmpty()) {
      throw refused(name, "must contain non-empty message attribute type.");
    }
    if (type.length() > 256 || !TYPE.matcher(type).matches()) {
      throw refused(
          name,
          "has an invalid message attribute type, the set of supported type prefixes is Binary,"
              + " Number, and String.");
    }
    byte @Nullable [] binary =
        value.binaryValue() == null ? null : value.binaryValue().asByteArray();
    String text = value.stringValue();
    if (type.startsWith("Binary")) {
      checkField(name, type, "Binary", binary != null, text != null);
      if (binary == null || binary.length == 0) {
        throw empty(name, type);
      }
      return new MessageAttribute(type, null, binary);
    }
    checkField(name, type, "String", text != null, binary != null);
    if (text == null || text.isEmpty()) {
      throw empty(name, type);
    }
    if (type.startsWith("Number")) {
      checkNumber(name, text);
    } else if (type.startsWith("String.Array")) {
      checkArray(name, text);
    }
    return new MessageAttribute(type, text, null);
  }

  private static void checkField(
      String name, String type, String field, boolean hasIt, boolean hasOther) {
    if (hasOther) {
      throw refused(
          name,
          hasIt
              ? "with type '" + type + "' has more than one value."
              : "with type '" + type + "' must use field '" + field + "'.");
    }
  }

  private static AwsException empty(String name, String type) {
    return refused(
        name,
        "must contain non-empty message attribute value for message attribute type '"
            + type
            + "'.");
  }

  private static void checkName(String name) {
    String lower = name.toLowerCase(java.util.Locale.ROOT);
    boolean reserved =
        (lower.startsWith("aws.") && !name.startsWith("AWS.SNS.") && !name.startsWith("AWS.MM."))
            || lower.startsWith("amazon.");
    if (!NAME.matcher(name).matches()
        || name.startsWith(".")
        || name.endsWith(".")
        || name.contains("..")
        || reserved) {
      throw refused(name, "has an invalid name");
    }
  }

  private static void checkNumber(String name, String text) {
    try {
      if (text.length() > 64) {
        throw new NumberFormatException();
      }
      new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw SnsError.INVALID_PARAMETER_VALUE.because(
          "Could not cast message attribute '" + name + "' value to number.");
    }
  }

  private static void checkArray(String name, String text) {
    JsonNode array = tryArray(text);
    if (array == null) {
      throw refused(name, "of type String.Array must be a JSON array");
    }
    for (JsonNode element : array) {
      if (element.isContainerNode()) {
        throw refused(
            name, "of type String.Array holds more than strings, numbers, true, false, null");
      }
    }
  }

  private static @Nullable ArrayNode tryArray(String text) {
    try {
      return SnsJson.MAPPER.readTree(text) instanceof ArrayNode array ? array : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private static AwsException refused(String name, String why) {
    return SnsError.INVALID_PARAMETER_VALUE.because("The message attribute '" + name + "' " + why);
  }

  /// The attributes as filter policies match them: strings, numbers, the elements of arrays; no
  /// binary values.
  static ObjectNode forFilters(Map<String, MessageAttribute> attributes) {
    ObjectNode event = SnsJson.MAPPER.createObjectNode();
    attributes.forEach(
        (name, attribute) -> {
          String text = attribute.text();
          if (text == null) {
            return;
          }
          ArrayNode array = attribute.type().startsWith("String.Array") ? tryArray(text) : null;
          if (array != null) {
            event.set(name, array);
          } else if (attribute.type().startsWith("Number")) {
            event.put(name, new BigDecimal(text));
          } else {
            event.put(name, text);
          }
        });
    return event;
  }

  /// The `MessageAttributes` of an envelope.
  static ObjectNode shown(Map<String, MessageAttribute> attributes) {
    ObjectNode all = SnsJson.MAPPER.createObjectNode();
    attributes.forEach(
        (name, attribute) ->
            all.putObject(name).put("Type", attribute.type()).put("Value", attribute.shown()));
    return all;
  }

  static int sizeBytes(Map<String, MessageAttribute> attributes) {
    int size = 0;
    for (Map.Entry<String, MessageAttribute> attribute : attributes.entrySet()) {
      size += attribute.getValue().sizeBytes(attribute.getKey());
    }
    return size;
  }
}
