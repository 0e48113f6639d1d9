package io.carillon.iam;

import io.carillon.store.Tx;
import java.util.concurrent.atomic.AtomicLong;

/// Counts the commits that changed anything of IAM, so that what is remembered from before can be
/// told from what is true now.
final class IamVersion {
  private final AtomicLong count = new AtomicLong();

  void note(Tx tx) {
    tx.afterCommit(count::incrementAndGet);
  }

  long count() {
    return count.get();
  }
}
