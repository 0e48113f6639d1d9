package io.carillon.outbox;

import java.time.Instant;

/// What memory holds of one channel; guarded by [Lanes].
final class Lane {
  /// The due time of a lane whose table holds no waiting job, as far as is known.
  static final Instant NEVER = Instant.MAX;

  final Channel channel;
  Instant due = NEVER;
  int running;
  int limit = 1;

  /// The memory counted for a job that has a slot and has not started.
  long jobBytes = 1;

  boolean isReady;
  boolean isClaiming;

  Lane(Channel channel) {
    this.channel = channel;
  }

  /// @param limit how many of its jobs may run at the same time
  void setBounds(int limit, long jobBytes) {
    this.limit = limit;
    this.jobBytes = jobBytes;
  }
}
