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

/// What a killed server was at, told from what it left behind.
final class KilledServer {
  enum Work {
    /// A job was claimed and its outcome not recorded.
    DISPATCHING,
    /// That job was an event on its way from one service to the next.
    HANDING_ON,
    /// That job was a function's invocation.
    INVOKING,
    /// The store made a table of its newest rows, and the table is torn.
    FLUSHING,
    /// The store merged tables, and the merged one is torn.
    COMPACTING
  }

  /// How every complete table of RocksDB ends.
  private static final long TABLE_END = 0xf7cf_f485_b741_e288L;

  private static final Pattern JOBS =
      Pattern.compile("when the last process ended are due again: \\{(.*)}");

  private KilledServer() {}

  /// To be asked between the kill and the next start, which clears torn tables away.
  static boolean hasTornTable(Path data) throws IOException {
    try (DirectoryStream<Path> tables = Files.newDirectoryStream(data.resolve("db"), "*.sst")) {
      for (Path table : tables) {
        if (isTorn(table)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isTorn(Path table) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "r")) {
      if (file.length() < Long.BYTES) {
        return true;
      }
      file.seek(file.length() - Long.BYTES);
      return file.readLong() != TABLE_END;
    }
  }

  /// What the next server, having found them, says of the jobs that were under way.
  static Set<Work> jobs(Carillon next) {
    Set<Work> found = EnumSet.noneOf(Work.class);
    Matcher jobs = JOBS.matcher(next.output());
    if (jobs.find()) {
      found.add(Work.DISPATCHING);
      for (String kind : jobs.group(1).split(", ")) {
        if (kind.startsWith("s3.event=") || kind.startsWith("sns.sqs=")) {
          found.add(Work.HANDING_ON);
        } else if (kind.startsWith("lambda.invocation=")) {
          found.add(Work.INVOKING);
        }
      }
    }
    return found;
  }
}
