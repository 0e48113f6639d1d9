package io.carillon.aws.checksum;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// A checksum of bytes that stream by. Finished once.
public sealed interface RunningChecksum {

  void update(byte[] bytes, int offset, int length);

  Checksum finish();

  /// A cyclic redundancy check.
  record Cyclic(ChecksumAlgorithm algorithm, java.util.zip.Checksum crc)
      implements RunningChecksum {

    @Override
    public void update(byte[] bytes, int offset, int length) {
      crc.update(bytes, offset, length);
    }

    @Override
    public Checksum finish() {
      return Checksum.of(algorithm, Crc.toBytes(crc.getValue(), algorithm.sizeBytes()));
    }
  }

  /// A cryptographic digest of the JDK.
  record Digest(ChecksumAlgorithm algorithm, MessageDigest digest) implements RunningChecksum {

    static Digest of(ChecksumAlgorithm algorithm, String name) {
      try {
        return new Digest(algorithm, MessageDigest.getInstance(name));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every JDK has " + name, e);
      }
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
      digest.update(bytes, offset, length);
    }

    @Override
    public Checksum finish() {
      return Checksum.of(algorithm, digest.digest());
    }
  }
}
