package io.carillon.s3.model;

import java.util.Map;

/// What a writer says about an object.
///
/// @param headers `content-type` and other fields that reading answers, by lower-case name
/// @param metadata the user's, by lower-case name without `x-amz-meta-`
public record Description(
    Map<String, String> headers, Map<String, String> metadata, Map<String, String> tags) {
  public static final Description NONE = new Description(Map.of(), Map.of(), Map.of());

  public Description withTags(Map<String, String> other) {
    return new Description(headers, metadata, other);
  }
}
