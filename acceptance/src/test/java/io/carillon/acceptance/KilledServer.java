package io.carillon.acceptance;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The work that a kill interrupted, recognized by its traces.
final class KilledServer {
  enum Work {
    /// A job was claimed and its outcome not recorded.
    DISPATCHING,
    /// That job was a delivery from one service to another.
    DELIVERING,
    /// That job was an invocation of a function.
    INVOKING,
    /// The store was writing a table of its newest rows; the table is incomplete.
    FLUSHING,
    /// The store was merging tables; the merged one is incomplete.
    COMPACTING
  }

  /// The last bytes of every complete RocksDB table.
  private static final long TABLE_END = 0xf7cf_f485_b741_e288L;

  private static final Pattern JOBS =
      Pattern.compile("when the last process ended are due again: \\{(.*)}");

  private KilledServer() {}

  /// To be called between the kill and the next start, which removes incomplete tables.
  static boolean hasIncompleteTable(Path data) throws IOException {
    try (DirectoryStream<Path> tables = Files.newDirectoryStream(data.resolve("db"), "*.sst")) {
      for (Path table : tables) {
        if (isIncomplete(table)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isIncomplete(Path table) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "r")) {
      if (file.length() < Long.BYTES) {
        return true;
      }
      file.seek(file.length() - Long.BYTES);
      return file.readLong() != TABLE_END;
    }
  }

  /// The jobs that were running, as the next server reports them.
  static Set<Work> jobs(Carillon next) {
    Set<Work> found = EnumSet.noneOf(Work.class);
    Matcher jobs = JOBS.matcher(next.output());
    if (jobs.find()) {
      found.add(Work.DISPATCHING);
      for (String kind : jobs.group(1).split(", ", -1)) {
        if (kind.startsWith("s3.event=") || kind.startsWith("sns.sqs=")) {
          found.add(Work.DELIVERING);
        } else if (kind.startsWith("lambda.invocation=")) {
          found.add(Work.INVOKING);
        }
      }
    }
    return found;
  }
}
