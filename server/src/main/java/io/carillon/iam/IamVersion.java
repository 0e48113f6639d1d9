package io.carillon.iam;

import io.carillon.store.Tx;
import java.util.concurrent.atomic.AtomicLong;

/// The version of IAM's tables: the number of commits that changed any of them. Caches compare it
/// to find out whether they are stale.
final class IamVersion {
  private final AtomicLong commits = new AtomicLong();

  void incrementOnCommit(Tx tx) {
    tx.afterCommit(commits::incrementAndGet);
  }

  long current() {
    return commits.get();
  }
}
