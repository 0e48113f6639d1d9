package io.carillon.store;

import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;

/// The views of reads. Taking and releasing a snapshot of RocksDB costs more than most reads, so
/// the reads between two commits share one.
///
/// A view bears the number of commits that were complete before it was taken. A read uses a shared
/// view only if that is still the number of all commits, so it sees every commit that was
/// acknowledged before it began. If a commit completes while a view is taken, the view shows more
/// than its number says and is merely not shared.
final class RocksViews {
  private final RocksDB db;
  private final RowCache cache;
  private final ExecutorService scans;
  private final InstantSource clock;
  private final AtomicLong commits = new AtomicLong();
  private final AtomicReference<@Nullable RocksView> shared = new AtomicReference<>();

  RocksViews(RocksDB db, RowCache cache, ExecutorService scans, InstantSource clock) {
    this.db = db;
    this.cache = cache;
    this.scans = scans;
    this.clock = clock;
  }

  /// A view for one read, which releases it.
  RocksView acquire() {
    long now = commits.get();
    RocksView view = shared.get();
    if (view != null && view.number() == now && view.retain()) {
      return view;
    }
    RocksView fresh = new RocksView(db, cache, scans, clock, now);
    if (fresh.retain()) { // for those who come next
      replace(fresh);
    }
    return fresh;
  }

  /// Called by the writer when a commit is visible to new snapshots, before its callers learn it.
  void committed() {
    commits.incrementAndGet();
    replace(null);
  }

  /// Ends sharing: the last read that uses the shared view closes it.
  void close() {
    replace(null);
  }

  private void replace(@Nullable RocksView next) {
    RocksView before = shared.getAndSet(next);
    if (before != null) {
      before.release();
    }
  }
}
