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

/// The Unix modes of an archive's entries, which [java.util.zip] does not expose. Reads only the
/// central directory.
///
/// Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and 4.3.16
final class ZipModes {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int END_BYTES = 22;
  private static final int ENTRY_BYTES = 46;
  private static final int COMMENT_LIMIT = 0xFFFF;
  private static final long IN_ZIP64_RECORD = 0xFFFFFFFFL;
  private static final int MADE_ON_UNIX = 3;

  private ZipModes() {}

  /// The mode by name, for entries that have one; empty for an archive in an unsupported format
  /// (such as a directory beyond 4 GB).
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

  /// The declared size of the central directory, which the JDK reads into memory before it
  /// validates anything.
  static long directoryBytes(Path archive) throws IOException {
    try (FileChannel file = FileChannel.open(archive)) {
      ByteBuffer end = end(file);
      if (end == null) {
        return 0;
      }
      long sizeBytes = Integer.toUnsignedLong(end.getInt(12));
      // Larger archives have it in a ZIP64 record; no package within Lambda's limits needs one.
      return sizeBytes == IN_ZIP64_RECORD ? Long.MAX_VALUE : sizeBytes;
    }
  }

  /// The end-of-central-directory record.
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
    while (buffer.hasRemaining() && file.read(buffer, offset + buffer.position()) >= 0) {}
    return buffer.flip();
  }
}
