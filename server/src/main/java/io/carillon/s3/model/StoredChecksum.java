package io.carillon.s3.model;

import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;

/// A checksum as it is kept and shown.
///
/// @param value base64; a composite one ends with a hyphen and the number of parts
public record StoredChecksum(ChecksumAlgorithm algorithm, String value, Type type) {

  /// What the checksum is of.
  public enum Type {
    /// Of the object's bytes.
    FULL_OBJECT,
    /// Of the checksums of its parts.
    COMPOSITE
  }

  public static StoredChecksum of(Checksum checksum) {
    return new StoredChecksum(checksum.algorithm(), checksum.base64(), Type.FULL_OBJECT);
  }
}
