package io.carillon.iam;

import io.carillon.aws.TagRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.iam.model.Tag;

/// Tags of IAM: keys are stored as written and compared without case.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
final class IamTags {
  private static final int MAX_TAGS = 50;
  private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
  private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  private IamTags() {}

  static Map<String, String> of(List<Tag> tags) {
    return with(Map.of(), tags);
  }

  static Map<String, String> with(Map<String, String> existing, List<Tag> added) {
    Map<String, String> all = new LinkedHashMap<>(existing);
    Map<String, String> seen = new LinkedHashMap<>();
    for (Tag tag : added) {
      check(tag);
      if (seen.put(tag.key().toLowerCase(Locale.ROOT), tag.value()) != null) {
        throw IamError.INVALID_INPUT.because(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
      }
      all.keySet().removeIf(key -> key.equalsIgnoreCase(tag.key()));
      all.put(tag.key(), tag.value());
    }
    if (all.size() > MAX_TAGS) {
      throw IamError.LIMIT_EXCEEDED.because("The number of tags has reached the maximum limit.");
    }
    return all;
  }

  static Map<String, String> without(Map<String, String> existing, List<String> keys) {
    Map<String, String> remaining = new LinkedHashMap<>(existing);
    for (String removed : keys) {
      remaining.keySet().removeIf(key -> key.equalsIgnoreCase(removed));
    }
    return remaining;
  }

  static List<Tag> toModel(Map<String, String> tags) {
    List<Tag> model = new ArrayList<>(tags.size());
    tags.forEach((key, value) -> model.add(Tag.builder().key(key).value(value).build()));
    return model;
  }

  private static void check(Tag tag) {
    String key = IamError.MEMBERS.length("tags.member.key", tag.key(), 1, 128);
    String value = IamError.MEMBERS.length("tags.member.value", tag.value(), 0, 256);
    if (!KEY.matcher(key).matches()) {
      throw IamError.MEMBERS.unsatisfied(
          "tags.member.key", key, "Member must satisfy regular expression pattern: " + KEY);
    }
    if (!VALUE.matcher(value).matches()) {
      throw IamError.MEMBERS.unsatisfied(
          "tags.member.value", value, "Member must satisfy regular expression pattern: " + VALUE);
    }
    if (TagRules.isReserved(key)) {
      throw IamError.INVALID_INPUT.because(
          "Tag keys that start with 'aws:' are reserved for system use.");
    }
  }
}
