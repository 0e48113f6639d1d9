package io.carillon.s3;

import io.carillon.aws.AwsException;
import io.carillon.s3.model.S3Error;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.Tag;

/// Tags of objects and buckets.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
final class TagSets {
  static final int MAX_OF_OBJECT = 10;
  static final int MAX_OF_BUCKET = 50;
  private static final int MAX_KEY = 128;
  private static final int MAX_VALUE = 256;

  /// Letters, digits and spaces of any script, and some punctuation.
  private static final Pattern ALLOWED = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  private TagSets() {}

  /// The tags in `x-amz-tagging`, which is a query string.
  static Map<String, String> ofHeader(@Nullable String header) {
    if (header == null || header.isEmpty()) {
      return Map.of();
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (String pair : header.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      String[] sides = pair.split("=", 2);
      try {
        String key = decode(sides[0]);
        String value = sides.length == 2 ? decode(sides[1]) : "";
        if (tags.containsKey(key) || !isAllowed(key) || !isAllowed(value)) {
          throw badHeader(header);
        }
        add(tags, key, value, "Object");
      } catch (IllegalArgumentException notEncoded) {
        throw badHeader(header);
      }
    }
    return requireAtMost(tags, MAX_OF_OBJECT, "Object");
  }

  private static AwsException badHeader(String header) {
    return S3Error.INVALID_ARGUMENT
        .because(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query"
                + " parameters without tag name duplicates.")
        .with("ArgumentName", "x-amz-tagging")
        .with("ArgumentValue", header);
  }

  static Map<String, String> ofObject(List<Tag> given) {
    return requireAtMost(of(given, "Object"), MAX_OF_OBJECT, "Object");
  }

  static Map<String, String> ofBucket(List<Tag> given) {
    return requireAtMost(of(given, "Bucket"), MAX_OF_BUCKET, "Bucket");
  }

  static List<Tag> toModel(Map<String, String> tags) {
    return tags.entrySet().stream()
        .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
        .toList();
  }

  private static Map<String, String> of(List<Tag> given, String what) {
    Map<String, String> tags = new LinkedHashMap<>();
    given.forEach(
        tag -> {
          if (tag.key() == null || tag.value() == null) {
            throw S3Error.MALFORMED_XML.exception();
          }
          add(tags, tag.key(), tag.value(), what);
        });
    return tags;
  }

  /// @param what the tagged resource, for messages: `Object` or `Bucket`
  private static void add(Map<String, String> tags, String key, String value, String what) {
    if (key.isEmpty() || key.length() > MAX_KEY || !isAllowed(key)) {
      throw S3Error.INVALID_TAG
          .because("The TagKey you have provided is invalid")
          .with("TagKey", key);
    }
    if (value.length() > MAX_VALUE || !isAllowed(value)) {
      throw S3Error.INVALID_TAG
          .because("The TagValue you have provided is invalid")
          .with("TagKey", key)
          .with("TagValue", value);
    }
    if (key.startsWith("aws:")) {
      throw S3Error.INVALID_TAG
          .because(
              what.equals("Bucket")
                  ? "System tags cannot be added/updated by requester"
                  : "Your TagKey cannot be prefixed with aws:")
          .with("TagKey", key);
    }
    if (tags.put(key, value) != null) {
      throw S3Error.INVALID_TAG
          .because("Cannot provide multiple Tags with the same key")
          .with("TagKey", key);
    }
  }

  private static boolean isAllowed(String text) {
    return ALLOWED.matcher(text).matches();
  }

  private static Map<String, String> requireAtMost(Map<String, String> tags, int max, String what) {
    if (tags.size() > max) {
      throw S3Error.BAD_REQUEST.because(what + " tags cannot be greater than " + max);
    }
    return tags;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
