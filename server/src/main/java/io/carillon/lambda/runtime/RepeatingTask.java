package io.carillon.lambda.runtime;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A scheduled task that survives failures: an executor drops a scheduled task that throws.
///
/// @param what the purpose of the task, for the log
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
