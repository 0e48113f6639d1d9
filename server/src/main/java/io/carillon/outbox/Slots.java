package io.carillon.outbox;

import io.carillon.base.MemoryBudget;

/// The slots of running jobs and the memory they share; guarded by [Lanes].
final class Slots {
  private final int max;
  private final MemoryBudget memory;
  private int running;

  Slots(int max, MemoryBudget memory) {
    this.max = max;
    this.memory = memory;
  }

  int running() {
    return running;
  }

  int free() {
    return max - running;
  }

  /// How many more jobs a lane may start. The first may always start while any slot is free; others
  /// get at most a quarter of the free slots. So hanging lanes cannot take everything: ten of them
  /// settle where each holds a quarter of what they leave free.
  int share(Lane lane) {
    long fitting = Math.max(memory.freeBytes() / lane.jobBytes, running == 0 ? 1 : 0);
    int usable = (int) Math.min(free(), fitting);
    return Math.min(usable, Math.min(lane.limit, Math.max(1, usable / 4)) - lane.running);
  }

  void acquire(Lane lane, int jobs) {
    lane.running += jobs;
    running += jobs;
    memory.force(jobs * lane.jobBytes);
  }

  void release(Lane lane, int jobs) {
    lane.running -= jobs;
    running -= jobs;
    memory.release(jobs * lane.jobBytes);
  }

  /// A job with a slot starts; from now on the memory it really holds is counted.
  void started(Lane lane, long bytes) {
    memory.force(bytes - lane.jobBytes);
  }

  /// A started job ended.
  ///
  /// @param bytes the memory it held
  void ended(Lane lane, long bytes) {
    lane.running--;
    running--;
    memory.release(bytes);
  }
}
