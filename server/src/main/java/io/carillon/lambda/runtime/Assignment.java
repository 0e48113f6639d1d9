package io.carillon.lambda.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// An invocation and its state in an environment.
final class Assignment {
  private final Invocation invocation;
  private final Patience patience;
  private final long begunNanos;
  private final CompletableFuture<InvocationResult> result = new CompletableFuture<>();
  private final CompletableFuture<Boolean> released = new CompletableFuture<>();

  /// @param patience how long it may wait for room for an environment
  /// @param now the time of the pool's clock
  Assignment(Invocation invocation, Patience patience, long now) {
    this.invocation = invocation;
    this.patience = patience;
    this.begunNanos = now;
  }

  Invocation invocation() {
    return invocation;
  }

  Patience patience() {
    return patience;
  }

  long begunNanos() {
    return begunNanos;
  }

  long waitedNanos(long now) {
    return now - begunNanos;
  }

  /// The first result counts. Callers must hold no lock: callbacks of the result may take one.
  void complete(InvocationResult outcome) {
    result.complete(outcome);
  }

  void fail(RuntimeException why) {
    result.completeExceptionally(why);
  }

  void whenDone(Runnable action) {
    var _ = result.whenComplete((_, _) -> action.run());
  }

  /// Its environment no longer works on it: it has polled for the next one, or ended.
  void release() {
    released.complete(true);
  }

  void whenReleased(Runnable action) {
    var _ = released.whenComplete((_, _) -> action.run());
  }

  InvocationResult await() throws InterruptedException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException why) {
        throw why;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
