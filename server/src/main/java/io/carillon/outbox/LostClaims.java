package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue.Held;
import io.carillon.store.Nodes;
import io.carillon.store.Tx;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Jobs under a lease of this node that it does not attempt: they could not be started, or the
/// transaction that claimed them was committed and its outcome never arrived. The latter are found
/// at two looks in a row, since between a commit and the start of its attempts there is a moment.
final class LostClaims {
  private static final Logger LOG = LoggerFactory.getLogger(LostClaims.class);

  private final Database database;
  private final Jobs jobs;
  private final Nodes nodes;
  private final Attempts attempts;
  private final Queue<ClaimedJob> unstarted;

  /// Found at the last look.
  private Set<Held> seen = Set.of();

  LostClaims(Database database, Jobs jobs, Nodes nodes, Starter starter) {
    this.database = database;
    this.jobs = jobs;
    this.nodes = nodes;
    this.attempts = starter.attempts();
    this.unstarted = starter.unstarted();
  }

  /// Releases those that could not be started.
  ///
  /// @return how many there were
  int releaseUnstarted() {
    int released = 0;
    ClaimedJob job = unstarted.peek();
    while (job != null) {
      ClaimedJob next = job;
      database.writeRelaxed(tx -> jobs.releaseInterrupted(tx, next, next.row()));
      unstarted.remove(next);
      released++;
      job = unstarted.peek();
    }
    return released;
  }

  /// Releases those that were found at the last look too.
  ///
  /// @return how many there were
  int release() {
    Set<Held> found = new HashSet<>(database.read(jobs::held));
    Set<Long> running = attempts.runningTokens();
    found.removeIf(
        held -> held.holder() != nodes.current() || running.contains(held.lease().token()));
    List<Held> lost = found.stream().filter(seen::contains).toList();
    seen = found;
    if (lost.isEmpty()) {
      return 0;
    }
    int released = database.writeRelaxed(tx -> release(tx, lost));
    LOG.warn("{} jobs were claimed in vain, as their claims were not answered", released);
    return released;
  }

  private int release(Tx tx, List<Held> lost) {
    int released = 0;
    for (Held held : lost) {
      boolean isReleased =
          jobs.find(tx, held)
              .filter(job -> jobs.releaseInterrupted(tx, job, job.row()))
              .isPresent();
      released += isReleased ? 1 : 0;
    }
    return released;
  }
}
