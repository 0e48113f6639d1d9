package io.carillon.s3.model;

import io.carillon.aws.checksum.Checksum;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.aws.checksum.Checksums;
import java.util.List;
import java.util.Objects;

/// The checksum of an object or part, as stored and returned.
///
/// @param value base64; a composite one ends with a hyphen and the number of parts
public record StoredChecksum(ChecksumAlgorithm algorithm, String value, Type type) {

  /// What the checksum covers.
  public enum Type {
    /// The bytes of the object.
    FULL_OBJECT,
    /// The checksums of its parts.
    COMPOSITE
  }

  public static StoredChecksum of(Checksum checksum) {
    return new StoredChecksum(checksum.algorithm(), checksum.base64(), Type.FULL_OBJECT);
  }

  /// The checksum of an object, computed from those of its parts.
  public static StoredChecksum ofParts(ChecksumAlgorithm algorithm, Type type, List<Part> parts) {
    return switch (type) {
      case FULL_OBJECT ->
          of(
              Checksums.fullObject(
                  algorithm,
                  parts.stream()
                      .map(p -> new Checksums.Part(checksum(p), p.content().sizeBytes()))
                      .toList()));
      case COMPOSITE ->
          new StoredChecksum(
              algorithm,
              Checksums.composite(algorithm, parts.stream().map(StoredChecksum::checksum).toList())
                      .base64()
                  + "-"
                  + parts.size(),
              type);
    };
  }

  private static Checksum checksum(Part part) {
    StoredChecksum stored = Objects.requireNonNull(part.checksum());
    return new Checksum(stored.algorithm(), stored.value());
  }
}
