package io.carillon.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// One read's snapshot.
final class RocksView implements Snapshot, AutoCloseable {
  /// Rows that a scan fetches where it is called: a listing's page costs no change of thread.
  private static final int FETCHED_IN_PLACE = 64;

  private static final int CHUNK_ROWS = 512;
  private static final int CHUNK_BYTES = 1 << 20;

  private record Row(byte[] key, byte[] value) {}

  private final RocksDB db;
  private final RowCache kept;
  private final ExecutorService scans;
  private final org.rocksdb.Snapshot snapshot;
  private final ReadOptions options;

  RocksView(RocksDB db, RowCache kept, ExecutorService scans) {
    this.db = db;
    this.kept = kept;
    this.scans = scans;
    this.snapshot = db.getSnapshot();
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
    long sequence = snapshot.getSequenceNumber();
    RowCache.Entry entry = kept.find(name, sequence);
    if (entry != null) {
      return (V) entry.row();
    }
    V row = Snapshot.super.getCached(key, rows);
    kept.keep(name, row, sequence);
    return row;
  }

  @Override
  public void scan(byte[] from, byte[] to, Visitor visitor) {
    if (Arrays.compareUnsigned(from, to) >= 0) {
      return;
    }
    try (RocksCursor cursor = new RocksCursor(db, snapshot, from, to)) {
      boolean mayBlock = !Thread.currentThread().isVirtual();
      for (int fetched = 0; mayBlock || fetched < FETCHED_IN_PLACE; fetched++) {
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

  /// Has a platform thread read on, so that neither a cold disk nor a million rows hold a carrier.
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

  @Override
  public void close() {
    options.close();
    db.releaseSnapshot(snapshot);
    snapshot.close();
  }
}
