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
    long noise = random.nextLong();
    byte[] raw =
        ByteBuffer.allocate(BYTES)
            .putLong(sequence)
            .putLong(noise)
            .putLong(check(sequence, noise))
            .array();
    return Base64.getUrlEncoder().encodeToString(raw).replace('-', '.');
  }

  /// Whether the id was given out here, as far as it tells. Ids of old do not: ask only of what is
  /// not found.
  static boolean isGenuine(String versionId) {
    return decode(versionId)
        .filter(
            raw -> raw.getLong(2 * Long.BYTES) == check(raw.getLong(0), raw.getLong(Long.BYTES)))
        .isPresent();
  }

  private static long check(long sequence, long noise) {
    long mixed = (sequence ^ Long.rotateLeft(noise, 17)) * 0x9E3779B97F4A7C15L;
    return mixed ^ mixed >>> 29;
  }

  /// The sequence number of the version; empty for what cannot be a version id.
  static Optional<Long> sequenceOf(String versionId) {
    return decode(versionId).map(raw -> raw.getLong(0));
  }

  private static Optional<ByteBuffer> decode(String versionId) {
    if (versionId.length() != 32) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ByteBuffer.wrap(Base64.getUrlDecoder().decode(versionId.replace('.', '-'))));
    } catch (IllegalArgumentException notOurs) {
      return Optional.empty();
    }
  }
}
