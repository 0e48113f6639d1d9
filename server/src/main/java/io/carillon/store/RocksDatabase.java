package io.carillon.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// The database on RocksDB, in one folder of one process.
///
/// Writes go through the [GroupCommit]. Reads see a RocksDB snapshot, which those between two
/// commits share ([RocksViews]). Native calls pin a virtual thread's carrier, and there are only as
/// many carriers as processors; so point reads and the first rows of a scan, which take
/// microseconds from memory, run on the calling thread, and a few platform threads fetch the rest
/// of a long scan, chunk by chunk (see [RocksView]).
///
/// Every write reaches the operating system before its caller is answered, so a killed process
/// loses nothing; synced writes survive power loss as well. The log is never written through
/// `mmap`. Its batches record what was synced before them, which distinguishes a torn end, which
/// recovery cuts, from damage, which it refuses (see [WalCheck]).
public final class RocksDatabase implements Database {

  /// @param reserveBytes space that has to stay free on the disk; below it writes are refused
  /// @param usableBytes how much is free
  /// @param onBroken called when a commit failed and its outcome is unknown; must end the process
  /// @param clock the engine's clock
  public record Settings(
      long reserveBytes,
      LongSupplier usableBytes,
      Consumer<Throwable> onBroken,
      InstantSource clock) {

    /// 256 MiB of reserve: what compaction may need while the operator makes room.
    public static Settings of(Path folder) {
      return new Settings(
          256L << 20, new FreeSpace(folder), RocksDatabase::halt, InstantSource.system());
    }

    public Settings withClock(InstantSource other) {
      return new Settings(reserveBytes, usableBytes, onBroken, other);
    }
  }

  /// Counters since the store was opened, and its background work.
  ///
  /// @param flushesRunning running flushes of rows in memory to tables
  /// @param compactionsRunning running compactions
  public record Counts(long changes, long syncs, long flushesRunning, long compactionsRunning) {}

  private static final int SCAN_THREADS = 2;

  private final StoreLock lock;
  private final RocksTuning tuning;
  private final RocksDB db;
  private final Settings settings;
  private final boolean syncing;
  private final WriteOptions synced = new WriteOptions().setSync(true);
  private final WriteOptions unsynced = new WriteOptions().setSync(false);
  private final RowCache cache = new RowCache();
  private final GroupCommit commits;
  private final ExecutorService scans =
      Executors.newFixedThreadPool(
          SCAN_THREADS, Thread.ofPlatform().name("store-scan-", 0).factory());

  private final RocksViews views;

  /// A permit for each running read: native memory must outlive them.
  private final Semaphore reads = new Semaphore(Integer.MAX_VALUE);

  private volatile boolean closed;

  private RocksDatabase(
      StoreLock lock, RocksTuning tuning, RocksDB db, Settings settings, boolean syncing) {
    this.lock = lock;
    this.tuning = tuning;
    this.db = db;
    this.settings = settings;
    this.syncing = syncing;
    this.views = new RocksViews(db, cache, scans, settings.clock());
    this.commits = new GroupCommit(new RocksLog(), settings.onBroken(), settings.clock());
  }

  /// Whether there is a store in `folder`, in whatever state.
  public static boolean exists(Path folder) throws IOException {
    return Files.isDirectory(folder) && !new StoreFolder(folder).isEmpty();
  }

  public static RocksDatabase open(Path folder) {
    return open(folder, Settings.of(folder));
  }

  /// Opens the store in `folder` and creates it if there is none. Fails with a message for the
  /// operator if another process has it open or a newer program wrote it.
  public static RocksDatabase open(Path folder, Settings settings) {
    return open(folder, settings, true);
  }

  /// A store that does not sync, to prove that the crash tests notice.
  static RocksDatabase openWithoutSync(Path folder, Settings settings) {
    return open(folder, settings, false);
  }

  private static RocksDatabase open(Path folder, Settings settings, boolean syncing) {
    RocksDB.loadLibrary(); // from java.library.path; unpacked at each start if it is not there
    RocksDatabase database = openFiles(folder, settings, syncing);
    database.commits.start();
    try {
      boolean changed = StoreFormat.upgrade(database, StoreFormat.STEPS);
      if (changed) {
        database.flush(); // from now on the manifest names a log, and a missing one is noticed
      }
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
    return database;
  }

  private static RocksDatabase openFiles(Path folder, Settings settings, boolean syncing) {
    StoreLock lock;
    try {
      Folders.create(folder);
      lock = StoreLock.take(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("The store's folder cannot be used: " + folder, e);
    }
    RocksTuning tuning = new RocksTuning();
    try {
      new StoreFolder(folder).prepare();
      RocksDB db = RocksDB.open(tuning.options(), folder.toString());
      return new RocksDatabase(lock, tuning, db, settings, syncing);
    } catch (RocksDBException e) {
      throw closing(lock, tuning, unusable(folder, e));
    } catch (IOException e) {
      throw closing(
          lock, tuning, new UncheckedIOException("The store's files cannot be read: " + folder, e));
    } catch (RuntimeException e) {
      throw closing(lock, tuning, e);
    }
  }

  private static RuntimeException closing(
      StoreLock lock, RocksTuning tuning, RuntimeException cause) {
    tuning.close();
    lock.close();
    return cause;
  }

  private static UnusableStoreException unusable(Path folder, RocksDBException e) {
    String what = String.valueOf(e.getMessage());
    return new UnusableStoreException(
        what.contains("No space left on device")
            ? "The store in "
                + folder
                + " does not open: its disk is full, or has no free inodes (`df` and `df -i`"
                + " tell). Make room on it, or name a folder on another disk with --data FOLDER."
            : "The store in "
                + folder
                + " does not open: "
                + what
                + ". If a file of it is damaged or missing, restore the data folder from a backup.",
        e);
  }

  private void flush() {
    try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options);
    } catch (RocksDBException e) {
      throw new IllegalStateException("The store's first table cannot be written", e);
    }
  }

  @Override
  public <T> T write(Change<T> change) {
    return commits.submit(change, true);
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return commits.submit(change, false);
  }

  @Override
  public InstantSource clock() {
    return settings.clock();
  }

  @Override
  public <T> T read(Query<T> query) {
    Planned.requireNoPlan();
    if (commits.isWriter()) {
      throw new IllegalStateException("A read within a transaction: use its tx");
    }
    if (closed || !reads.tryAcquire()) {
      throw new IllegalStateException("The store is closed");
    }
    try {
      RocksView view = views.acquire();
      try {
        return query.run(view);
      } finally {
        view.release();
      }
    } finally {
      reads.release();
    }
  }

  /// For tests that count what RocksDB does.
  RocksDB engine() {
    return db;
  }

  public Counts counts() {
    if (closed || !reads.tryAcquire()) {
      throw new IllegalStateException("The store is closed");
    }
    try {
      return new Counts(
          commits.changes(),
          commits.syncs(),
          db.getLongProperty("rocksdb.num-running-flushes"),
          db.getLongProperty("rocksdb.num-running-compactions"));
    } catch (RocksDBException e) {
      throw new IllegalStateException("The store's counters cannot be read", e);
    } finally {
      reads.release();
    }
  }

  /// Reads every block of every table from the disk and checks its checksum; answers what is wrong.
  public Optional<String> verify() {
    if (closed || !reads.tryAcquire()) {
      throw new IllegalStateException("The store is closed");
    }
    try (ExecutorService own = Executors.newSingleThreadExecutor()) { // it may take hours
      return own.submit(this::damagedTable).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the tables were read", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("The tables cannot be read", e.getCause());
    } finally {
      reads.release();
    }
  }

  private Optional<String> damagedTable() {
    try {
      db.verifyChecksum();
      return Optional.empty();
    } catch (RocksDBException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /// Completes and syncs the submitted changes, waits for running reads, and closes.
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    commits.close();
    reads.acquireUninterruptibly(Integer.MAX_VALUE);
    scans.shutdown();
    views.close();
    db.close();
    synced.close();
    unsynced.close();
    tuning.close();
    lock.close();
  }

  private static void halt(Throwable cause) {
    try {
      System.err.println(
          "carillon: the store could not write or sync, and its last write has an unknown outcome;"
              + " stopping: "
              + cause
              + ". Look at its disk (`df`, `df -i`, the kernel's log), then start again: what was"
              + " acknowledged is kept.");
    } finally {
      Runtime.getRuntime().halt(70); // also if there is no memory for this message
    }
  }

  /// The writer thread's side of RocksDB. As no other thread writes, its reads need no snapshot.
  private final class RocksLog implements GroupCommit.Log {
    private final long run = new SecureRandom().nextLong();

    /// The last change. No other thread writes.
    private long sequence = db.getLatestSequenceNumber();

    /// The last synced change. At the opening that is every one, as recovery puts them into tables.
    private long through = sequence;

    private byte[] mark = new SyncMark(run, through).toBytes();
    private boolean isSyncRecorded = true;

    @Override
    public byte @Nullable [] get(byte[] key) {
      try {
        return db.get(key);
      } catch (RocksDBException e) {
        throw new UnreadableRowsException(e);
      }
    }

    @Override
    @SuppressWarnings("unchecked") // a key is of one table, whose rows are of one class
    public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
      RowCache.Key name = new RowCache.Key(key);
      RowCache.Entry entry = cache.find(name, sequence);
      if (entry != null) {
        return (V) entry.row();
      }
      byte[] found = get(key);
      V row = found == null ? null : rows.decode(found);
      cache.put(name, row, sequence);
      return row;
    }

    @Override
    public Overlay.Cursor seek(byte[] from, byte[] to) {
      return new RocksCursor(db, null, from, to);
    }

    @Override
    public void write(Overlay overlay, boolean sync) throws RocksDBException {
      if (overlay.invalidated().isEmpty()) {
        writeRows(overlay, sync);
      } else {
        cache.invalidate(overlay.invalidated());
        writeRows(overlay, sync);
        cache.committed(sequence);
      }
    }

    @SuppressWarnings("ReferenceEquality") // a marker
    private void writeRows(Overlay overlay, boolean sync) throws RocksDBException {
      try (WriteBatch batch = new WriteBatch()) {
        batch.putLogData(mark);
        for (Map.Entry<byte[], byte[]> change : overlay.changes().entrySet()) {
          if (change.getValue() == Overlay.DELETED) {
            batch.delete(change.getKey());
          } else {
            batch.put(change.getKey(), change.getValue());
          }
        }
        db.write(sync && syncing ? synced : unsynced, batch);
      }
      sequence = db.getLatestSequenceNumber();
      views.committed();
      isSyncRecorded = true;
      if (sync) {
        synced();
      }
    }

    private void synced() {
      through = sequence;
      mark = new SyncMark(run, through).toBytes();
      isSyncRecorded = false;
    }

    @Override
    public void sync() throws RocksDBException {
      if (syncing) {
        db.syncWal();
      }
      synced();
    }

    @Override
    public boolean isSyncRecorded() {
      return isSyncRecorded;
    }

    @Override
    public void recordSync() throws RocksDBException {
      try (WriteBatch batch = new WriteBatch()) {
        batch.putLogData(mark);
        db.write(unsynced, batch);
      }
      isSyncRecorded = true;
    }

    @Override
    public boolean hasRoom() {
      return settings.usableBytes().getAsLong() >= settings.reserveBytes();
    }

    @Override
    public RuntimeException noRoom() {
      return new ReadOnlyException(settings.reserveBytes());
    }
  }
}
