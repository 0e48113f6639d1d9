package io.carillon.aws.checksum;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.HashValue128;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// A checksum of a stream. Finished once.
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

  /// A hash of 64 bits; S3 writes it most significant byte first.
  record Hash64(ChecksumAlgorithm algorithm, HashStream64 stream) implements RunningChecksum {

    @Override
    public void update(byte[] bytes, int offset, int length) {
      stream.putBytes(bytes, offset, length);
    }

    @Override
    public Checksum finish() {
      return Checksum.of(algorithm, Crc.toBytes(stream.getAsLong(), Long.BYTES));
    }
  }

  /// A hash of 128 bits, the upper half first.
  record Hash128(ChecksumAlgorithm algorithm, HashStream128 stream) implements RunningChecksum {

    @Override
    public void update(byte[] bytes, int offset, int length) {
      stream.putBytes(bytes, offset, length);
    }

    @Override
    public Checksum finish() {
      HashValue128 value = stream.get();
      return Checksum.of(
          algorithm,
          ByteBuffer.allocate(2 * Long.BYTES)
              .putLong(value.getMostSignificantBits())
              .putLong(value.getLeastSignificantBits())
              .array());
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
