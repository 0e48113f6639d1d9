package io.carillon.s3.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The metadata, tags and storage class that the writer of an object sets.
///
/// @param headers system-defined metadata that GetObject returns, such as `content-type`, by
///   lower-case name
/// @param metadata user-defined metadata, by lower-case name without `x-amz-meta-`
/// @param storage null for [StorageClass#STANDARD], as in rows from before there were storage
///   classes
public record ObjectMetadata(
    Map<String, String> headers,
    Map<String, String> metadata,
    Map<String, String> tags,
    @Nullable StorageClass storage) {
  public static final ObjectMetadata NONE = new ObjectMetadata(Map.of(), Map.of(), Map.of(), null);

  public StorageClass storageClass() {
    return storage == null ? StorageClass.STANDARD : storage;
  }

  public ObjectMetadata withTags(Map<String, String> other) {
    return new ObjectMetadata(headers, metadata, other, storage);
  }

  public ObjectMetadata withStorage(@Nullable StorageClass other) {
    return new ObjectMetadata(headers, metadata, tags, other);
  }
}
