package io.carillon.kernel;

import java.time.Duration;

/// A periodic task, such as removing data that is no longer needed.
///
/// @param first delay from the start of the server to the first run
/// @param every delay from the end of one run to the start of the next
public record Chore(Duration first, Duration every, Runnable work) {
  public static Chore every(Duration every, Runnable work) {
    return new Chore(every, every, work);
  }
}
