package io.carillon.outbox;

import io.carillon.store.Nodes;
import java.time.Duration;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks after what runs, every ten seconds: gives up attempts that take too long, releases jobs
/// that could not be started and, over a shared database, says that this node lives, takes over the
/// jobs of dead ones ([InterruptedJobs]) and releases its own that are not attempted
/// ([LostClaims]).
///
/// One thread does all of it, so a node that no longer limits its attempts no longer says that it
/// lives either: its leases need no end of their own.
final class Watch {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration JOIN_PATIENCE = Duration.ofSeconds(5);

  private final Threads threads;
  private final Duration every;
  private final Attempts attempts;
  private final Nodes nodes;
  private final IntSupplier releaseLeft;
  private final Lanes lanes;
  private final Runnable takenOver;
  private final Thread thread;
  private volatile boolean stopped;

  /// @param releaseLeft releases jobs under leases that nobody attends to; answers how many
  /// @param takenOver runs once others have taken over from this node
  Watch(
      Threads threads,
      Duration every,
      Attempts attempts,
      Nodes nodes,
      IntSupplier releaseLeft,
      Lanes lanes,
      Runnable takenOver) {
    this.threads = threads;
    this.every = every;
    this.attempts = attempts;
    this.nodes = nodes;
    this.releaseLeft = releaseLeft;
    this.lanes = lanes;
    this.takenOver = takenOver;
    this.thread = threads.unstarted("outbox-watch", this::run);
  }

  void start() {
    threads.start(thread);
  }

  void stop() {
    stopped = true;
    threads.interrupt(thread);
  }

  void join() throws InterruptedException {
    if (thread.isAlive() && thread != Thread.currentThread()) {
      threads.join(thread, JOIN_PATIENCE);
    }
  }

  private void run() {
    try {
      while (!stopped) {
        threads.sleep(every);
        attempts.giveUpOverdue();
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// An error must not end the watch.
  private void look() {
    try {
      if (nodes.isShared() && !nodes.beat()) {
        LOG.error(
            "This node was silent for so long that others took over its jobs; it attempts no more"
                + " of them until it is started again");
        takenOver.run();
        return;
      }
      if (releaseLeft.getAsInt() > 0) {
        lanes.reread();
      }
    } catch (RuntimeException | Error e) {
      if (!stopped) {
        LOG.error("Jobs that nobody attends to could not be released; trying again", e);
      }
    }
  }
}
