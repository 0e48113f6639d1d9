package io.carillon.s3.model;

import java.util.Optional;

/// The storage classes of objects in general purpose buckets. All are stored in the same way; a
/// class only changes what responses say, and archived objects cannot be read.
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

  /// Empty for an unknown class, or one of other bucket types.
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
