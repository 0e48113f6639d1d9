package io.carillon.lambda.runtime;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.carillon.lambda.runtime.InvocationResult.LogTail;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One execution environment: a process that asks for an event, answers it, and asks for the next.
///
///     STARTING → READY → BUSY → ANSWERED → READY …        and from anywhere → ENDING → DEAD
///
/// The Runtime API calls [#next], [#answer] and [#initFailed]; the pool calls [#accept] and [#end];
/// the executor tells of the end. The lock here is never held while the pool's is asked for.
final class Environment {

  /// What the pool is told.
  interface Owner {
    /// It asks for an event, for the first time or again.
    void ready(Environment environment, boolean first);

    /// It has answered and will ask again soon.
    void answered(Environment environment);

    /// Its processes are gone. `before` is what it was doing; `failure` is for whoever waited for
    /// it to start.
    void dead(Environment environment, State before, InvocationResult.FunctionFailed failure);
  }

  enum State {
    STARTING,
    READY,
    BUSY,
    ANSWERED,
    ENDING,
    DEAD
  }

  private final String id;
  private final String logStream;
  private final FunctionSpec function;
  private final EnvironmentLog log;
  private final InstantSource clock;
  private final Owner owner;
  private final long startNanos = System.nanoTime();

  private final ReentrantLock lock = new ReentrantLock();
  private State state = State.STARTING;
  private State before = State.STARTING;
  private volatile Executor.@Nullable Running running;
  private @Nullable CompletableFuture<Optional<Invocation>> poll;
  private @Nullable Assignment current;
  private InvocationResult.@Nullable FunctionFailed failure;
  private boolean frozen;
  private volatile long initNanos = -1;
  private volatile long taskNanos;
  private volatile Instant idleSince;
  private volatile Instant credentialsExpire = Instant.MAX;
  private volatile String accessKeyId = "";

  Environment(
      String id,
      String logStream,
      FunctionSpec function,
      EnvironmentLog log,
      InstantSource clock,
      Owner owner) {
    this.id = id;
    this.logStream = logStream;
    this.function = function;
    this.log = log;
    this.clock = clock;
    this.owner = owner;
    this.idleSince = clock.instant();
  }

  /// Its processes have been started, with credentials of their own.
  void began(Executor.Running process, FunctionCredentials.Issued credentials) {
    boolean ended;
    lock.lock();
    try {
      running = process;
      credentialsExpire = credentials.expires();
      accessKeyId = credentials.accessKeyId();
      ended = state == State.ENDING;
    } finally {
      lock.unlock();
    }
    Thread reader =
        Thread.ofPlatform()
            .name("function-output-" + id)
            .daemon()
            .stackSize(256 << 10)
            .start(() -> log.readFrom(process.output()));
    var _ = process.exit().thenAccept(exit -> died(exit, reader));
    if (ended) {
      process.kill();
    }
  }

  /// Its processes could not be started.
  void neverBegan() {
    lock.lock();
    try {
      state = State.DEAD;
    } finally {
      lock.unlock();
    }
    log.flush();
  }

  String id() {
    return id;
  }

  String logStream() {
    return logStream;
  }

  FunctionSpec function() {
    return function;
  }

  Instant idleSince() {
    return idleSince;
  }

  EnvironmentLog log() {
    return log;
  }

  /// Whether its credentials outlast one more invocation.
  boolean isFresh() {
    Instant needed = clock.instant().plus(function.timeout()).plus(Duration.ofMinutes(1));
    return credentialsExpire.isAfter(needed);
  }

  /// The cause of what it works on, if it is the one that signs with this key.
  Optional<String> causeBehind(String key) {
    if (!accessKeyId.equals(key)) {
      return Optional.empty();
    }
    lock.lock();
    try {
      return Optional.ofNullable(current)
          .map(work -> work.invocation().cause())
          .filter(cause -> !cause.isEmpty());
    } finally {
      lock.unlock();
    }
  }

  /// Gives it an event; false if it cannot take one.
  boolean accept(Assignment work) {
    lock.lock();
    try {
      CompletableFuture<Optional<Invocation>> waiting = poll;
      if (state != State.READY || waiting == null) {
        return false;
      }
      thaw();
      state = State.BUSY;
      current = work;
      poll = null;
      log.begin(
          "START RequestId: %s Version: %s"
              .formatted(work.invocation().requestId(), function.version()));
      work.take();
      taskNanos = System.nanoTime();
      waiting.complete(Optional.of(work.invocation()));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Stops its processes if it has been idle for as long as `after`; as on AWS, a function's own
  /// threads get no further between two invocations.
  void freezeIfIdle(Duration after) {
    lock.lock();
    try {
      Executor.Running process = running;
      boolean idle = state == State.READY && !idleSince.plus(after).isAfter(clock.instant());
      if (idle && !frozen && process != null) {
        process.freeze();
        frozen = true;
      }
    } finally {
      lock.unlock();
    }
  }

  private void thaw() {
    if (frozen && running != null) {
      running.thaw();
      frozen = false;
    }
  }

  /// The process asks for an event; waits until there is one. Empty if it is to end instead, or if
  /// it has asked again on another connection.
  Optional<Invocation> next() throws InterruptedException {
    CompletableFuture<Optional<Invocation>> mine = new CompletableFuture<>();
    State was;
    lock.lock();
    try {
      was = state;
      if (was == State.BUSY || was == State.ENDING || was == State.DEAD) {
        return Optional.empty();
      }
      if (was == State.STARTING) {
        initNanos = System.nanoTime() - startNanos;
      }
      if (poll != null) {
        poll.complete(Optional.empty());
      }
      poll = mine;
      state = State.READY;
      idleSince = clock.instant();
    } finally {
      lock.unlock();
    }
    if (was != State.READY) {
      owner.ready(this, was == State.STARTING);
    }
    try {
      return mine.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The process answers the event at hand; false if there is none of that id.
  ///
  /// @param outcome makes the result
  boolean answer(String requestId, Function<LogTail, InvocationResult> outcome) {
    Assignment work;
    lock.lock();
    try {
      work = current;
      if (state != State.BUSY || work == null || !isFor(work, requestId)) {
        return false;
      }
      state = State.ANSWERED;
      current = null;
    } finally {
      lock.unlock();
    }
    CountDownLatch reported = new CountDownLatch(1);
    owner.answered(this);
    work.complete(
        outcome.apply(
            () -> {
              var _ = reported.await(1, TimeUnit.SECONDS);
              return log.tail();
            }));
    // The caller has its answer already. The process does not get on before the report is written,
    // so the lines of one invocation never mix with those of the next.
    if (running != null) {
      log.awaitPrinted(running.output());
    }
    report(work.invocation().requestId());
    reported.countDown();
    log.flush();
    return true;
  }

  private static boolean isFor(Assignment work, String requestId) {
    return work.invocation().requestId().equals(requestId);
  }

  /// The process could not load the function; false if it has done so before.
  boolean initFailed(byte[] error, String type) {
    lock.lock();
    try {
      if (state != State.STARTING) {
        return false;
      }
      failure = new InvocationResult.FunctionFailed(error, type, log::tail);
    } finally {
      lock.unlock();
    }
    end();
    return true;
  }

  /// The time for `work` is up. The whole environment goes, as on AWS.
  void timeOut(Assignment work) {
    String requestId = work.invocation().requestId();
    lock.lock();
    try {
      if (state != State.BUSY || current != work) {
        return;
      }
      String what = timedOut();
      log.say(clock.instant().truncatedTo(ChronoUnit.MILLIS) + " " + requestId + " " + what);
      failure = failure("Sandbox.Timedout", "RequestId: " + requestId + " Error: " + what);
    } finally {
      lock.unlock();
    }
    end();
  }

  private String timedOut() {
    double seconds = function.timeout().toMillis() / 1e3;
    return String.format(Locale.ROOT, "Task timed out after %.2f seconds", seconds);
  }

  /// The time to start is up.
  void initTimeOut() {
    lock.lock();
    try {
      if (state != State.STARTING) {
        return;
      }
      log.say("INIT_REPORT Status: timeout");
      log.say(clock.instant().truncatedTo(ChronoUnit.MILLIS) + " " + timedOut());
      failure = failure("Sandbox.Timedout", timedOut());
    } finally {
      lock.unlock();
    }
    end();
  }

  /// Ends it, whatever it is doing.
  void end() {
    Executor.Running process;
    lock.lock();
    try {
      if (state == State.ENDING || state == State.DEAD) {
        return;
      }
      before = state;
      state = State.ENDING;
      process = running;
      hangUp();
    } finally {
      lock.unlock();
    }
    if (process != null) {
      process.kill();
    }
  }

  private void hangUp() {
    if (poll != null) {
      poll.complete(Optional.empty());
      poll = null;
    }
  }

  private void died(Executor.Exit exit, Thread reader) {
    awaitEnd(reader);
    Assignment work;
    InvocationResult.FunctionFailed why;
    lock.lock();
    try {
      if (state != State.ENDING) {
        before = state;
      }
      state = State.DEAD;
      hangUp();
      work = current;
      current = null;
      why = failure == null ? exited(exit, work) : failure;
    } finally {
      lock.unlock();
    }
    if (work != null) {
      report(work.invocation().requestId());
    }
    log.flush();
    owner.dead(this, before, why);
    if (work != null) {
      work.complete(why);
    }
  }

  private InvocationResult.FunctionFailed exited(Executor.Exit exit, @Nullable Assignment work) {
    String words = exit.inWords();
    if (before == State.STARTING || work != null) {
      String of = work == null ? "" : "RequestId: " + work.invocation().requestId() + " ";
      log.say(of + "Error: " + words + "\nRuntime.ExitError");
      return failure("Runtime.ExitError", of + "Error: " + words);
    }
    return failure("Runtime.ExitError", words);
  }

  private InvocationResult.FunctionFailed failure(String type, String message) {
    String json =
        "{\"errorType\":\"%s\",\"errorMessage\":\"%s\"}"
            .formatted(type, new String(JsonStringEncoder.getInstance().quoteAsString(message)));
    return new InvocationResult.FunctionFailed(
        json.getBytes(StandardCharsets.UTF_8), type + ": " + message, log::tail);
  }

  private static void awaitEnd(Thread reader) {
    try {
      reader.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What AWS writes at the end of each invocation.
  private void report(String requestId) {
    double millis = (System.nanoTime() - taskNanos) / 1e6;
    log.sayWhatWasDropped();
    log.say("END RequestId: " + requestId);
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB",
            requestId,
            millis,
            (long) Math.ceil(millis),
            function.memoryMb()));
    Executor.Running process = running;
    long peakBytes = process == null ? 0 : process.peakMemoryBytes();
    line.append(String.format("\tMax Memory Used: %d MB\t", (peakBytes >> 20) + 1));
    if (initNanos >= 0) {
      line.append(String.format(Locale.ROOT, "Init Duration: %.2f ms\t", initNanos / 1e6));
      initNanos = -1; // told once
    }
    log.say(line.toString());
  }
}
