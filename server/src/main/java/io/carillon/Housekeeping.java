package io.carillon;

import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the sweeps now and then: what nobody needs any more is removed.
final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
  private static final Duration BETWEEN = Duration.ofMinutes(10);

  private final Thread thread;

  private Housekeeping(List<Runnable> sweeps) {
    this.thread = Thread.ofVirtual().name("housekeeping").unstarted(() -> run(sweeps));
  }

  static Housekeeping start(List<Runnable> sweeps) {
    Housekeeping housekeeping = new Housekeeping(sweeps);
    housekeeping.thread.start();
    return housekeeping;
  }

  private static void run(List<Runnable> sweeps) {
    try {
      while (true) {
        Thread.sleep(BETWEEN);
        for (Runnable sweep : sweeps) {
          try {
            sweep.run();
          } catch (RuntimeException e) {
            LOG.warn("A sweep failed; the next one tries again", e);
          }
        }
      }
    } catch (InterruptedException _) {
      // closed
    }
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
