package io.carillon.sqs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.base.Arn;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// A queue's settings: the attributes that were set, validated, over the defaults.
///
/// Source:
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
///
/// @param given by attribute name; only attributes that [#CHECKS] knows
record QueueAttributes(Map<String, String> given) {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> DEFAULTS =
      Map.of(
          "DelaySeconds", "0",
          "MaximumMessageSize", "1048576",
          "MessageRetentionPeriod", "345600",
          "ReceiveMessageWaitTimeSeconds", "0",
          "VisibilityTimeout", "30",
          "SqsManagedSseEnabled", "true");

  /// The validation of each attribute's value.
  private static final Map<String, BiConsumer<String, String>> CHECKS =
      Map.of(
          "DelaySeconds", number(0, 900),
          "MaximumMessageSize", number(1_024, 1_048_576),
          "MessageRetentionPeriod", number(60, 1_209_600),
          "ReceiveMessageWaitTimeSeconds", number(0, 20),
          "VisibilityTimeout", number(0, 43_200),
          "Policy", (name, value) -> json(name, value),
          "RedrivePolicy", QueueAttributes::checkRedrive,
          "RedriveAllowPolicy", QueueAttributes::checkRedriveAllow,
          "SqsManagedSseEnabled", QueueAttributes::checkFlag);

  /// Attributes that Carillon does not support and refuses by name.
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "FifoQueue",
          "ContentBasedDeduplication",
          "DeduplicationScope",
          "FifoThroughputLimit",
          "KmsMasterKeyId",
          "KmsDataKeyReusePeriodSeconds");

  static final QueueAttributes DEFAULT = new QueueAttributes(Map.of());

  record Redrive(Arn deadLetterTarget, int maxReceiveCount) {}

  /// These attributes with `changes` applied; an empty value removes an attribute.
  QueueAttributes with(Map<String, String> changes) {
    Map<String, String> result = new LinkedHashMap<>(given);
    changes.forEach(
        (name, value) -> {
          if (UNSUPPORTED.contains(name)) {
            throw SqsError.UNSUPPORTED_OPERATION.because(
                "Carillon does not support the attribute " + name + ".");
          }
          BiConsumer<String, String> check = CHECKS.get(name);
          if (check == null) {
            throw SqsError.INVALID_ATTRIBUTE_NAME.because("Unknown Attribute " + name + ".");
          }
          if (value.isEmpty() && !DEFAULTS.containsKey(name)) {
            result.remove(name);
          } else {
            check.accept(name, value);
            result.put(name, value);
          }
        });
    return new QueueAttributes(result);
  }

  /// The first of the `requested` attributes that differs from this queue's.
  Optional<String> differenceFrom(Map<String, String> requested) {
    Map<String, String> all = toMap();
    return requested.entrySet().stream()
        .filter(e -> !e.getValue().equals(all.getOrDefault(e.getKey(), "")))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /// The attributes as GetQueueAttributes returns them.
  Map<String, String> toMap() {
    Map<String, String> all = new LinkedHashMap<>(DEFAULTS);
    all.putAll(given);
    return all;
  }

  private static void checkFlag(String name, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw SqsError.INVALID_ATTRIBUTE_VALUE.because(
          "Invalid value for the parameter " + name + ".");
    }
  }

  Duration delay() {
    return Duration.ofSeconds(number("DelaySeconds"));
  }

  int maximumMessageBytes() {
    return number("MaximumMessageSize");
  }

  Duration retention() {
    return Duration.ofSeconds(number("MessageRetentionPeriod"));
  }

  Duration receiveWait() {
    return Duration.ofSeconds(number("ReceiveMessageWaitTimeSeconds"));
  }

  Duration visibilityTimeout() {
    return Duration.ofSeconds(number("VisibilityTimeout"));
  }

  Optional<String> policy() {
    return Optional.ofNullable(given.get("Policy"));
  }

  Optional<Redrive> redrive() {
    @Nullable String value = given.get("RedrivePolicy");
    if (value == null) {
      return Optional.empty();
    }
    JsonNode rule = json("RedrivePolicy", value);
    return Optional.of(
        new Redrive(
            Arn.parse(rule.path("deadLetterTargetArn").asText()),
            rule.path("maxReceiveCount").asInt()));
  }

  /// Whether `source` may use this queue as its dead-letter queue.
  boolean allowsDeadLettersFrom(Arn source) {
    @Nullable String value = given.get("RedriveAllowPolicy");
    if (value == null) {
      return true;
    }
    JsonNode rule = json("RedriveAllowPolicy", value);
    return switch (rule.path("redrivePermission").asText()) {
      case "denyAll" -> false;
      case "byQueue" -> {
        boolean named = false;
        for (JsonNode arn : rule.path("sourceQueueArns")) {
          named |= arn.asText().equals(source.toString());
        }
        yield named;
      }
      default -> true;
    };
  }

  private int number(String name) {
    return Integer.parseInt(Objects.requireNonNull(toMap().get(name)));
  }

  private static BiConsumer<String, String> number(int min, int max) {
    return (name, value) -> {
      try {
        int number = Integer.parseInt(value);
        if (number >= min && number <= max) {
          return;
        }
      } catch (NumberFormatException _) {
        // refused below, as a number out of range is
      }
      throw invalid(name, value);
    };
  }

  private static void checkRedrive(String name, String value) {
    JsonNode rule = json(name, value);
    boolean target =
        Arn.tryParse(rule.path("deadLetterTargetArn").asText())
            .filter(arn -> arn.service().equals("sqs"))
            .isPresent();
    int count = rule.path("maxReceiveCount").asInt(-1);
    if (!target || count < 1 || count > 1_000 || rule.size() != 2) {
      throw invalid(name, value);
    }
  }

  private static void checkRedriveAllow(String name, String value) {
    String permission = json(name, value).path("redrivePermission").asText();
    if (!Set.of("allowAll", "denyAll", "byQueue").contains(permission)) {
      throw invalid(name, value);
    }
  }

  private static JsonNode json(String name, String value) {
    try {
      JsonNode node = JSON.readTree(value);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException _) {
      // refused below, as JSON that is not an object is
    }
    throw invalid(name, value);
  }

  private static RuntimeException invalid(String name, String value) {
    return SqsError.INVALID_ATTRIBUTE_VALUE.because(
        "Invalid value for the parameter " + name + ". Reason: " + value + " is not allowed.");
  }
}
