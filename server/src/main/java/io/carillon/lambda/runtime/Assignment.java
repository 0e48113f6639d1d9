package io.carillon.lambda.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/// An invocation and its state in an environment.
final class Assignment {
  private final Invocation invocation;
  private final CountDownLatch taken = new CountDownLatch(1);
  private final CompletableFuture<InvocationResult> result = new CompletableFuture<>();
  private final CompletableFuture<Boolean> released = new CompletableFuture<>();

  Assignment(Invocation invocation) {
    this.invocation = invocation;
  }

  Invocation invocation() {
    return invocation;
  }

  /// An environment has accepted it.
  void take() {
    taken.countDown();
  }

  boolean awaitTaken(long millis) throws InterruptedException {
    return taken.await(millis, TimeUnit.MILLISECONDS);
  }

  /// The first result counts. Callers must hold no lock: callbacks of the result may take one.
  void complete(InvocationResult outcome) {
    taken.countDown();
    result.complete(outcome);
  }

  void fail(RuntimeException why) {
    taken.countDown();
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
