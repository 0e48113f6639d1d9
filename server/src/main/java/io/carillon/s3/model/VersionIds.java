package io.carillon.s3.model;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Version ids: 32 characters, opaque to clients, that contain the key of the version's row.
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

  /// Whether the check digits of the id are right. Ids of former releases have none, so ask only
  /// for versions that are not found.
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

  /// The sequence number of the version; empty if the text cannot be a version id.
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
