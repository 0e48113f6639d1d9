package io.carillon.server;

import io.carillon.kernel.Chore;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs periodic tasks, most of which remove data that is no longer needed.
final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final List<Thread> threads;

  private Housekeeping(List<Thread> threads) {
    this.threads = threads;
  }

  static Housekeeping start(List<Chore> chores, ChoreLeases leases) {
    return new Housekeeping(
        chores.stream()
            .map(chore -> Thread.ofVirtual().name("housekeeping").start(() -> run(chore, leases)))
            .toList());
  }

  private static void run(Chore chore, ChoreLeases leases) {
    try {
      Thread.sleep(chore.first());
      while (true) {
        try {
          if (leases.take(chore)) {
            chore.work().run();
          }
        } catch (RuntimeException | Error e) {
          LOG.warn("A periodic task failed; its next run tries again", e);
        }
        Thread.sleep(chore.every());
      }
    } catch (InterruptedException _) {
      // closed
    }
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // whoever stops the server does not wait
    }
  }
}
