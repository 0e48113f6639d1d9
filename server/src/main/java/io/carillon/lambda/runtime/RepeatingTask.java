package io.carillon.lambda.runtime;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A task that is run again and again, also after a run that failed: an executor drops a scheduled
/// task that throws.
///
/// @param what it does, for the log
record RepeatingTask(String what, Runnable task) implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RepeatingTask.class);

  @Override
  public void run() {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.error("Failed to {}; trying again", what, e);
    }
  }
}
