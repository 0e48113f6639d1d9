package io.carillon.sts;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.Tag;

/// The tags of a new session: those that the request brings, and those that the caller's own
/// session hands down. Keys are compared without case.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
///
/// @param asked that the request brings
/// @param handedDown that the caller's session hands down, which the request cannot change
/// @param transitive keys that the request wants handed down further
record SessionTags(
    Map<String, String> asked, Map<String, String> handedDown, List<String> transitive) {
  private static final int MOST = 50;
  private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
  private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  /// @throws AwsException ValidationError, InvalidParameterValue
  static SessionTags of(Caller caller, AssumeRoleRequest request) {
    Map<String, String> handedDown = caller.session().handedDown();
    Map<String, String> asked = new LinkedHashMap<>();
    Set<String> keys = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (Tag tag : request.tags()) {
      String key = StsConstraints.text("tags.member.key", tag.key(), 1, 128, KEY);
      if (key.toLowerCase(Locale.ROOT).startsWith("aws:")) {
        throw invalid("Tag keys that start with 'aws:' are reserved for system use.");
      }
      if (!keys.add(key)) {
        throw invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
      }
      asked.put(key, StsConstraints.text("tags.member.value", tag.value(), 0, 256, VALUE));
    }
    for (String transitive : request.transitiveTagKeys()) {
      if (!keys.contains(transitive)) {
        throw invalid("The specified transitive tag key must be included in the requested tags.");
      }
    }
    if (handedDown.keySet().stream().anyMatch(keys::contains)) {
      throw invalid(
          "One of the specified transitive tag keys can't be set because it conflicts with a"
              + " transitive tag key from the calling session.");
    }
    if (asked.size() + handedDown.size() > MOST) {
      throw StsError.VALIDATION.because("A session has at most " + MOST + " tags.");
    }
    return new SessionTags(asked, handedDown, transitiveOf(asked, request.transitiveTagKeys()));
  }

  /// The keys as the tags spell them.
  private static List<String> transitiveOf(Map<String, String> asked, List<String> named) {
    return asked.keySet().stream()
        .filter(key -> named.stream().anyMatch(key::equalsIgnoreCase))
        .toList();
  }

  /// Whether the session will have any, so that `sts:TagSession` is needed.
  boolean areAny() {
    return !asked.isEmpty() || !handedDown.isEmpty();
  }

  Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>(handedDown);
    all.putAll(asked);
    return all;
  }

  /// The keys that the next session of a chain will have.
  List<String> allTransitive() {
    List<String> all = new ArrayList<>(handedDown.keySet());
    all.addAll(transitive);
    return all;
  }

  /// How many characters they have.
  int size() {
    return all().entrySet().stream()
        .mapToInt(tag -> tag.getKey().length() + tag.getValue().length())
        .sum();
  }

  private static AwsException invalid(String why) {
    return CommonError.INVALID_PARAMETER_VALUE.because(why);
  }
}
