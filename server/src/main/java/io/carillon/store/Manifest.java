package io.carillon.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// What RocksDB's manifest says about the write-ahead logs. The file `CURRENT` names the manifest;
/// it is a [RecordLog] of edits, each a list of tags with their fields, and later edits win.
///
/// A flush syncs its table, then the edit that names it, and only then may its log be removed. So
/// nothing was removed because of an edit that a power loss tore, and it is cut. RocksDB itself
/// stops at some bad edits as if the file ended there, and would remove the tables of later edits:
/// a bad edit with a whole one after it is damage, unless it is a page that was never written.
///
/// @param logNumber logs of lower numbers are in tables; 0 before the first flush
/// @param lastSequence the highest number of a change that it knows
/// @param torn where its torn tail begins
record Manifest(Path file, long logNumber, long lastSequence, Optional<Long> torn) {
  static final String CURRENT = "CURRENT";
  private static final int PAGE = 4096;
  private static final int ANY = Integer.MAX_VALUE;

  /// Tags with this bit may be ignored: a length and as many bytes follow them.
  private static final int IGNORABLE = 1 << 13;

  static Manifest read(Path folder) throws IOException {
    Path file = current(folder);
    long logNumber = 0;
    long lastSequence = 0;
    Optional<Long> torn = Optional.empty();
    try (RecordLog log = RecordLog.open(file, ANY)) {
      while (true) {
        Optional<RecordLog.Entry> entry = log.next();
        if (entry.isEmpty()) {
          if (log.badOffset() < 0) {
            break;
          }
          long offset = log.badOffset();
          torn = Optional.of(torn.orElse(offset));
          boolean blank = log.isBlankPage(PAGE);
          if (!log.seekWhole()) {
            break;
          }
          if (!blank) {
            throw UnusableStoreException.damaged(folder, file, "at byte " + offset);
          }
        } else if (torn.isEmpty()) {
          Edit edit = new Edit(entry.get().head());
          edit.read(folder, file, entry.get().offset());
          logNumber = Math.max(logNumber, edit.logNumber);
          lastSequence = Math.max(lastSequence, edit.lastSequence);
        }
      }
    } catch (NoSuchFileException e) {
      throw UnusableStoreException.damaged(folder, file, "it is missing");
    }
    return new Manifest(file, logNumber, lastSequence, torn);
  }

  private static Path current(Path folder) throws IOException {
    Path current = folder.resolve(CURRENT);
    String name = new String(Files.readAllBytes(current), StandardCharsets.ISO_8859_1);
    if (!name.matches("MANIFEST-\\d{6,}\n")) {
      throw UnusableStoreException.damaged(folder, current, "it names no manifest");
    }
    return folder.resolve(name.strip());
  }

  /// One edit.
  private static final class Edit {
    private final ByteBuffer in;
    private long logNumber;
    private long lastSequence;

    private Edit(byte[] bytes) {
      this.in = ByteBuffer.wrap(bytes);
    }

    private void read(Path folder, Path file, long offset) {
      try {
        while (in.hasRemaining()) {
          field((int) number());
        }
      } catch (RuntimeException e) { // a field that ends after the record, or a tag from the future
        throw UnusableStoreException.damaged(
            folder, file, "the record at byte " + offset + " cannot be read: " + e);
      }
    }

    private void field(int tag) {
      switch (tag) {
        case 2, 10 -> logNumber = Math.max(logNumber, number()); // of the log; lowest log to keep
        case 4 -> lastSequence = number();
        case 3, 9, 200, 203, 300 -> number(); // next file, older log, column families, group
        case 1, 201 -> bytes(); // comparator, name of a column family
        case 202 -> {} // a column family was dropped
        case 5 -> { // compaction pointer
          number();
          bytes();
        }
        case 6 -> { // deleted table
          number();
          number();
        }
        case 100, 103 -> table(tag);
        default -> {
          if ((tag & IGNORABLE) == 0) {
            throw new IllegalArgumentException("tag " + tag);
          }
          bytes();
        }
      }
    }

    /// Level, number, size, least and greatest key, least and greatest sequence number; the present
    /// form adds tagged fields up to tag 1.
    private void table(int tag) {
      number();
      number();
      number();
      bytes();
      bytes();
      number();
      number();
      if (tag == 103) {
        while (number() != 1) {
          bytes();
        }
      }
    }

    private void bytes() {
      int length = Math.toIntExact(number());
      in.position(Math.addExact(in.position(), length));
    }

    private long number() {
      long number = 0;
      for (int shift = 0; shift < Long.SIZE; shift += 7) {
        byte b = in.get();
        number |= (long) (b & 0x7F) << shift;
        if (b >= 0) {
          return number;
        }
      }
      throw new IllegalArgumentException("a number of more than ten bytes");
    }
  }
}
