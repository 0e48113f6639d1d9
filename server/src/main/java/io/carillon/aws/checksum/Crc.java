package io.carillon.aws.checksum;

/// The arithmetic of reflected CRCs whose register starts and ends inverted: CRC32, CRC32C and
/// CRC64NVME. A CRC is the remainder of the message, read as a polynomial over GF(2), divided by
/// the algorithm's polynomial P. So the CRC of `A‖B` is `crc(A) · x^(8·|B|) mod P`, added (xor) to
/// `crc(B)`; the inversions cancel. The power comes from repeated squaring, which makes combining
/// cost the logarithm of the length, whatever the size of the part.
enum Crc {
  CRC32(32, 0xEDB8_8320L),
  CRC32C(32, 0x82F6_3B78L),
  CRC64NVME(64, Crc64Nvme.POLYNOMIAL);

  /// Lengths in bytes are below 2^63 and each byte is eight bits.
  private static final int POWERS = 63 + 3;

  private final int width;
  private final long polynomial;

  /// The k-th is x^(2^k) mod P.
  @SuppressWarnings("ImmutableEnumChecker") // filled by the constructor only
  private final long[] squares = new long[POWERS];

  Crc(int width, long polynomial) {
    this.width = width;
    this.polynomial = polynomial;
    squares[0] = 1L << (width - 2); // x itself: the highest bit stands for x^0
    for (int k = 1; k < POWERS; k++) {
      squares[k] = multiply(squares[k - 1], squares[k - 1]);
    }
  }

  static Crc of(ChecksumAlgorithm algorithm) {
    return switch (algorithm) {
      case CRC32 -> CRC32;
      case CRC32C -> CRC32C;
      case CRC64NVME -> CRC64NVME;
      case SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128 ->
          throw new IllegalArgumentException(algorithm + " of a whole needs the whole");
    };
  }

  /// The CRC of two consecutive byte sequences.
  long combine(long first, long second, long secondLengthBytes) {
    if (secondLengthBytes < 0) {
      throw new IllegalArgumentException("Negative length: " + secondLengthBytes);
    }
    long shifted = first;
    for (int k = 0; k < 63; k++) {
      if ((secondLengthBytes >>> k & 1) != 0) {
        shifted = multiply(squares[k + 3], shifted);
      }
    }
    return shifted ^ second;
  }

  /// `a · b mod P`.
  private long multiply(long a, long b) {
    long product = 0;
    long rest = b;
    for (int bit = width - 1; bit >= 0; bit--) {
      if ((a >>> bit & 1) != 0) {
        product ^= rest;
      }
      rest = (rest & 1) != 0 ? rest >>> 1 ^ polynomial : rest >>> 1;
    }
    return product;
  }

  static byte[] toBytes(long value, int sizeBytes) {
    byte[] bytes = new byte[sizeBytes];
    long rest = value;
    for (int i = sizeBytes - 1; i >= 0; i--) {
      bytes[i] = (byte) rest;
      rest >>>= 8;
    }
    return bytes;
  }

  static long fromBytes(byte[] bytes) {
    long value = 0;
    for (byte b : bytes) {
      value = value << 8 | (b & 0xFF);
    }
    return value;
  }
}
