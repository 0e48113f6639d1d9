package io.carillon.aws.sigv4;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.carillon.aws.AwsException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The POST policy: the conditions that the signer of an upload form sets for its fields.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
///
/// @param expiration when the form ends to be valid
record PostPolicy(Instant expiration, List<Condition> conditions) {
  /// S3's documentation shows policies with a comma after the last condition and with `\$`.
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Set<String> WITHOUT_CONDITION =
      Set.of("x-amz-signature", "file", "policy", "awsaccesskeyid", "signature");
  private static final String IGNORED = "x-ignore-";

  /// A condition; field names are in lower case.
  sealed interface Condition {
    record Equal(String field, String value) implements Condition {}

    record StartsWith(String field, String prefix) implements Condition {}

    record Length(long minBytes, long maxBytes) implements Condition {}
  }

  /// @throws AwsException where it is not a valid policy
  static PostPolicy parse(String base64) {
    JsonNode document;
    try {
      document =
          JSON.readTree(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw invalid("Invalid JSON.");
    }
    JsonNode conditions = document.path("conditions");
    if (!document.path("expiration").isTextual() || !conditions.isArray()) {
      throw invalid("Policy needs 'expiration' and 'conditions'.");
    }
    List<Condition> all = new ArrayList<>();
    conditions.forEach(condition -> all.add(condition(condition)));
    try {
      return new PostPolicy(Instant.parse(document.get("expiration").asText()), List.copyOf(all));
    } catch (DateTimeException e) {
      throw invalid("Invalid 'expiration' value: '" + document.get("expiration").asText() + "'");
    }
  }

  private static Condition condition(JsonNode condition) {
    if (condition.isObject() && condition.size() == 1) {
      Map.Entry<String, JsonNode> only = condition.properties().iterator().next();
      if (only.getValue().isTextual()) {
        return new Condition.Equal(lower(only.getKey()), only.getValue().asText());
      }
    }
    if (condition.isArray() && condition.size() == 3) {
      switch (lower(condition.get(0).asText())) {
        case "eq" -> {
          return new Condition.Equal(fieldOf(condition), textOf(condition));
        }
        case "starts-with" -> {
          return new Condition.StartsWith(fieldOf(condition), textOf(condition));
        }
        case "content-length-range" -> {
          return new Condition.Length(
              lengthOf(condition.get(1), condition), lengthOf(condition.get(2), condition));
        }
        default -> {
          // rejected below
        }
      }
    }
    throw invalid("Invalid Condition: " + condition);
  }

  private static String fieldOf(JsonNode condition) {
    String field = condition.get(1).asText();
    if (!condition.get(1).isTextual() || !field.startsWith("$")) {
      throw invalid("Invalid Condition: " + condition);
    }
    return lower(field.substring(1));
  }

  private static String textOf(JsonNode condition) {
    if (!condition.get(2).isTextual()) {
      throw invalid("Invalid Condition: " + condition);
    }
    return condition.get(2).asText();
  }

  private static long lengthOf(JsonNode number, JsonNode condition) {
    long length = -1;
    if (number.canConvertToLong() && number.isIntegralNumber()) {
      length = number.asLong();
    } else if (number.isTextual()) { // some clients quote them
      length = Payload.lengthOf(number.asText()).orElse(-1);
    }
    if (length < 0) {
      throw invalid("Invalid Condition: " + condition);
    }
    return length;
  }

  /// Checks a form: every condition must be met, and every field must have one.
  ///
  /// @param fields by name in lower case; including `bucket`, which only policies have
  void check(Map<String, String> fields) {
    Set<String> withCondition = new TreeSet<>();
    for (Condition condition : conditions) {
      switch (condition) {
        case Condition.Equal(String field, String value) -> {
          withCondition.add(field);
          if (!value.equals(fields.getOrDefault(field, ""))) {
            throw failed("eq", field, value);
          }
        }
        case Condition.StartsWith(String field, String prefix) -> {
          withCondition.add(field);
          if (!startsWith(field, fields.getOrDefault(field, ""), prefix)) {
            throw failed("starts-with", field, prefix);
          }
        }
        case Condition.Length _ -> {
          // checked when the file is read
        }
      }
    }
    Set<String> extra = new TreeSet<>(fields.keySet());
    extra.removeAll(withCondition);
    extra.removeAll(WITHOUT_CONDITION);
    extra.remove("bucket");
    extra.removeIf(field -> field.startsWith(IGNORED));
    if (!extra.isEmpty()) {
      throw violated("Extra input fields: " + String.join(", ", extra));
    }
  }

  /// A content type with commas is a list, in which every item must match.
  private static boolean startsWith(String field, String value, String prefix) {
    return field.equals("content-type")
        ? Arrays.stream(value.split(",", -1)).allMatch(one -> one.trim().startsWith(prefix))
        : value.startsWith(prefix);
  }

  long minBytes() {
    return conditions.stream()
        .mapToLong(c -> c instanceof Condition.Length(long shortest, _) ? shortest : 0)
        .max()
        .orElse(0);
  }

  long maxBytes() {
    return conditions.stream()
        .mapToLong(c -> c instanceof Condition.Length(_, long longest) ? longest : Long.MAX_VALUE)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  static AwsException violated(String why) {
    return S3SignatureError.ACCESS_DENIED.because("Invalid according to Policy: " + why);
  }

  private static AwsException failed(String operator, String field, String value) {
    return violated(
        "Policy Condition failed: [\"%s\", \"$%s\", \"%s\"]".formatted(operator, field, value));
  }

  private static AwsException invalid(String why) {
    return S3SignatureError.INVALID_POLICY_DOCUMENT.because("Invalid Policy: " + why);
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
