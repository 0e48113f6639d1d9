package io.carillon.aws.checksum;

import com.dynatrace.hash4j.hashing.Hashing;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/// The checksum algorithms of S3 objects.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
public enum ChecksumAlgorithm {
  CRC32(4),
  CRC32C(4),
  CRC64NVME(8),
  SHA1(20),
  SHA256(32),
  SHA512(64),
  MD5(16),
  XXHASH64(8),
  XXHASH3(8),
  XXHASH128(16);

  private static final List<ChecksumAlgorithm> ALL = List.of(values());

  private final int sizeBytes;
  private final String header;

  ChecksumAlgorithm(int sizeBytes) {
    this.sizeBytes = sizeBytes;
    this.header = "x-amz-checksum-" + name().toLowerCase(Locale.ROOT);
  }

  /// By the name as in `x-amz-checksum-algorithm` and `x-amz-sdk-checksum-algorithm`; case is
  /// ignored, since older SDKs send `crc32`.
  public static Optional<ChecksumAlgorithm> find(String name) {
    return ALL.stream().filter(a -> a.name().equalsIgnoreCase(name)).findFirst();
  }

  /// By the header or trailer of its value, such as `x-amz-checksum-crc32`.
  public static Optional<ChecksumAlgorithm> ofHeader(String name) {
    return ALL.stream().filter(a -> a.header.equalsIgnoreCase(name)).findFirst();
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  /// The header or trailer of a value of this algorithm.
  public String header() {
    return header;
  }

  /// Whether the checksum of an object can be computed from those of its parts, so that a multipart
  /// object can have the type `FULL_OBJECT`.
  public boolean combines() {
    return switch (this) {
      case CRC32, CRC32C, CRC64NVME -> true;
      case SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128 -> false;
    };
  }

  /// Whether a multipart object can have the type `COMPOSITE`: a checksum of its parts' checksums.
  public boolean composes() {
    return this != CRC64NVME;
  }

  /// Starts a running checksum.
  public RunningChecksum start() {
    return switch (this) {
      case CRC32 -> new RunningChecksum.Cyclic(this, new CRC32());
      case CRC32C -> new RunningChecksum.Cyclic(this, new CRC32C());
      case CRC64NVME -> new RunningChecksum.Cyclic(this, new Crc64Nvme());
      case SHA1 -> RunningChecksum.Digest.of(this, "SHA-1");
      case SHA256 -> RunningChecksum.Digest.of(this, "SHA-256");
      case SHA512 -> RunningChecksum.Digest.of(this, "SHA-512");
      case MD5 -> RunningChecksum.Digest.of(this, "MD5");
      case XXHASH64 -> new RunningChecksum.Hash64(this, Hashing.xxh64().hashStream());
      case XXHASH3 -> new RunningChecksum.Hash64(this, Hashing.xxh3_64().hashStream());
      case XXHASH128 -> new RunningChecksum.Hash128(this, Hashing.xxh3_128().hashStream());
    };
  }

  /// The checksum of a byte array.
  public Checksum of(byte[] bytes) {
    RunningChecksum running = start();
    running.update(bytes, 0, bytes.length);
    return running.finish();
  }
}
