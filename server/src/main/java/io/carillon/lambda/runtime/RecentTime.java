package io.carillon.lambda.runtime;

/// How long something has taken recently: a moving average, in which the last measurement has a
/// weight of a quarter.
final class RecentTime {
  private long nanos;

  void add(long measured) {
    long positive = Math.max(1, measured);
    nanos = nanos == 0 ? positive : Math.max(1, nanos + (positive - nanos) / 4);
  }

  /// 0 before the first measurement.
  long nanos() {
    return nanos;
  }
}
