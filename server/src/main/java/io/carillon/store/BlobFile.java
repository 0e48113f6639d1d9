package io.carillon.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// The file of a blob: its bytes, the CRC-32C of each block of 64 KiB, and a footer with a magic
/// number, the length of the bytes and the CRC-32C of table and footer.
///
/// Bytes are returned only after their block's check, so damage is never passed on.
final class BlobFile {
  static final int BLOCK = 64 << 10;
  private static final int MAGIC = 0xCA21_10B1;
  private static final int FOOTER = Integer.BYTES + Long.BYTES + Integer.BYTES;

  private BlobFile() {}

  /// Writes a blob file block by block.
  static final class Writer {
    private final FileChannel file;
    private final byte[] block = new byte[BLOCK];
    private ByteBuffer checks = ByteBuffer.allocate(64);
    private int filled;
    private long length;

    Writer(FileChannel file) {
      this.file = file;
    }

    void write(byte[] bytes, int offset, int count) throws IOException {
      int from = offset;
      int left = count;
      while (left > 0) {
        int fits = Math.min(left, BLOCK - filled);
        System.arraycopy(bytes, from, block, filled, fits);
        filled += fits;
        from += fits;
        left -= fits;
        if (filled == BLOCK) {
          endBlock();
        }
      }
    }

    private void endBlock() throws IOException {
      if (checks.remaining() < Integer.BYTES) {
        checks = ByteBuffer.allocate(checks.capacity() * 2).put(checks.flip());
      }
      checks.putInt(checkOf(block, 0, filled));
      writeAll(file, ByteBuffer.wrap(block, 0, filled));
      length += filled;
      filled = 0;
    }

    /// Writes the rest, the table and the footer; answers how many bytes the blob has.
    long finish() throws IOException {
      if (filled > 0) {
        endBlock();
      }
      ByteBuffer end = ByteBuffer.allocate(checks.position() + FOOTER);
      end.put(checks.flip()).putInt(MAGIC).putLong(length);
      end.putInt(checkOf(end.array(), 0, end.position()));
      writeAll(file, end.flip());
      return length;
    }
  }

  /// Opens `count` bytes from `offset` on. The first block is read and checked at once, so that a
  /// damaged blob can still be answered with an error.
  ///
  /// @param onDamage called for each damage found
  static InputStream open(Path path, long length, long offset, long count, Runnable onDamage)
      throws IOException {
    if (offset < 0 || count < 0 || offset > length - count) {
      throw new IllegalArgumentException(
          "No range of " + length + " bytes: " + count + " from " + offset);
    }
    try {
      FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
      try {
        ByteBuffer checks = readChecks(path, file, length);
        Reader reader = new Reader(path, file, checks, length, offset, count, onDamage);
        reader.readBlock();
        return reader;
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      onDamage.run();
      throw new DamagedBlobException(path, "its file is missing");
    } catch (DamagedBlobException e) {
      onDamage.run();
      throw e;
    }
  }

  private static ByteBuffer readChecks(Path path, FileChannel file, long length)
      throws IOException {
    long blocks = (length + BLOCK - 1) / BLOCK;
    int size = Math.toIntExact(blocks * Integer.BYTES + FOOTER);
    if (file.size() != length + size) {
      throw new DamagedBlobException(path, "its file has " + file.size() + " bytes");
    }
    ByteBuffer end = ByteBuffer.allocate(size);
    readAll(path, file, end, length);
    end.flip();
    int check = end.getInt(size - Integer.BYTES);
    if (end.getInt(size - FOOTER) != MAGIC
        || end.getLong(size - FOOTER + Integer.BYTES) != length
        || check != checkOf(end.array(), 0, size - Integer.BYTES)) {
      throw new DamagedBlobException(path, "its footer does not fit");
    }
    return end;
  }

  private static final class Reader extends InputStream {
    private final Path path;
    private final FileChannel file;
    private final ByteBuffer checks;
    private final long length;
    private final Runnable onDamage;
    private final byte[] block = new byte[BLOCK];
    private long next;
    private long left;
    private int at;
    private int end;

    private Reader(
        Path path,
        FileChannel file,
        ByteBuffer checks,
        long length,
        long offset,
        long count,
        Runnable onDamage) {
      this.path = path;
      this.file = file;
      this.checks = checks;
      this.length = length;
      this.onDamage = onDamage;
      this.next = offset;
      this.left = count;
    }

    @Override
    public int read() throws IOException {
      return fill() ? block[take(1)] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int given = Math.min(count, end - at);
      System.arraycopy(block, take(given), into, offset, given);
      return given;
    }

    @Override
    public int available() {
      return end - at;
    }

    private int take(int count) {
      int from = at;
      at += count;
      return from;
    }

    /// Reads and checks the next block if the present one is used up; false at the end.
    private boolean fill() throws IOException {
      try {
        return at < end || readBlock();
      } catch (DamagedBlobException e) {
        onDamage.run();
        throw e;
      }
    }

    private boolean readBlock() throws IOException {
      if (left == 0) {
        return false;
      }
      long number = next / BLOCK;
      long start = number * BLOCK;
      int size = (int) Math.min(BLOCK, length - start);
      readAll(path, file, ByteBuffer.wrap(block, 0, size), start);
      if (checkOf(block, 0, size) != checks.getInt(Math.toIntExact(number * Integer.BYTES))) {
        throw new DamagedBlobException(path, "block " + number + " does not match its checksum");
      }
      at = (int) (next - start);
      end = (int) Math.min(size, at + left);
      next += end - at;
      left -= end - at;
      return true;
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  private static int checkOf(byte[] bytes, int offset, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, count);
    return (int) crc.getValue();
  }

  private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  private static void readAll(Path path, FileChannel file, ByteBuffer bytes, long from)
      throws IOException {
    long at = from;
    while (bytes.hasRemaining()) {
      int read;
      try {
        read = file.read(bytes, at);
      } catch (ClosedChannelException e) {
        throw e; // by us
      } catch (IOException e) {
        throw new DamagedBlobException(path, "it cannot be read at byte " + at + ", " + e);
      }
      if (read < 0) {
        throw new DamagedBlobException(path, "its file ends at " + at);
      }
      at += read;
    }
  }
}
