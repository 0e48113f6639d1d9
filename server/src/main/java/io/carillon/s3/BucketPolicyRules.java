package io.carillon.s3;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.base.Arn;
import io.carillon.base.Lazy;
import io.carillon.policy.Glob;
import io.carillon.s3.model.S3Error;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// S3's rules for bucket policies beyond the grammar: actions and condition keys must be those of
/// S3, resources must be this bucket and its objects, and every action of a statement must apply to
/// one of its resources.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
final class BucketPolicyRules {
  private static final String PREFIX = "s3:";

  /// The resource type of an action. `OTHER` are access points, jobs and the account itself, which
  /// a bucket policy cannot name.
  private enum ResourceType {
    BUCKET,
    OBJECT,
    OTHER
  }

  /// Resource types by action name in lower case, since actions are case-insensitive. A line of the
  /// file is an action and a resource type; actions that Carillon does not support are included.
  ///
  /// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
  private static final Lazy<Map<String, ResourceType>> ACTIONS =
      new Lazy<>(BucketPolicyRules::actions);

  /// S3's condition keys in lower case; after a trailing slash follows a tag key. Source: as above.
  private static final Lazy<Set<String>> CONDITION_KEYS =
      new Lazy<>(
          () ->
              lines("conditions.txt")
                  .map(line -> line.toLowerCase(Locale.ROOT))
                  .collect(Collectors.toUnmodifiableSet()));

  private BucketPolicyRules() {}

  /// @param document a policy with valid grammar
  /// @throws io.carillon.aws.AwsException MalformedPolicy
  static void check(String bucket, JsonNode document) {
    JsonNode statements = document.path("Statement");
    for (JsonNode statement : statements.isArray() ? statements : List.of(statements)) {
      checkStatement(bucket, statement);
    }
  }

  private static void checkStatement(String bucket, JsonNode statement) {
    statement
        .path("Condition")
        .forEach(keys -> keys.fieldNames().forEachRemaining(BucketPolicyRules::checkConditionKey));
    List<Set<ResourceType>> typesOfActions = new ArrayList<>();
    for (String action : texts(statement, "Action")) {
      typesOfActions.add(types(action));
    }
    for (String action : texts(statement, "NotAction")) {
      types(action);
    }
    Set<ResourceType> typesOfResources = EnumSet.noneOf(ResourceType.class);
    for (String resource : texts(statement, "Resource")) {
      typesOfResources.addAll(typesWithin(bucket, resource));
    }
    for (String resource : texts(statement, "NotResource")) {
      typesWithin(bucket, resource);
    }
    // NotAction and NotResource leave enough actions and resources that match each other.
    boolean fits =
        typesOfActions.stream().noneMatch(types -> Collections.disjoint(types, typesOfResources));
    if (statement.has("Resource") && !fits) {
      throw S3Error.MALFORMED_POLICY.because(
          "Action does not apply to any resource(s) in statement");
    }
  }

  /// Condition keys of other services and of identity providers are not checked.
  private static void checkConditionKey(String key) {
    String name = key.toLowerCase(Locale.ROOT);
    if (name.startsWith(PREFIX)) {
      int slash = name.indexOf('/');
      String known = name.substring(PREFIX.length(), slash < 0 ? name.length() : slash + 1);
      if (!CONDITION_KEYS.get().contains(known)) {
        throw S3Error.MALFORMED_POLICY
            .because("Policy has an invalid condition key")
            .with("Detail", key);
      }
    }
  }

  /// The resource types of the actions that match a pattern.
  private static Set<ResourceType> types(String action) {
    Set<ResourceType> types = EnumSet.noneOf(ResourceType.class);
    String name = action.toLowerCase(Locale.ROOT);
    if (name.equals("*")) {
      types.addAll(ACTIONS.get().values());
    } else if (name.startsWith(PREFIX)) {
      Glob pattern = Glob.of(name.substring(PREFIX.length()));
      ACTIONS
          .get()
          .forEach(
              (known, type) -> {
                if (pattern.matches(known)) {
                  types.add(type);
                }
              });
    }
    if (types.isEmpty()) {
      throw S3Error.MALFORMED_POLICY.because("Policy has invalid action").with("Detail", action);
    }
    return types;
  }

  /// Whether a resource pattern matches the bucket, its objects or both. A star matches slashes
  /// too, so a pattern that matches the beginning of the bucket's ARN may match its objects as
  /// well.
  private static Set<ResourceType> typesWithin(String bucket, String resource) {
    String path =
        Arn.tryParse(resource)
            .filter(arn -> arn.service().equals("s3"))
            .map(Arn::resource)
            .orElse("");
    int slash = path.indexOf('/');
    String name = slash < 0 ? path : path.substring(0, slash);
    int star = name.indexOf('*');
    if (!Glob.of(star < 0 ? name : name.substring(0, star + 1)).matches(bucket)) {
      throw S3Error.MALFORMED_POLICY
          .because("Policy has invalid resource")
          .with("Detail", resource);
    }
    Set<ResourceType> types = EnumSet.noneOf(ResourceType.class);
    if (slash < 0 && Glob.of(path).matches(bucket)) {
      types.add(ResourceType.BUCKET);
    }
    if (slash >= 0 || path.indexOf('*') >= 0) {
      types.add(ResourceType.OBJECT);
    }
    return types;
  }

  private static List<String> texts(JsonNode statement, String element) {
    JsonNode value = statement.path(element);
    List<String> texts = new ArrayList<>();
    if (value.isTextual()) {
      texts.add(value.textValue());
    }
    value.forEach(one -> texts.add(one.asText()));
    return texts;
  }

  private static Map<String, ResourceType> actions() {
    Map<String, ResourceType> actions = new TreeMap<>();
    lines("actions.txt")
        .map(line -> line.split(" ", 2))
        .forEach(
            words ->
                actions.put(
                    words[0].toLowerCase(Locale.ROOT),
                    ResourceType.valueOf(words[1].toUpperCase(Locale.ROOT))));
    return actions;
  }

  private static Stream<String> lines(String file) {
    try (InputStream in = BucketPolicyRules.class.getResourceAsStream("/io/carillon/s3/" + file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
