package io.carillon.aws.checksum;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Several checksums of the same bytes, computed in one pass.
public final class Checksums {
  private final List<RunningChecksum> running = new ArrayList<>(2);

  private Checksums() {}

  public static Checksums of(Set<ChecksumAlgorithm> algorithms) {
    Checksums all = new Checksums();
    algorithms.forEach(a -> all.running.add(a.start()));
    return all;
  }

  public void update(byte[] bytes, int offset, int length) {
    for (RunningChecksum one : running) {
      one.update(bytes, offset, length);
    }
  }

  /// Finishes all of them; called once.
  public Map<ChecksumAlgorithm, Checksum> finish() {
    Map<ChecksumAlgorithm, Checksum> values = new EnumMap<>(ChecksumAlgorithm.class);
    for (RunningChecksum one : running) {
      Checksum value = one.finish();
      values.put(value.algorithm(), value);
    }
    return values;
  }

  /// A part of a multipart object.
  public record Part(Checksum checksum, long lengthBytes) {}

  /// The checksum of the whole object, from its parts in order: the type `FULL_OBJECT`.
  ///
  /// @throws IllegalArgumentException for algorithms that do not [ChecksumAlgorithm#combines]
  public static Checksum fullObject(ChecksumAlgorithm algorithm, Collection<Part> parts) {
    Crc crc = Crc.of(algorithm);
    long whole = 0; // the CRC of nothing
    for (Part part : parts) {
      requireAlgorithm(algorithm, part.checksum());
      whole = crc.combine(whole, Crc.fromBytes(part.checksum().bytes()), part.lengthBytes());
    }
    return Checksum.of(algorithm, Crc.toBytes(whole, algorithm.sizeBytes()));
  }

  /// The checksum of the parts' checksums, in order: the type `COMPOSITE`. S3 appends a hyphen and
  /// the number of parts.
  ///
  /// @throws IllegalArgumentException for algorithms that do not [ChecksumAlgorithm#composes]
  public static Checksum composite(ChecksumAlgorithm algorithm, Collection<Checksum> parts) {
    if (!algorithm.composes()) {
      throw new IllegalArgumentException(algorithm + " is only ever of the full object");
    }
    RunningChecksum running = algorithm.start();
    for (Checksum part : parts) {
      requireAlgorithm(algorithm, part);
      running.update(part.bytes(), 0, algorithm.sizeBytes());
    }
    return running.finish();
  }

  private static void requireAlgorithm(ChecksumAlgorithm algorithm, Checksum part) {
    if (part.algorithm() != algorithm) {
      throw new IllegalArgumentException("A part of " + part.algorithm() + ", not " + algorithm);
    }
  }
}
