package io.carillon.sns;

import io.carillon.aws.TagRules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sns.model.Tag;

/// Reads tags and enforces AWS's limits.
final class TopicTags {
  private static final Pattern TEXT = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  private TopicTags() {}

  static Map<String, String> read(List<Tag> given) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Tag tag : given) {
      String key = tag.key();
      String value = tag.value();
      if (key == null
          || key.isEmpty()
          || key.length() > 128
          || !TEXT.matcher(key).matches()
          || TagRules.isReserved(key)) {
        throw SnsError.invalid("Tags Reason: The request contains an invalid tag key");
      }
      if (value == null || value.length() > 256 || !TEXT.matcher(value).matches()) {
        throw SnsError.invalid("Tags Reason: The request contains an invalid tag value");
      }
      if (tags.put(key, value) != null) {
        throw SnsError.invalid("Tags Reason: Duplicated keys are not allowed.");
      }
    }
    TagRules.requireFew(tags, SnsError.TAG_LIMIT_EXCEEDED::exception);
    return tags;
  }

  static Map<String, String> merged(Map<String, String> old, Map<String, String> added) {
    return TagRules.merged(old, added, SnsError.TAG_LIMIT_EXCEEDED::exception);
  }

  static List<Tag> shown(Map<String, String> tags) {
    return tags.entrySet().stream()
        .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
        .toList();
  }
}
