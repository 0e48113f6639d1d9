package io.carillon.s3.model;

import java.util.Optional;

/// The storage classes that an object of a general purpose bucket can be in. Bytes lie in the same
/// place whichever it is; what differs is what requests are told, and that the archive is closed to
/// readers.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
public enum StorageClass {
  STANDARD,
  REDUCED_REDUNDANCY,
  STANDARD_IA,
  ONEZONE_IA,
  INTELLIGENT_TIERING,
  GLACIER_IR,
  GLACIER,
  DEEP_ARCHIVE;

  /// Empty for what is none, or none of such buckets.
  public static Optional<StorageClass> find(String name) {
    for (StorageClass one : values()) {
      if (one.name().equals(name)) {
        return Optional.of(one);
      }
    }
    return Optional.empty();
  }

  /// Whether objects have to be restored before they can be read.
  public boolean isArchive() {
    return this == GLACIER || this == DEEP_ARCHIVE;
  }
}
