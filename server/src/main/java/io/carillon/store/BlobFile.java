package io.carillon.store;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// The file of a blob: its bytes from the file's start on, the CRC-32C of each block of 64 KiB, and
/// a footer with a magic number, the length of the bytes and the CRC-32C of table and footer.
///
/// Bytes are handed out only after their block's check, so damage never travels.
final class BlobFile {
  static final int BLOCK = 64 << 10;
  private static final int MAGIC = 0xCA21_10B1;
  private static final int FOOTER = Integer.BYTES + Long.BYTES + Integer.BYTES;

  private BlobFile() {}

  /// Writes one, block by block.
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

  /// Opens the bytes from `offset` on, `count` of them.
  static InputStream open(Path path, long length, long offset, long count) throws IOException {
    if (offset < 0 || count < 0 || offset > length - count) {
      throw new IllegalArgumentException(
          "No range of " + length + " bytes: " + count + " from " + offset);
    }
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new Reader(path, file, readChecks(path, file, length), length, offset, count);
    } catch (IOException | RuntimeException e) {
      file.close();
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
    readAll(file, end, length);
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
    private final byte[] block = new byte[BLOCK];
    private long next;
    private long left;
    private int at;
    private int end;

    private Reader(
        Path path, FileChannel file, ByteBuffer checks, long length, long offset, long count) {
      this.path = path;
      this.file = file;
      this.checks = checks;
      this.length = length;
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
      if (at < end) {
        return true;
      }
      if (left == 0) {
        return false;
      }
      long number = next / BLOCK;
      long start = number * BLOCK;
      int size = (int) Math.min(BLOCK, length - start);
      readAll(file, ByteBuffer.wrap(block, 0, size), start);
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

  private static void readAll(FileChannel file, ByteBuffer bytes, long from) throws IOException {
    long at = from;
    while (bytes.hasRemaining()) {
      int read = file.read(bytes, at);
      if (read < 0) {
        throw new EOFException("The file ends at " + at);
      }
      at += read;
    }
  }
}
