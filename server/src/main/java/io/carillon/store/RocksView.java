package io.carillon.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
  private final org.rocksdb.Snapshot snapshot;
  private final ReadOptions options;
  private final long number;
  private final long sequence;

  /// How many reads use it, and whether it is shared; closed at zero.
  private final AtomicInteger holders = new AtomicInteger(1);

  /// @param number of the commits that were complete before this was taken
  RocksView(RocksDB db, RowCache cache, ExecutorService scans, long number) {
    this.number = number;
    this.db = db;
    this.cache = cache;
    this.scans = scans;
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
  public void scan(byte[] from, byte[] to, Visitor visitor) {
    if (Arrays.compareUnsigned(from, to) >= 0) {
      return;
    }
    try (RocksCursor cursor = new RocksCursor(db, snapshot, from, to)) {
      boolean mayBlock = !Thread.currentThread().isVirtual();
      for (int fetched = 0; mayBlock || fetched < MAX_ROWS_ON_CALLER; fetched++) {
        byte[] key = cursor.key();
        if (key == null || !visitor.visit(key, cursor.value())) {
          return;
        }
        cursor.next();
      }
      List<Row> chunk;
      do {
        chunk = fetch(cursor);
        for (Row row : chunk) {
          if (!visitor.visit(row.key(), row.value())) {
            return;
          }
        }
      } while (!chunk.isEmpty());
    }
  }

  /// Reads on a platform thread, so that neither a cold disk nor a million rows block a carrier.
  private List<Row> fetch(RocksCursor cursor) {
    Future<List<Row>> chunk = scans.submit(() -> readOn(cursor));
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

  private static List<Row> readOn(RocksCursor cursor) {
    List<Row> rows = new ArrayList<>();
    int bytes = 0;
    byte[] key;
    while (rows.size() < CHUNK_ROWS && bytes < CHUNK_BYTES && (key = cursor.key()) != null) {
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
