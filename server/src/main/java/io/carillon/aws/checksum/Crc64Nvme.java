package io.carillon.aws.checksum;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.Checksum;

/// CRC-64/NVME, the checksum S3 gives every object that came without one. The JDK has none, so this
/// takes eight bytes a step by eight tables ("slicing by 8"): table `k` holds what a byte does to
/// the register after `k` more bytes, so the eight look-ups of one step do not wait for each other.
///
/// Source: NVM Express NVM Command Set Specification 1.0d, §5.2.1.3.4
final class Crc64Nvme implements Checksum {
  static final long POLYNOMIAL = 0x9A6C_9329_AC4B_C9B5L;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long[][] TABLES = tables();

  private long register = ~0L;

  private static long[][] tables() {
    long[][] tables = new long[8][256];
    for (int b = 0; b < 256; b++) {
      long value = b;
      for (int bit = 0; bit < 8; bit++) {
        value = (value & 1) != 0 ? value >>> 1 ^ POLYNOMIAL : value >>> 1;
      }
      tables[0][b] = value;
    }
    for (int k = 1; k < 8; k++) {
      for (int b = 0; b < 256; b++) {
        long before = tables[k - 1][b];
        tables[k][b] = before >>> 8 ^ tables[0][(int) before & 0xFF];
      }
    }
    return tables;
  }

  @Override
  public void update(int b) {
    register = register >>> 8 ^ TABLES[0][(int) (register ^ b) & 0xFF];
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    long crc = register;
    int at = offset;
    int end = offset + length;
    long[] t0 = TABLES[0];
    long[] t1 = TABLES[1];
    long[] t2 = TABLES[2];
    long[] t3 = TABLES[3];
    long[] t4 = TABLES[4];
    long[] t5 = TABLES[5];
    long[] t6 = TABLES[6];
    long[] t7 = TABLES[7];
    for (; end - at >= Long.BYTES; at += Long.BYTES) {
      long x = crc ^ (long) LONG.get(bytes, at);
      crc =
          t7[(int) x & 0xFF]
              ^ t6[(int) (x >>> 8) & 0xFF]
              ^ t5[(int) (x >>> 16) & 0xFF]
              ^ t4[(int) (x >>> 24) & 0xFF]
              ^ t3[(int) (x >>> 32) & 0xFF]
              ^ t2[(int) (x >>> 40) & 0xFF]
              ^ t1[(int) (x >>> 48) & 0xFF]
              ^ t0[(int) (x >>> 56)];
    }
    for (; at < end; at++) {
      crc = crc >>> 8 ^ t0[(int) (crc ^ bytes[at]) & 0xFF];
    }
    register = crc;
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
