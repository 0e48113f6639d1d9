package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.Nodes;
import io.carillon.store.Snapshot;
import io.carillon.store.StalePlanException;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The outbox over a table of [Jobs].
///
/// Work for another service of this server need not become a job at all, see [Delivery#plan]. A job
/// that is due when it is added, and for which there is a free slot, is added under a lease: its
/// attempt starts right after the commit and does not pass through the [Lanes].
public final class TableOutbox implements Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(TableOutbox.class);

  /// A transaction of this many changes keeps the writer busy long enough: nothing more is
  /// delivered in it, so a thousand objects deleted at once leave a thousand jobs.
  static final int MAX_CHANGES_FOR_DELIVERY = 256;

  private final InstantSource clock;
  private final Nodes nodes;
  private final Duration lastUptime;
  private final Jobs jobs;

  /// Null before the dispatcher starts and after it stops: then every job waits.
  private volatile @Nullable Starter starter;

  private TableOutbox(Database database, Nodes nodes) {
    this.clock = database.clock();
    this.nodes = nodes;
    this.lastUptime =
        nodes.former().map(former -> former.uptime(clock.instant())).orElse(Duration.ZERO);
    this.jobs = new Jobs(database, nodes);
  }

  /// Opens the outbox for this node, and releases the jobs that dead ones have left.
  public static TableOutbox open(Database database, Nodes nodes) {
    TableOutbox outbox = new TableOutbox(database, nodes);
    new InterruptedJobs(database, outbox.jobs, nodes).release();
    return outbox;
  }

  @Override
  public Consumer<Tx> prepare(Work work) {
    Channel channel = new Channel(work.kind(), work.lane());
    Table.Encoded<JobRow> row = jobs.encoded(JobRow.of(clock.instant(), work));
    return tx -> add(tx, channel, work.due(), row);
  }

  private void add(Tx tx, Channel channel, Instant due, Table.Encoded<JobRow> row) {
    Starter current = starterAt(due);
    if (current != null && current.reserve(tx, channel)) {
      tx.afterUndo(() -> current.releaseSlot(channel));
      ClaimedJob job = jobs.addClaimed(tx, channel, row);
      tx.afterAnswer(() -> current.start(job)); // the caller must not wait for a processor
    } else {
      jobs.add(tx, channel, due, row);
      tx.afterCommit(() -> noteDue(channel, due));
    }
  }

  private void noteDue(Channel channel, Instant due) {
    Starter current = starter;
    if (current != null) {
      current.noteDue(channel, due);
    }
  }

  @Override
  public Consumer<Tx> plan(Snapshot snapshot, Work work) {
    Starter current = starterAt(work.due());
    Optional<Consumer<Tx>> effect =
        current == null ? Optional.empty() : current.plan(snapshot, work);
    return effect.map(delivery -> deliverOrAdd(work, delivery)).orElseGet(() -> prepare(work));
  }

  private Consumer<Tx> deliverOrAdd(Work work, Consumer<Tx> delivery) {
    return tx -> {
      if (!deliver(tx, work, delivery)) {
        add(tx, work);
      }
    };
  }

  private boolean deliver(Tx tx, Work work, Consumer<Tx> delivery) {
    if (starter == null || tx.changes() >= MAX_CHANGES_FOR_DELIVERY) {
      return false;
    }
    try {
      tx.withSavepoint(() -> delivery.accept(tx));
      return true;
    } catch (StalePlanException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.warn("{} for {} cannot be delivered in the transaction", work.kind(), work.lane(), e);
      return false;
    }
  }

  /// The starter of attempts, for work due at `due`; null if the work has to wait.
  private @Nullable Starter starterAt(Instant due) {
    return due.isAfter(clock.instant()) ? null : starter;
  }

  /// Sets who starts attempts from now on; null for nobody.
  void setStarter(@Nullable Starter starter) {
    this.starter = starter;
  }

  Jobs jobs() {
    return jobs;
  }

  Nodes nodes() {
    return nodes;
  }

  /// From the start of the last process to the start of this one.
  Duration lastUptime() {
    return lastUptime;
  }
}
