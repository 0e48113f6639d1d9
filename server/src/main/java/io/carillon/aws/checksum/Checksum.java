package io.carillon.aws.checksum;

import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;

/// A checksum as S3 writes it: base64 of the value, most significant byte first.
public record Checksum(ChecksumAlgorithm algorithm, String base64) {

  public Checksum {
    if (decode(base64).length != algorithm.sizeBytes()) {
      throw new IllegalArgumentException("Not a " + algorithm + " checksum: " + base64);
    }
  }

  public static Checksum of(ChecksumAlgorithm algorithm, byte[] value) {
    return new Checksum(algorithm, Base64.getEncoder().encodeToString(value));
  }

  /// Empty where the text is not base64 or not of the algorithm's length.
  public static Optional<Checksum> tryParse(ChecksumAlgorithm algorithm, String base64) {
    try {
      return Optional.of(new Checksum(algorithm, base64));
    } catch (IllegalArgumentException notOne) {
      return Optional.empty();
    }
  }

  public byte[] bytes() {
    return decode(base64);
  }

  /// Whether algorithm and value are equal.
  public boolean matches(Checksum other) {
    return algorithm == other.algorithm && MessageDigest.isEqual(bytes(), other.bytes());
  }

  private static byte[] decode(String base64) {
    return Base64.getDecoder().decode(base64);
  }
}
