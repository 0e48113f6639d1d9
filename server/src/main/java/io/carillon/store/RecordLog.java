package io.carillon.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/// A file in RocksDB's log format, which its write-ahead logs and manifests share, read from its
/// start to its end or to the first place that is not whole.
///
/// Blocks of 32 KiB hold fragments: the masked CRC-32C of type and bytes (4), the length (2), the
/// type (1), the bytes. A record is one fragment of type 1, or one of type 2, any number of type 3
/// and one of type 4. No fragment crosses a block; the rest of a block that is too small for a
/// fragment's head is padding. The other types belong to options that are off here.
///
/// Source: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format
final class RecordLog implements AutoCloseable {
  static final int BLOCK = 32 << 10;
  static final int HEAD = 7;
  static final int FULL = 1;
  static final int FIRST = 2;
  static final int MIDDLE = 3;
  static final int LAST = 4;

  /// @param offset where it begins
  /// @param head its first bytes, as many as requested
  record Entry(long offset, byte[] head) {}

  private final FileChannel file;
  private final long size;
  private final int wanted;
  private final byte[] block = new byte[BLOCK];
  private long blockStart;
  private int filled;
  private int at;

  private long entryStart = -1;
  private final ByteArrayOutputStream entry = new ByteArrayOutputStream();
  private long badOffset = -1;

  private RecordLog(FileChannel file, int wanted) throws IOException {
    this.file = file;
    this.size = file.size();
    this.wanted = wanted;
    readBlock(0);
  }

  /// @param headBytes how many bytes of each record to keep
  static RecordLog open(Path path, int headBytes) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new RecordLog(file, headBytes);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// The next record; empty at the end of the file and at a place that is not whole.
  Optional<Entry> next() throws IOException {
    drop();
    badOffset = -1;
    while (true) {
      if (at + HEAD > filled) {
        if (isLastBlock()) {
          return at == filled && entryStart < 0 ? Optional.empty() : bad();
        }
        readBlock(blockStart + BLOCK);
        continue;
      }
      int type = block[at + 6];
      boolean begins = type == FULL || type == FIRST;
      if (!isWholeAt(at) || begins != entryStart < 0) {
        return bad();
      }
      if (begins) {
        entryStart = blockStart + at;
      }
      int length = lengthAt(at);
      entry.write(block, at + HEAD, Math.min(length, Math.max(0, wanted - entry.size())));
      at += HEAD + length;
      if (type == FULL || type == LAST) {
        Entry whole = new Entry(entryStart, entry.toByteArray());
        drop();
        return Optional.of(whole);
      }
    }
  }

  private Optional<Entry> bad() {
    badOffset = entryStart < 0 ? blockStart + at : entryStart;
    return Optional.empty();
  }

  private void drop() {
    entryStart = -1;
    entry.reset();
  }

  /// Where the bad record begins at which [#next] stopped; -1 if it stopped at the file's end.
  long badOffset() {
    return badOffset;
  }

  /// The whole part of the record at which [#next] stopped: its first fragments.
  byte[] wholePart() {
    return entry.toByteArray();
  }

  /// [#wholePart] and, as far as its length fits, the bad fragment.
  byte[] suspectedPart() {
    ByteArrayOutputStream part = new ByteArrayOutputStream();
    part.writeBytes(entry.toByteArray());
    if (at + HEAD <= filled) {
      part.write(block, at + HEAD, Math.min(lengthAt(at), filled - at - HEAD));
    }
    return part.toByteArray();
  }

  /// Skips a bad place, to the next fragment that is whole and begins a record. Within the same
  /// block it tries every offset, as the length may be what is bad. False if there is none.
  boolean seekWhole() throws IOException {
    int from = at + 1;
    while (true) {
      for (int i = from; i + HEAD <= filled; i++) {
        if ((block[i + 6] == FULL || block[i + 6] == FIRST) && isWholeAt(i)) {
          at = i;
          return true;
        }
      }
      if (isLastBlock()) {
        at = filled;
        return false;
      }
      readBlock(blockStart + BLOCK);
      from = 0;
    }
  }

  /// Whether the bytes from the bad place to the end of its page, or of the file, are zeros: so a
  /// disk shows a page that was never written.
  boolean isBlankPage(int pageBytes) {
    int end = Math.min(filled, (at / pageBytes + 1) * pageBytes);
    for (int i = at; i < end; i++) {
      if (block[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean isWholeAt(int i) {
    int type = block[i + 6];
    int length = lengthAt(i);
    return type >= FULL
        && type <= LAST
        && i + HEAD + length <= filled
        && checkOf(block, i + 6, 1 + length) == little(block, i).getInt();
  }

  private int lengthAt(int i) {
    return Short.toUnsignedInt(little(block, i + 4).getShort());
  }

  private static ByteBuffer little(byte[] bytes, int offset) {
    return ByteBuffer.wrap(bytes, offset, bytes.length - offset).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// The masked CRC-32C of a fragment's type and bytes.
  static int checkOf(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xA282_EAD8;
  }

  private boolean isLastBlock() {
    return blockStart + BLOCK >= size;
  }

  private void readBlock(long start) throws IOException {
    ByteBuffer into = ByteBuffer.wrap(block);
    int count = 0;
    while (into.hasRemaining() && count >= 0) {
      count = file.read(into, start + into.position());
    }
    blockStart = start;
    filled = into.position();
    at = 0;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
