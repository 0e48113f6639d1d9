package io.carillon.outbox;

import java.time.Instant;

/// A job's row. It does not count the attempt under the present lease; the lease does.
///
/// @param attempts how many attempts ended by themselves
/// @param interruptions how many ended with the process since then
record JobRow(
    Instant created,
    byte[] payload,
    String cause,
    int attempts,
    int postponements,
    String firstError,
    String lastError,
    int interruptions) {
  static JobRow of(Instant created, Work work) {
    return new JobRow(created, work.payload(), work.cause(), 0, 0, "", "", 0);
  }

  /// After an attempt that failed, and so did not crash the process.
  JobRow failed(int attempts, String why) {
    return new JobRow(created, payload, cause, attempts, postponements, first(why), why, 0);
  }

  JobRow postponed(String why) {
    return new JobRow(
        created, payload, cause, attempts, postponements + 1, first(why), why, interruptions);
  }

  JobRow interrupted() {
    return new JobRow(
        created, payload, cause, attempts, postponements, firstError, lastError, interruptions + 1);
  }

  boolean isSuspect() {
    return interruptions >= CrashSuspects.SUSPECT_FROM;
  }

  /// @param claims how often the row was claimed since it was added or released
  Job job(Channel channel, String id, Instant due, long claims) {
    return new Job(
        id,
        new Work(channel.kind(), channel.lane(), due, payload, cause),
        created,
        attempts + Math.toIntExact(claims),
        postponements,
        interruptions,
        firstError,
        lastError);
  }

  private String first(String why) {
    return firstError.isEmpty() ? why : firstError;
  }
}
