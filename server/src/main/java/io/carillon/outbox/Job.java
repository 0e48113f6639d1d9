package io.carillon.outbox;

import java.time.Instant;

/// Work as the outbox holds it.
///
/// @param id unique; stable over retries and restarts
/// @param created when it was added
/// @param attempts how many attempts have started, this one included; without interrupted ones
/// @param postponements how many times it was postponed without using up an attempt
/// @param interruptions how many attempts ended with the process since one last ended by itself
/// @param firstError why the first attempt failed; empty before that
/// @param lastError why the last one failed
public record Job(
    String id,
    Work work,
    Instant created,
    int attempts,
    int postponements,
    int interruptions,
    String firstError,
    String lastError) {

  /// The job as it is given up without another attempt: the interrupted attempts did start, and the
  /// present one did not.
  Job withInterruptedAttempts() {
    return new Job(
        id,
        work,
        created,
        attempts - 1 + interruptions,
        postponements,
        interruptions,
        firstError,
        lastError);
  }
}
