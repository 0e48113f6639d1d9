package io.carillon.s3.model;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Version ids: 32 characters that tell clients nothing, and us where the row lies.
public final class VersionIds {
  private static final int BYTES = 24;

  private VersionIds() {}

  static String create(long sequence, RandomGenerator random) {
    byte[] raw =
        ByteBuffer.allocate(BYTES)
            .putLong(sequence)
            .putLong(random.nextLong())
            .putLong(random.nextLong())
            .array();
    return Base64.getUrlEncoder().encodeToString(raw).replace('-', '.');
  }

  /// The sequence number of the version; empty for what cannot be a version id.
  static Optional<Long> sequenceOf(String versionId) {
    if (versionId.length() != 32) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ByteBuffer.wrap(Base64.getUrlDecoder().decode(versionId.replace('.', '-'))).getLong());
    } catch (IllegalArgumentException notOurs) {
      return Optional.empty();
    }
  }
}
