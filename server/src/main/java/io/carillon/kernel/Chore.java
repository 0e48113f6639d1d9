package io.carillon.kernel;

import java.time.Duration;
import java.util.Optional;

/// A periodic task, such as removing data that is no longer needed.
///
/// @param lease the name of the lease under which one node at a time runs it, by convention
///   `service.what`; empty if each node runs its own
/// @param first delay from the start of the server to the first run
/// @param every delay from the end of one run to the start of the next
public record Chore(Optional<String> lease, Duration first, Duration every, Runnable work) {

  /// A chore on what nodes share. Two nodes may run it at once, if a run takes longer than `every`
  /// or its node is paused.
  public static Chore ofOneNode(String lease, Duration first, Duration every, Runnable work) {
    return new Chore(Optional.of(lease), first, every, work);
  }

  /// As above, first after the time between runs.
  public static Chore ofOneNode(String lease, Duration every, Runnable work) {
    return ofOneNode(lease, every, every, work);
  }

  /// A chore on what a node has to itself.
  public static Chore ofEachNode(Duration first, Duration every, Runnable work) {
    return new Chore(Optional.empty(), first, every, work);
  }
}
