package io.carillon.outbox;

import java.time.Instant;

/// A piece of work as the outbox holds it.
///
/// @param id unique; stable over retries and restarts
/// @param created when it was put in
/// @param attempts how many tries have begun, this one included; without those that ended with the
///   process
/// @param postponements how many times it was put off without using up a try
/// @param interruptions how many of its tries ended with the process since one last ended by itself
/// @param firstError why the first try failed; empty before that
/// @param lastError why the last one did
public record Job(
    String id,
    Work work,
    Instant created,
    int attempts,
    int postponements,
    int interruptions,
    String firstError,
    String lastError) {

  /// As it is given up without being tried once more: the tries that ended with the process have
  /// begun as well, and the present one has not.
  Job withInterruptedTries() {
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
