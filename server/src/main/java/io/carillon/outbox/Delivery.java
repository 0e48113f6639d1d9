package io.carillon.outbox;

import io.carillon.store.Tx;

/// Does the work of one kind. It may block: each try runs on a virtual thread of its own.
public interface Delivery {

  /// Tries once. The attempt has been recorded, so a try that takes the process down is counted. An
  /// exception counts as [Outcome.Retry].
  Outcome attempt(Job job) throws Exception;

  RetryPolicy retryPolicy(Job job);

  /// Called in the transaction that gives the job up. Puts it where the user asked for (dead-letter
  /// queue, failure destination) and returns true; false leaves it to the dead-letter shelf.
  boolean bury(Tx tx, Job job, String why);

  /// How many jobs of one lane may be tried at a time.
  default int concurrencyOfLane(String lane) {
    return 16;
  }
}
