package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The Unix modes of an archive's entries, which [java.util.zip] does not tell. Reads the central
/// directory and nothing else.
///
/// Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and 4.3.16
final class ZipModes {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int END_BYTES = 22;
  private static final int ENTRY_BYTES = 46;
  private static final int COMMENT_LIMIT = 0xFFFF;
  private static final long SAID_ELSEWHERE = 0xFFFFFFFFL;
  private static final int MADE_ON_UNIX = 3;

  private ZipModes() {}

  /// Mode by name, of those entries that have one. An archive this cannot follow (its directory
  /// lies beyond 4 GB, say) has none.
  static Map<String, Integer> read(Path archive) throws IOException {
    try (FileChannel file = FileChannel.open(archive)) {
      ByteBuffer end = end(file);
      if (end == null) {
        return Map.of();
      }
      long sizeBytes = Integer.toUnsignedLong(end.getInt(12));
      long offset = Integer.toUnsignedLong(end.getInt(16));
      boolean inside = sizeBytes <= Integer.MAX_VALUE && offset + sizeBytes <= file.size();
      return inside ? entries(bytes(file, offset, (int) sizeBytes)) : Map.of();
    }
  }

  /// How large the archive says that its directory is, which the JDK reads into memory before it
  /// believes anything else.
  static long directoryBytes(Path archive) throws IOException {
    try (FileChannel file = FileChannel.open(archive)) {
      ByteBuffer end = end(file);
      if (end == null) {
        return 0;
      }
      long sizeBytes = Integer.toUnsignedLong(end.getInt(12));
      // Larger archives say it in a record of their own; no package that Lambda takes needs one for
      // its directory.
      return sizeBytes == SAID_ELSEWHERE ? Long.MAX_VALUE : sizeBytes;
    }
  }

  /// The record at the end, from its signature on.
  private static @Nullable ByteBuffer end(FileChannel file) throws IOException {
    int tailBytes = (int) Math.min(file.size(), END_BYTES + COMMENT_LIMIT);
    ByteBuffer tail = bytes(file, file.size() - tailBytes, tailBytes);
    for (int at = tailBytes - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END_SIGNATURE) {
        return tail.slice(at, END_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      }
    }
    return null;
  }

  private static Map<String, Integer> entries(ByteBuffer directory) {
    Map<String, Integer> modes = new HashMap<>();
    int at = 0;
    while (at + ENTRY_BYTES <= directory.limit() && directory.getInt(at) == ENTRY_SIGNATURE) {
      int nameBytes = Short.toUnsignedInt(directory.getShort(at + 28));
      int extraBytes = Short.toUnsignedInt(directory.getShort(at + 30));
      int commentBytes = Short.toUnsignedInt(directory.getShort(at + 32));
      if (at + ENTRY_BYTES + nameBytes > directory.limit()) {
        break;
      }
      if (directory.get(at + 5) == MADE_ON_UNIX) {
        byte[] name = new byte[nameBytes];
        directory.get(at + ENTRY_BYTES, name);
        modes.put(new String(name, StandardCharsets.UTF_8), directory.getInt(at + 38) >>> 16);
      }
      at += ENTRY_BYTES + nameBytes + extraBytes + commentBytes;
    }
    return modes;
  }

  private static ByteBuffer bytes(FileChannel file, long offset, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining() && file.read(buffer, offset + buffer.position()) >= 0) {
      continue;
    }
    return buffer.flip();
  }
}
