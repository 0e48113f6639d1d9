package io.carillon.store;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/// An iterator with an upper bound, so that RocksDB does not skip through tombstones beyond it.
final class RocksCursor implements Overlay.Cursor {
  private final Slice end;
  private final ReadOptions options;
  private final RocksIterator rows;

  /// @param snapshot the state to read; null for the newest
  RocksCursor(RocksDB db, @Nullable Snapshot snapshot, byte[] from, byte[] to) {
    end = new Slice(to);
    options = new ReadOptions().setIterateUpperBound(end);
    if (snapshot != null) {
      options.setSnapshot(snapshot);
    }
    rows = db.newIterator(options);
    rows.seek(from);
  }

  @Override
  public void seek(byte[] key) {
    rows.seek(key);
  }

  @Override
  public byte @Nullable [] key() {
    if (rows.isValid()) {
      return rows.key();
    }
    try {
      rows.status();
    } catch (RocksDBException e) {
      throw new UnreadableRowsException(e);
    }
    return null;
  }

  @Override
  public byte[] value() {
    return rows.value();
  }

  @Override
  public void next() {
    rows.next();
  }

  @Override
  public void close() {
    rows.close();
    options.close();
    end.close();
  }
}
