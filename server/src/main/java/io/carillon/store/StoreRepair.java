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

/// Looks at a store whose write-ahead log is damaged, and makes it open again in one of two ways.
/// Both write a new log of whole batches; the damaged logs are copied away first.
///
/// *A crash at any point.* The new log takes the name of the first one in one step; only then are
/// the others removed. One that is still there repeats numbers that the new log has, and [WalCheck]
/// cuts it. Then the store is opened once, which puts everything into tables.
public final class StoreRepair {

  /// How to go on behind the first damaged place.
  public enum Way {
    /// What is whole there stays. Rows that were in the damaged place are as they were before, and
    /// later rows may not fit to them.
    KEEP_LATER,
    /// It goes, so that the store is as it was at one moment.
    CUT
  }

  /// @param what what is wrong and where
  /// @param lost changed rows that can be read in damaged records, and how many lines were left out
  /// @param later changed rows in the whole batches behind the first damaged place
  /// @param laterBatches how many these are
  public record Report(String what, Rows lost, Rows later, int laterBatches) {}

  /// @param keys the first of them, as table and key
  /// @param more how many others there are
  public record Rows(List<String> keys, int more) {}

  record Kept(Instant at) {}

  private static final Table<String, Kept> CACHED =
      Table.of("store.repairs", KeyCodec.STRING, Kept.class);
  private static final String LATEST = "latest";

  private static final int LISTED = 1_000;

  private final Path folder;

  /// @param folder the store's own, in which the logs lie
  public StoreRepair(Path folder) {
    this.folder = folder;
  }

  /// What is damaged; empty if nothing is. Changes nothing.
  ///
  /// @throws UnusableStoreException where something else is damaged, or another process has the
  ///   store
  public Optional<Report> look() {
    return underLock(() -> damage().map(this::report));
  }

  /// Makes the store open again. Answers where the damaged logs were copied.
  public Path repair(Way way, Instant now) {
    Path copies = underLock(() -> rewrite(damage().orElseThrow(), way, now));
    if (way == Way.KEEP_LATER) {
      try (RocksDatabase database = RocksDatabase.open(folder)) {
        database.write(
            tx -> {
              CACHED.put(tx, LATEST, new Kept(now));
              return now;
            });
      }
    }
    return copies;
  }

  /// When whole batches behind damage were kept last. Blobs of before stay, named or not.
  static Optional<Instant> lastThatKeptLater(Database database) {
    return database.read(snapshot -> CACHED.get(snapshot, LATEST)).map(Kept::at);
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

  /// Told of each piece of the logs, in order.
  private interface Reader {
    void whole(byte[] batch, boolean isLater) throws IOException;

    /// @param part what can be read of a damaged record
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
            if (Batch.parse(entry.get().head()).isPresent()) {
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
    fillTables();
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

  /// Opens the store as it is now, gaps in its numbers included, and closes it.
  private void fillTables() {
    RocksDB.loadLibrary();
    try (RocksTuning tuning = new RocksTuning();
        RocksDB _ = RocksDB.open(tuning.options(), folder.toString())) {
      // opening it puts the log's rows into tables
    } catch (RocksDBException e) {
      throw new UnusableStoreException(
          "The store in " + folder + " does not open after the repair: " + e.getMessage(), e);
    }
  }
}
