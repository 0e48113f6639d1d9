package io.carillon.aws.checksum;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.Checksum;

/// CRC-64/NVME, the checksum S3 gives every object uploaded without one. The JDK has none, so this
/// processes eight bytes a step with eight tables ("slicing by 8"): table `k` holds the effect of a
/// byte on the register after `k` more bytes, so the look-ups of one step are independent.
///
/// Source: NVM Express NVM Command Set Specification 1.0d, §5.2.1.3.4
final class Crc64Nvme implements Checksum {
  static final long POLYNOMIAL = 0x9A6C_9329_AC4B_C9B5L;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /// All tables in one array of constant length, so that the compiler removes bounds checks.
  private static final long[] TABLES = tables();

  private long register = ~0L;

  private static long[] tables() {
    long[] tables = new long[16 << 8];
    for (int b = 0; b < 256; b++) {
      long value = b;
      for (int bit = 0; bit < 8; bit++) {
        value = (value & 1) != 0 ? value >>> 1 ^ POLYNOMIAL : value >>> 1;
      }
      tables[b] = value;
    }
    for (int at = 256; at < tables.length; at++) {
      long before = tables[at - 256];
      tables[at] = before >>> 8 ^ tables[(int) before & 0xFF];
    }
    return tables;
  }

  @Override
  public void update(int b) {
    register = register >>> 8 ^ TABLES[(int) (register ^ b) & 0xFF];
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    long crc = register;
    int at = offset;
    int end = offset + length;
    for (; end - at >= 2 * Long.BYTES; at += 2 * Long.BYTES) {
      long x = crc ^ (long) LONG.get(bytes, at);
      long y = (long) LONG.get(bytes, at + Long.BYTES);
      crc = eight(8 << 8, x) ^ eight(0, y);
    }
    for (; at < end; at++) {
      crc = crc >>> 8 ^ TABLES[(int) (crc ^ bytes[at]) & 0xFF];
    }
    register = crc;
  }

  /// The effect of eight bytes on the register; `first` is the offset of the last byte's table.
  private static long eight(int first, long bytes) {
    return TABLES[first + (7 << 8) + ((int) bytes & 0xFF)]
        ^ TABLES[first + (6 << 8) + ((int) (bytes >>> 8) & 0xFF)]
        ^ TABLES[first + (5 << 8) + ((int) (bytes >>> 16) & 0xFF)]
        ^ TABLES[first + (4 << 8) + ((int) (bytes >>> 24) & 0xFF)]
        ^ TABLES[first + (3 << 8) + ((int) (bytes >>> 32) & 0xFF)]
        ^ TABLES[first + (2 << 8) + ((int) (bytes >>> 40) & 0xFF)]
        ^ TABLES[first + (1 << 8) + ((int) (bytes >>> 48) & 0xFF)]
        ^ TABLES[first + ((int) (bytes >>> 56) & 0xFF)];
  }

  @Override
  public long getValue() {
    return ~register;
  }

  @Override
  public void reset() {
    register = ~0L;
  }
}
