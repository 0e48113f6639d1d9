package io.carillon.store;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// A snapshot of RocksDB, for the reads that share it: the last one to release it closes it.
final class RocksView implements Snapshot {
  /// Rows that a scan fetches on the calling thread: a listing's page needs no thread switch.
  private static final int MAX_ROWS_ON_CALLER = 64;

  private static final int CHUNK_ROWS = 512;
  private static final int CHUNK_BYTES = 1 << 20;

  private record Row(byte[] key, byte[] value) {}

  private final RocksDB db;
  private final RowCache cache;
  private final ExecutorService scans;
  private final InstantSource clock;
  private final org.rocksdb.Snapshot snapshot;
  private final ReadOptions options;
  private final long number;
  private final long sequence;

  /// How many reads use it, and whether it is shared; closed at zero.
  private final AtomicInteger holders = new AtomicInteger(1);

  /// @param number of the commits that were complete before this was taken
  RocksView(RocksDB db, RowCache cache, ExecutorService scans, InstantSource clock, long number) {
    this.number = number;
    this.db = db;
    this.cache = cache;
    this.scans = scans;
    this.clock = clock;
    this.snapshot = db.getSnapshot();
    this.sequence = snapshot.getSequenceNumber();
    this.options = new ReadOptions().setSnapshot(snapshot);
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    try {
      return db.get(options, key);
    } catch (RocksDBException e) {
      throw new UnreadableRowsException(e);
    }
  }

  @Override
  public Instant now() {
    return clock.instant();
  }

  @Override
  @SuppressWarnings("unchecked") // a key is of one table, whose rows are of one class
  public <V> @Nullable V getCached(byte[] key, RowCodec<V> rows) {
    RowCache.Key name = new RowCache.Key(key);
    RowCache.Entry entry = cache.find(name, sequence);
    if (entry != null) {
      return (V) entry.row();
    }
    V row = Snapshot.super.getCached(key, rows);
    cache.put(name, row, sequence);
    return row;
  }

  @Override
  public void scan(byte[] from, byte[] to, int page, Visitor visitor) {
    if (Arrays.compareUnsigned(from, to) >= 0) {
      return;
    }
    try (RocksCursor cursor = new RocksCursor(db, snapshot, from, to)) {
      boolean mayBlock = !Thread.currentThread().isVirtual();
      Scan scan = new Scan(cursor, page, visitor);
      do {
        scan.visitOnCaller(mayBlock ? Integer.MAX_VALUE : MAX_ROWS_ON_CALLER);
        scan.visitInChunks();
      } while (!scan.isOver);
    }
  }

  /// A scan under way, on the calling thread or in chunks of what its visitor is expected to need.
  private final class Scan {
    private final RocksCursor cursor;
    private final int page;
    private final Visitor visitor;
    private long visited;
    private boolean isOver;

    Scan(RocksCursor cursor, int page, Visitor visitor) {
      this.cursor = cursor;
      this.page = page;
      this.visitor = visitor;
    }

    private ScanStep visit(byte[] key, byte[] value) {
      visited++;
      return visitor.visit(key, value);
    }

    /// Ends after that many rows in a row. What follows a skip counts anew: it was a scan of its
    /// own if the visitor could not skip.
    void visitOnCaller(int rows) {
      int left = rows;
      while (left > 0) {
        byte[] key = cursor.key();
        ScanStep step = key == null ? ScanStep.STOP : visit(key, cursor.value());
        switch (step) {
          case ScanStep.Next _ -> {
            cursor.next();
            left--;
          }
          case ScanStep.SkipTo skip -> {
            cursor.seek(skip.after(Objects.requireNonNull(key)).key());
            left = rows;
          }
          case ScanStep.Stop _ -> {
            isOver = true;
            return;
          }
        }
      }
    }

    /// Ends where the visitor skips beyond a chunk: what is there may be few rows.
    void visitInChunks() {
      while (!isOver) {
        long expected = visited < page ? page - visited : CHUNK_ROWS;
        List<Row> chunk = fetch(cursor, (int) Math.min(expected, CHUNK_ROWS));
        isOver = chunk.isEmpty();
        byte @Nullable [] beyond = visitAll(chunk);
        if (beyond != null) {
          cursor.seek(beyond);
          return;
        }
      }
    }

    /// @return where to go on if that is after these rows and not the next one
    private byte @Nullable [] visitAll(List<Row> chunk) {
      byte[] from = null;
      for (Row row : chunk) {
        if (from != null && Arrays.compareUnsigned(row.key(), from) < 0) {
          continue;
        }
        from = null;
        switch (visit(row.key(), row.value())) {
          case ScanStep.Next _ -> {}
          case ScanStep.SkipTo skip -> from = skip.after(row.key()).key();
          case ScanStep.Stop _ -> {
            isOver = true;
            return null;
          }
        }
      }
      return from;
    }
  }

  /// Reads on a platform thread, so that neither a cold disk nor a million rows block a carrier.
  private List<Row> fetch(RocksCursor cursor, int most) {
    Future<List<Row>> chunk = scans.submit(() -> readOn(cursor, most));
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return chunk.get();
        } catch (InterruptedException e) {
          interrupted = true; // the cursor is in use until the chunk is there
        } catch (ExecutionException e) {
          if (e.getCause() instanceof UnreadableRowsException unreadable) {
            throw unreadable;
          }
          throw new IllegalStateException("The store cannot be read", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static List<Row> readOn(RocksCursor cursor, int most) {
    List<Row> rows = new ArrayList<>();
    int bytes = 0;
    byte[] key;
    while (rows.size() < most && bytes < CHUNK_BYTES && (key = cursor.key()) != null) {
      Row row = new Row(key, cursor.value());
      rows.add(row);
      bytes += key.length + row.value().length;
      cursor.next();
    }
    return rows;
  }

  long number() {
    return number;
  }

  /// Adds a holder; false if the last one has left.
  boolean retain() {
    return holders.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      options.close();
      db.releaseSnapshot(snapshot);
      snapshot.close();
    }
  }
}
