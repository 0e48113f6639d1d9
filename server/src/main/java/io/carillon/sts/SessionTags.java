package io.carillon.sts;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.TagRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.Tag;

/// The tags of a new session: those of the request, and the transitive ones of the caller's
/// session. Keys are compared without case.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
///
/// @param requested tags of the request
/// @param inherited transitive tags of the caller's session, which the request cannot change
/// @param transitive keys of requested tags that are transitive
record SessionTags(
    Map<String, String> requested, Map<String, String> inherited, List<String> transitive) {
  private static final int MAX_TAGS = 50;
  private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
  private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  /// @throws AwsException ValidationError, InvalidParameterValue
  static SessionTags of(Caller caller, AssumeRoleRequest request) {
    Map<String, String> inherited = caller.session().transitiveTags();
    Map<String, String> requested = new LinkedHashMap<>();
    Set<String> keys = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (Tag tag : request.tags()) {
      String key = StsError.MEMBERS.text("tags.member.key", tag.key(), 1, 128, KEY);
      if (TagRules.isReserved(key)) {
        throw invalid("Tag keys that start with 'aws:' are reserved for system use.");
      }
      if (!keys.add(key)) {
        throw invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
      }
      requested.put(key, StsError.MEMBERS.text("tags.member.value", tag.value(), 0, 256, VALUE));
    }
    for (String transitive : request.transitiveTagKeys()) {
      if (!keys.contains(transitive)) {
        throw invalid("The specified transitive tag key must be included in the requested tags.");
      }
    }
    if (inherited.keySet().stream().anyMatch(keys::contains)) {
      throw invalid(
          "One of the specified transitive tag keys can't be set because it conflicts with a"
              + " transitive tag key from the calling session.");
    }
    if (requested.size() + inherited.size() > MAX_TAGS) {
      throw StsError.VALIDATION.because("A session has at most " + MAX_TAGS + " tags.");
    }
    return new SessionTags(
        requested, inherited, transitiveOf(requested, request.transitiveTagKeys()));
  }

  /// The keys in the case of the tags.
  private static List<String> transitiveOf(
      Map<String, String> requested, List<String> requestedKeys) {
    return requested.keySet().stream()
        .filter(key -> requestedKeys.stream().anyMatch(key::equalsIgnoreCase))
        .toList();
  }

  /// Whether the session has tags, so that `sts:TagSession` is needed.
  boolean isPresent() {
    return !requested.isEmpty() || !inherited.isEmpty();
  }

  Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>(inherited);
    all.putAll(requested);
    return all;
  }

  /// The keys that the next session of a chain inherits.
  List<String> allTransitive() {
    List<String> all = new ArrayList<>(inherited.keySet());
    all.addAll(transitive);
    return all;
  }

  /// The number of characters of all keys and values.
  int size() {
    return all().entrySet().stream()
        .mapToInt(tag -> tag.getKey().length() + tag.getValue().length())
        .sum();
  }

  private static AwsException invalid(String why) {
    return CommonError.INVALID_PARAMETER_VALUE.because(why);
  }
}
