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

/// What S3 asks of a bucket's policy beyond the grammar: that it speaks of S3's actions and
/// condition keys, of this bucket and its objects, and in each statement of actions that its
/// resources can be put to.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
final class BucketPolicyRules {
  private static final String PREFIX = "s3:";

  /// What an action is put to. `OTHER` are access points, jobs and the account itself, of which a
  /// bucket's policy cannot speak.
  private enum Kind {
    BUCKET,
    OBJECT,
    OTHER
  }

  /// By name in lower case, as actions are named regardless of case. Lines of the file are a name
  /// and a kind; actions that Carillon does not have are among them.
  ///
  /// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
  private static final Lazy<Map<String, Kind>> ACTIONS = new Lazy<>(BucketPolicyRules::actions);

  /// S3's own condition keys in lower case; those that end in a slash go on with the name of a tag.
  /// The source is as above.
  private static final Lazy<Set<String>> CONDITION_KEYS =
      new Lazy<>(
          () ->
              lines("conditions.txt")
                  .map(line -> line.toLowerCase(Locale.ROOT))
                  .collect(Collectors.toUnmodifiableSet()));

  private BucketPolicyRules() {}

  /// @param document of good grammar
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
    List<Set<Kind>> needed = new ArrayList<>();
    for (String action : texts(statement, "Action")) {
      needed.add(kinds(action));
    }
    for (String action : texts(statement, "NotAction")) {
      kinds(action);
    }
    Set<Kind> meant = EnumSet.noneOf(Kind.class);
    for (String resource : texts(statement, "Resource")) {
      meant.addAll(kindsWithin(bucket, resource));
    }
    for (String resource : texts(statement, "NotResource")) {
      kindsWithin(bucket, resource);
    }
    // What all but some actions or resources are fit together somewhere.
    boolean fits = needed.stream().noneMatch(kinds -> Collections.disjoint(kinds, meant));
    if (statement.has("Resource") && !fits) {
      throw S3Error.MALFORMED_POLICY.because(
          "Action does not apply to any resource(s) in statement");
    }
  }

  /// Keys of other services and of identity providers may say what they like.
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

  /// What the actions of a pattern are put to.
  private static Set<Kind> kinds(String action) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    String name = action.toLowerCase(Locale.ROOT);
    if (name.equals("*")) {
      kinds.addAll(ACTIONS.get().values());
    } else if (name.startsWith(PREFIX)) {
      Glob pattern = Glob.of(name.substring(PREFIX.length()));
      ACTIONS
          .get()
          .forEach(
              (known, kind) -> {
                if (pattern.matches(known)) {
                  kinds.add(kind);
                }
              });
    }
    if (kinds.isEmpty()) {
      throw S3Error.MALFORMED_POLICY.because("Policy has invalid action").with("Detail", action);
    }
    return kinds;
  }

  /// What a resource's pattern means of the bucket and its objects. A star reaches over slashes, so
  /// one that begins as the bucket does may mean its objects as well.
  private static Set<Kind> kindsWithin(String bucket, String resource) {
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
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    if (slash < 0 && Glob.of(path).matches(bucket)) {
      kinds.add(Kind.BUCKET);
    }
    if (slash >= 0 || path.indexOf('*') >= 0) {
      kinds.add(Kind.OBJECT);
    }
    return kinds;
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

  private static Map<String, Kind> actions() {
    Map<String, Kind> actions = new TreeMap<>();
    lines("actions.txt")
        .map(line -> line.split(" ", 2))
        .forEach(
            words ->
                actions.put(
                    words[0].toLowerCase(Locale.ROOT),
                    Kind.valueOf(words[1].toUpperCase(Locale.ROOT))));
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
