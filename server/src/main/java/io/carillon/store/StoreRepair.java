package io.carillon.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// Reports on a store whose write-ahead log is damaged, and repairs it in one of two ways. Both
/// write a new log of whole batches; the damaged logs are copied first.
///
/// *A crash at any point.* The new log replaces the first one in one step; only then are the others
/// removed. A remaining one repeats numbers of the new log, and [WalCheck] cuts it. Then the store
/// is opened once, which puts everything into tables.
public final class StoreRepair {

  /// What to do with the batches after the first damaged place.
  public enum Way {
    /// Keep the whole ones. Rows in the damaged place keep their former state, and later rows may
    /// not be consistent with them.
    KEEP_LATER,
    /// Drop them, so that the store has the state of one moment.
    CUT
  }

  /// @param what what is wrong and where
  /// @param lost changed rows that can be read in damaged records
  /// @param later changed rows in the whole batches after the first damaged place
  /// @param laterBatches how many batches these are
  public record Report(String what, Rows lost, Rows later, int laterBatches) {}

  /// @param keys the first rows, as table and key
  /// @param more how many others there are
  public record Rows(List<String> keys, int more) {}

  record Repair(Instant at) {}

  private static final Table<String, Repair> REPAIRS =
      Table.of("store.repairs", KeyCodec.STRING, Repair.class);
  private static final String LATEST = "latest";

  private static final int LISTED = 1_000;

  private final Path folder;

  /// @param folder the store's folder, which holds the logs
  public StoreRepair(Path folder) {
    this.folder = folder;
  }

  /// What is damaged; empty if nothing is. Changes nothing.
  ///
  /// @throws UnusableStoreException if something else is damaged, or another process uses the store
  public Optional<Report> look() {
    return underLock(() -> damage().map(this::report));
  }

  /// Repairs the store. Answers where the damaged logs were copied.
  public Path repair(Way way, Instant now) {
    Path copies = underLock(() -> rewrite(damage().orElseThrow(), way, now));
    if (way == Way.KEEP_LATER) {
      try (RocksDatabase database = RocksDatabase.open(folder)) {
        database.write(
            tx -> {
              REPAIRS.put(tx, LATEST, new Repair(now));
              return now;
            });
      }
    }
    return copies;
  }

  /// The last repair that kept later batches. Blobs from before it stay, referenced or not.
  static Optional<Instant> lastRepairThatKeptLater(Database database) {
    return database.read(snapshot -> REPAIRS.get(snapshot, LATEST)).map(Repair::at);
  }

  private interface Work<T> {
    T run() throws IOException;
  }

  private <T> T underLock(Work<T> work) {
    if (!Files.isDirectory(folder)) {
      throw new UnusableStoreException("There is no store in " + folder + ".", null);
    }
    try (StoreLock _ = StoreLock.take(folder)) {
      return work.run();
    } catch (IOException e) {
      throw new UncheckedIOException("The store's files cannot be read: " + folder, e);
    }
  }

  private Optional<WalCheck.Damaged> damage() throws IOException {
    StoreFolder store = new StoreFolder(folder);
    if (store.isEmpty()) {
      return Optional.empty();
    }
    return store.check(Manifest.read(folder)) instanceof WalCheck.Damaged damaged
        ? Optional.of(damaged)
        : Optional.empty();
  }

  /// Called with each part of the logs, in order.
  private interface Reader {
    void whole(byte[] batch, boolean isLater) throws IOException;

    /// @param part the readable part of a damaged record
    void bad(byte[] part);
  }

  private void read(WalCheck.Damaged damaged, Reader reader) throws IOException {
    boolean later = false;
    for (Path file : new StoreFolder(folder).logs(Manifest.read(folder).logNumber())) {
      try (RecordLog log = RecordLog.open(file, Integer.MAX_VALUE)) {
        while (true) {
          Optional<RecordLog.Entry> entry = log.next();
          if (entry.isPresent()) {
            later |= file.equals(damaged.file()) && entry.get().offset() >= damaged.offset();
            if (LoggedBatch.parse(entry.get().head()).isPresent()) {
              reader.whole(entry.get().head(), later);
            }
          } else if (log.badOffset() < 0) {
            break;
          } else {
            later = true;
            reader.bad(log.suspectedPart());
            if (!log.seekWhole()) {
              break;
            }
          }
        }
      }
    }
  }

  private Report report(WalCheck.Damaged damaged) {
    List<String> lost = new ArrayList<>();
    List<String> later = new ArrayList<>();
    int[] batches = new int[1];
    try {
      read(
          damaged,
          new Reader() {
            @Override
            public void whole(byte[] batch, boolean isLater) {
              if (isLater) {
                batches[0]++;
                list(batch, later);
              }
            }

            @Override
            public void bad(byte[] part) {
              list(part, lost);
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("The store's files cannot be read: " + folder, e);
    }
    return new Report(damaged.describe(), rows(lost), rows(later), batches[0]);
  }

  private static void list(byte[] batch, List<String> keys) {
    for (BatchRows.Row row : BatchRows.of(batch)) {
      keys.add((row.deleted() ? "deleted " : "written ") + row.key());
    }
  }

  private static Rows rows(List<String> keys) {
    int listed = Math.min(keys.size(), LISTED);
    return new Rows(List.copyOf(keys.subList(0, listed)), keys.size() - listed);
  }

  private Path rewrite(WalCheck.Damaged damaged, Way way, Instant now) throws IOException {
    StoreFolder store = new StoreFolder(folder);
    Manifest manifest = Manifest.read(folder);
    store.cutManifest(manifest);
    List<Path> logs = store.logs(manifest.logNumber());
    Path copies = copyAway(logs, now);
    Path first = logs.isEmpty() ? damaged.file() : logs.getFirst();
    Path fresh = folder.resolve(first.getFileName() + ".repaired");
    try (RecordLogWriter writer = RecordLogWriter.create(fresh)) {
      read(
          damaged,
          new Reader() {
            @Override
            public void whole(byte[] batch, boolean isLater) throws IOException {
              if (!isLater || way == Way.KEEP_LATER) {
                writer.write(batch);
              }
            }

            @Override
            public void bad(byte[] part) {} // left out
          });
      writer.finish();
    }
    Files.move(fresh, first, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Folders.sync(folder);
    for (Path log : logs.isEmpty() ? logs : logs.subList(1, logs.size())) {
      Files.delete(log);
    }
    Folders.sync(folder);
    moveLogIntoTables();
    return copies;
  }

  private Path copyAway(List<Path> logs, Instant now) throws IOException {
    String time =
        DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'")
            .withZone(ZoneOffset.UTC)
            .format(now.truncatedTo(ChronoUnit.SECONDS));
    Path copies = folder.resolveSibling(folder.getFileName() + "-damaged-" + time);
    Folders.create(copies);
    for (Path log : logs) {
      Path copy = copies.resolve(log.getFileName());
      Files.copy(log, copy, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
    Folders.sync(copies);
    return copies;
  }

  /// Opens the store, gaps in its numbers included, and closes it.
  private void moveLogIntoTables() {
    RocksDB.loadLibrary();
    try (RocksTuning tuning = new RocksTuning();
        RocksDB _ = RocksDB.open(tuning.options(), folder.toString())) {
      // opening it moves the log's rows into tables
    } catch (RocksDBException e) {
      throw new UnusableStoreException(
          "The store in " + folder + " does not open after the repair: " + e.getMessage(), e);
    }
  }
}
