package io.carillon.sns;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.RetryPolicy.Curve;
import io.carillon.outbox.RetryPolicy.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// How an HTTP(S) endpoint is delivered to: the `DeliveryPolicy` of a topic or a subscription.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
///
/// @param maxPerSecond average deliveries per second; zero for no limit
/// @param contentType the `Content-Type` of the posts
/// @param overridable of a topic's policy: whether subscriptions may override it
record DeliveryPolicy(Retries retries, int maxPerSecond, String contentType, boolean overridable) {
  static final String DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8";
  static final DeliveryPolicy DEFAULT =
      new DeliveryPolicy(Retries.DEFAULT, 0, DEFAULT_CONTENT_TYPE, true);

  private static final int MAX_SECONDS = 3_600;
  private static final Set<String> RAW_CONTENT_TYPES =
      Set.of(
          "text/css",
          "text/csv",
          "text/html",
          "text/plain",
          "text/xml",
          "application/atom+xml",
          "application/json",
          "application/octet-stream",
          "application/soap+xml",
          "application/x-www-form-urlencoded",
          "application/xhtml+xml",
          "application/xml");

  /// The numbers of a `healthyRetryPolicy`; waits in seconds.
  record Retries(
      int numRetries,
      int minDelayTarget,
      int maxDelayTarget,
      int numNoDelayRetries,
      int numMinDelayRetries,
      int numMaxDelayRetries,
      String backoffFunction) {
    static final Retries DEFAULT = new Retries(3, 20, 20, 0, 0, 0, "linear");

    /// The phases in AWS's order: immediate, minimum delay, backoff, maximum delay.
    RetryPolicy toRetryPolicy() {
      int backoff = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries;
      List<Phase> phases = new ArrayList<>();
      phases.add(Phase.of(numNoDelayRetries, Duration.ZERO));
      phases.add(Phase.of(numMinDelayRetries, seconds(minDelayTarget)));
      phases.add(
          new Phase(
              backoff,
              seconds(minDelayTarget),
              seconds(maxDelayTarget),
              Curve.valueOf(backoffFunction.toUpperCase(java.util.Locale.ROOT))));
      phases.add(Phase.of(numMaxDelayRetries, seconds(maxDelayTarget)));
      phases.removeIf(phase -> phase.retries() == 0);
      return new RetryPolicy(
          List.copyOf(phases), RetryPolicy.SNS_HTTP.maxAge(), RetryPolicy.SNS_HTTP.postponed());
    }

    private static Duration seconds(int count) {
      return Duration.ofSeconds(count);
    }
  }

  /// Reads a topic's policy.
  ///
  /// @throws io.carillon.aws.AwsException InvalidParameter, saying what is wrong
  static DeliveryPolicy ofTopic(String policy) {
    if (policy.isEmpty()) {
      return DEFAULT;
    }
    Fields root = Fields.of(parse(policy), Set.of("http"));
    Fields http =
        root.nested(
            "http",
            Set.of(
                "defaultHealthyRetryPolicy",
                "disableSubscriptionOverrides",
                "defaultThrottlePolicy",
                "defaultRequestPolicy"));
    return new DeliveryPolicy(
        http.retries("defaultHealthyRetryPolicy"),
        http.throttle("defaultThrottlePolicy"),
        http.contentType("defaultRequestPolicy", false).orElse(DEFAULT_CONTENT_TYPE),
        !http.flag("disableSubscriptionOverrides"));
  }

  /// Reads a subscription's policy over its topic's.
  static DeliveryPolicy ofSubscription(String policy, DeliveryPolicy topic, boolean raw) {
    if (policy.isEmpty()) {
      return topic;
    }
    Fields root =
        Fields.of(parse(policy), Set.of("healthyRetryPolicy", "throttlePolicy", "requestPolicy"));
    DeliveryPolicy own =
        new DeliveryPolicy(
            root.has("healthyRetryPolicy") ? root.retries("healthyRetryPolicy") : topic.retries,
            root.has("throttlePolicy") ? root.throttle("throttlePolicy") : topic.maxPerSecond,
            root.contentType("requestPolicy", raw).orElse(topic.contentType),
            topic.overridable);
    return topic.overridable ? own : topic;
  }

  /// `EffectiveDeliveryPolicy` of a topic.
  String toTopicJson() {
    ObjectNode root = SnsJson.MAPPER.createObjectNode();
    ObjectNode http = root.putObject("http");
    write(http.putObject("defaultHealthyRetryPolicy"));
    http.put("disableSubscriptionOverrides", !overridable);
    if (maxPerSecond > 0) {
      http.putObject("defaultThrottlePolicy").put("maxReceivesPerSecond", maxPerSecond);
    }
    http.putObject("defaultRequestPolicy").put("headerContentType", contentType);
    return root.toString();
  }

  /// `EffectiveDeliveryPolicy` of a subscription.
  String toSubscriptionJson() {
    ObjectNode root = SnsJson.MAPPER.createObjectNode();
    write(root.putObject("healthyRetryPolicy"));
    if (maxPerSecond > 0) {
      root.putObject("throttlePolicy").put("maxReceivesPerSecond", maxPerSecond);
    }
    root.putObject("requestPolicy").put("headerContentType", contentType);
    return root.toString();
  }

  private void write(ObjectNode into) {
    into.put("minDelayTarget", retries.minDelayTarget)
        .put("maxDelayTarget", retries.maxDelayTarget)
        .put("numRetries", retries.numRetries)
        .put("numMaxDelayRetries", retries.numMaxDelayRetries)
        .put("numNoDelayRetries", retries.numNoDelayRetries)
        .put("numMinDelayRetries", retries.numMinDelayRetries)
        .put("backoffFunction", retries.backoffFunction);
  }

  private static ObjectNode parse(String policy) {
    return SnsJson.object(policy).orElseThrow(() -> refused("failed to parse JSON"));
  }

  private static io.carillon.aws.AwsException refused(String why) {
    return SnsError.invalid("DeliveryPolicy: " + why);
  }

  /// A JSON object of the policy without unknown members.
  private record Fields(ObjectNode object) {

    static Fields of(ObjectNode object, Set<String> known) {
      for (Map.Entry<String, JsonNode> property : object.properties()) {
        if (!known.contains(property.getKey())) {
          throw refused("unknown member " + property.getKey());
        }
      }
      return new Fields(object);
    }

    boolean has(String name) {
      return object.hasNonNull(name);
    }

    Fields nested(String name, Set<String> known) {
      return switch (object.get(name)) {
        case null -> new Fields(SnsJson.MAPPER.createObjectNode());
        case ObjectNode nested -> of(nested, known);
        case JsonNode other when other.isNull() -> new Fields(SnsJson.MAPPER.createObjectNode());
        default -> throw refused(name + " must be an object");
      };
    }

    int number(String name, int fallback, int min, int max) {
      JsonNode value = object.get(name);
      if (value == null || value.isNull()) {
        return fallback;
      }
      if (!value.isIntegralNumber() || value.longValue() < min || value.longValue() > max) {
        throw refused(name + " must be a whole number from " + min + " to " + max);
      }
      return value.intValue();
    }

    boolean flag(String name) {
      JsonNode value = object.get(name);
      if (value == null || value.isNull()) {
        return false;
      }
      if (!value.isBoolean()) {
        throw refused(name + " must be true or false");
      }
      return value.booleanValue();
    }

    Retries retries(String name) {
      if (!has(name)) {
        return Retries.DEFAULT;
      }
      Fields fields =
          nested(
              name,
              Set.of(
                  "numRetries",
                  "minDelayTarget",
                  "maxDelayTarget",
                  "numNoDelayRetries",
                  "numMinDelayRetries",
                  "numMaxDelayRetries",
                  "backoffFunction"));
      Retries usual = Retries.DEFAULT;
      Retries retries =
          new Retries(
              fields.number("numRetries", usual.numRetries, 0, 100),
              fields.number("minDelayTarget", usual.minDelayTarget, 1, MAX_SECONDS),
              fields.number("maxDelayTarget", usual.maxDelayTarget, 1, MAX_SECONDS),
              fields.number("numNoDelayRetries", 0, 0, 100),
              fields.number("numMinDelayRetries", 0, 0, 100),
              fields.number("numMaxDelayRetries", 0, 0, 100),
              fields.curve());
      check(retries);
      return retries;
    }

    private String curve() {
      String name = object.path("backoffFunction").asText("linear");
      if (!Set.of("arithmetic", "exponential", "geometric", "linear").contains(name)) {
        throw refused("backoffFunction must be arithmetic, exponential, geometric or linear");
      }
      return name;
    }

    private static void check(Retries retries) {
      if (retries.minDelayTarget > retries.maxDelayTarget) {
        throw refused("minDelayTarget must not exceed maxDelayTarget");
      }
      int phased =
          retries.numNoDelayRetries + retries.numMinDelayRetries + retries.numMaxDelayRetries;
      if (phased > retries.numRetries) {
        throw refused("the phases have more retries than numRetries");
      }
      RetryPolicy policy = retries.toRetryPolicy();
      Duration whole = Duration.ZERO;
      for (int failed = 1; failed <= retries.numRetries; failed++) {
        whole = whole.plus(policy.waitAfter(failed).orElse(Duration.ZERO));
      }
      if (whole.toSeconds() > MAX_SECONDS) {
        throw refused("the whole policy must not last longer than " + MAX_SECONDS + " seconds");
      }
    }

    int throttle(String name) {
      return nested(name, Set.of("maxReceivesPerSecond"))
          .number("maxReceivesPerSecond", 0, 1, 1_000_000);
    }

    Optional<String> contentType(String name, boolean raw) {
      JsonNode value = nested(name, Set.of("headerContentType")).object.get("headerContentType");
      if (value == null || value.isNull()) {
        return Optional.empty();
      }
      String type = value.asText();
      String bare = type.split(";", 2)[0].strip();
      boolean known =
          raw
              ? RAW_CONTENT_TYPES.contains(bare)
              : bare.equals("application/json") || bare.equals("text/plain");
      if (!known || type.chars().anyMatch(c -> c < ' ' || c > '~')) {
        throw refused("headerContentType " + bare + " is not allowed here");
      }
      return Optional.of(type);
    }
  }
}
