package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.InvocationResult.LogTail;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One execution environment: a process that polls for an event, responds, and polls for the next.
///
///     STARTING → READY → BUSY → ANSWERED → READY …        and from anywhere → ENDING → DEAD
///
/// As on AWS, a failed initialization is repeated once within an invocation and its timeout. An
/// environment that dies while STARTING is therefore followed by a [#replacement], which has its
/// event from the beginning:
///
///     REINITIALIZING → BUSY → ANSWERED → READY …
///
/// The Runtime API calls [#next], [#answer] and [#initFailed]; the pool calls [#accept] and [#end];
/// the executor reports the exit. This class's lock is never held while the pool's is acquired.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
final class Environment {

  /// The pool's callbacks.
  interface Owner {
    /// It polls for an event, for the first time or again.
    void ready(Environment environment, boolean first);

    /// Its processes are gone. `before` is the state in which it ended.
    void dead(Environment environment, State before);
  }

  enum State {
    STARTING,
    REINITIALIZING,
    READY,
    BUSY,
    ANSWERED,
    ENDING,
    DEAD
  }

  /// An invocation with a response whose REPORT is not written yet: that waits until the process
  /// polls again. As on AWS, output after the response still belongs to the invocation, and the
  /// timeout runs until then.
  private record Answered(Assignment work, CountDownLatch reported) {}

  private final String id;
  private final String logStream;
  private final FunctionSpec function;
  private final EnvironmentLog log;
  private final InstantSource clock;
  private final Owner owner;
  private final long startNanos = System.nanoTime();

  private final ReentrantLock lock = new ReentrantLock();
  private State state;
  private State before;
  private volatile Executor.@Nullable Running running;
  private @Nullable CompletableFuture<Optional<Invocation>> poll;
  private volatile @Nullable Assignment current;
  private @Nullable Answered answered;
  private @Nullable EnvironmentFailure failure;
  private boolean frozen;
  private volatile long initNanos = -1;
  private volatile long taskNanos = startNanos;
  private volatile Instant idleSince;
  private volatile Instant deadline;
  private volatile Instant credentialsExpire = Instant.MAX;
  private volatile String accessKeyId = "";

  Environment(
      String id,
      String logStream,
      FunctionSpec function,
      EnvironmentLog log,
      InstantSource clock,
      Owner owner) {
    this(id, logStream, function, log, clock, owner, null);
  }

  private Environment(
      String id,
      String logStream,
      FunctionSpec function,
      EnvironmentLog log,
      InstantSource clock,
      Owner owner,
      @Nullable Assignment work) {
    this.id = id;
    this.logStream = logStream;
    this.function = function;
    this.log = log;
    this.clock = clock;
    this.owner = owner;
    this.idleSince = clock.instant();
    this.deadline = idleSince.plus(function.timeout());
    this.current = work;
    this.state = work == null ? State.STARTING : State.REINITIALIZING;
    this.before = state;
  }

  /// The environment that replaces this one, which failed to initialize, and initializes again for
  /// `work`. It continues the same log.
  Environment replacement(String id, Assignment work) {
    log.renewAllowance();
    return new Environment(id, logStream, function, log, clock, owner, work);
  }

  /// Its processes have been started.
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
    var _ = process.exit().thenAccept(exit -> exited(exit, reader));
    if (ended) {
      process.kill();
    }
  }

  /// The function's code has no valid entry point.
  void failStart(EnvironmentFailure why) {
    ended(why);
  }

  /// Its processes could not be started, for a reason outside the function. Returns its assignment,
  /// if any.
  Optional<Assignment> abortStart() {
    lock.lock();
    try {
      state = State.DEAD;
      return Optional.ofNullable(current);
    } finally {
      lock.unlock();
      log.flush();
    }
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

  /// How long ago it was created.
  long ageNanos() {
    return System.nanoTime() - startNanos;
  }

  EnvironmentLog log() {
    return log;
  }

  /// When the current invocation times out.
  Instant deadline() {
    return deadline;
  }

  boolean isReinitializing() {
    lock.lock();
    try {
      return state == State.REINITIALIZING;
    } finally {
      lock.unlock();
    }
  }

  /// Whether its credentials are valid for one more invocation.
  boolean isFresh() {
    Instant needed = clock.instant().plus(function.timeout()).plus(Duration.ofMinutes(1));
    return credentialsExpire.isAfter(needed);
  }

  /// The cause of the current invocation, if this environment has this access key. It waits for
  /// nothing: commits ask it.
  Optional<String> causeFor(String key) {
    if (!accessKeyId.equals(key)) {
      return Optional.empty();
    }
    return Optional.ofNullable(current)
        .map(work -> work.invocation().cause())
        .filter(cause -> !cause.isEmpty());
  }

  /// Assigns an event; false if it cannot accept one.
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
      log.begin(startLine(work));
      taskNanos = System.nanoTime();
      deadline = clock.instant().plus(function.timeout());
      waiting.complete(Optional.of(work.invocation()));
      return true;
    } finally {
      lock.unlock();
    }
  }

  private String startLine(Assignment work) {
    return "START RequestId: %s Version: %s"
        .formatted(work.invocation().requestId(), function.version());
  }

  /// Whether it has been idle for `time`; true also if the clock was set back meanwhile.
  boolean isIdleFor(Duration time) {
    Instant now = clock.instant();
    return !idleSince.plus(time).isAfter(now) || idleSince.isAfter(now);
  }

  /// Freezes its processes if it has been idle for `after`: as on AWS, background threads do not
  /// run between invocations.
  void freezeIfIdle(Duration after) {
    lock.lock();
    try {
      Executor.Running process = running;
      boolean idle = state == State.READY && isIdleFor(after);
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

  /// The process polls for an event; blocks until there is one. Empty if the environment ends, or
  /// if the process has polled again on another connection.
  Optional<Invocation> next() throws InterruptedException {
    CompletableFuture<Optional<Invocation>> mine = new CompletableFuture<>();
    State was;
    Answered done;
    lock.lock();
    try {
      was = state;
      Assignment work = current;
      if (was == State.REINITIALIZING && work != null) {
        state = State.BUSY;
        log.write(startLine(work));
        return Optional.of(work.invocation());
      }
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
      done = answered;
      answered = null;
    } finally {
      lock.unlock();
    }
    if (done != null) { // before the pool is notified, so that lines of two invocations never mix
      if (running != null) {
        log.awaitPrinted(running.output());
      }
      reportAnswered(done, "");
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

  /// The process responds to the current event; false if the id is another.
  ///
  /// @param outcome creates the result
  boolean answer(String requestId, Function<LogTail, InvocationResult> outcome) {
    CountDownLatch reported = new CountDownLatch(1);
    Assignment work;
    lock.lock();
    try {
      work = current;
      if (state != State.BUSY || work == null || !isFor(work, requestId)) {
        return false;
      }
      state = State.ANSWERED;
      current = null;
      answered = new Answered(work, reported);
    } finally {
      lock.unlock();
    }
    work.complete(
        outcome.apply(
            () -> {
              var _ = reported.await(1, TimeUnit.SECONDS);
              return log.tail();
            }));
    return true;
  }

  private void reportAnswered(Answered done, String status) {
    report(done.work(), status);
    done.reported().countDown();
    log.flush();
    done.work().release();
  }

  private static boolean isFor(Assignment work, String requestId) {
    return work.invocation().requestId().equals(requestId);
  }

  /// The process could not load the function; false if initialization is complete.
  boolean initFailed(byte[] error, String type) {
    lock.lock();
    try {
      if (!isStarting(state)) {
        return false;
      }
      failure = new EnvironmentFailure.InitFailed(error, type);
    } finally {
      lock.unlock();
    }
    end();
    return true;
  }

  private static boolean isStarting(State state) {
    return state == State.STARTING || state == State.REINITIALIZING;
  }

  /// `work` has timed out. As on AWS this ends the environment, also if the process has responded
  /// but does not poll again.
  void timeOut(Assignment work) {
    lock.lock();
    try {
      boolean working = state == State.BUSY || state == State.REINITIALIZING;
      boolean afterResponse =
          state == State.ANSWERED && answered != null && answered.work() == work;
      if (!afterResponse && (!working || current != work)) {
        return;
      }
      failure = new EnvironmentFailure.TimedOut(function.timeout());
    } finally {
      lock.unlock();
    }
    end();
  }

  /// The init phase has timed out.
  void initTimeOut() {
    lock.lock();
    try {
      if (state != State.STARTING) {
        return;
      }
      failure = new EnvironmentFailure.TimedOut(function.timeout());
    } finally {
      lock.unlock();
    }
    end();
  }

  /// Its memory usage; zero once it is ending.
  Executor.Usage usage() {
    lock.lock();
    try {
      boolean ending = state == State.ENDING || state == State.DEAD;
      return ending || running == null ? Executor.Usage.NOTHING : running.usage();
    } finally {
      lock.unlock();
    }
  }

  /// Ends it; the reason becomes its invocation's result.
  void end(EnvironmentFailure why) {
    lock.lock();
    try {
      if (failure == null) {
        failure = why;
      }
    } finally {
      lock.unlock();
    }
    end();
  }

  /// Ends it in any state.
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
      endPoll();
    } finally {
      lock.unlock();
    }
    if (process != null) {
      process.kill();
    }
  }

  private void endPoll() {
    if (poll != null) {
      poll.complete(Optional.empty());
      poll = null;
    }
  }

  private void exited(Executor.Exit exit, Thread reader) {
    awaitEnd(reader);
    ended(new EnvironmentFailure.ProcessFailed("Runtime.ExitError", exit.message()));
  }

  /// @param defaultFailure the reason, unless one has been recorded
  private void ended(EnvironmentFailure defaultFailure) {
    Assignment work;
    Answered done;
    EnvironmentFailure why;
    boolean stoppedByPool;
    lock.lock();
    try {
      stoppedByPool = state == State.ENDING && failure == null;
      if (state != State.ENDING) {
        before = state;
      }
      state = State.DEAD;
      endPoll();
      work = current;
      current = null;
      done = answered;
      answered = null;
      why = failure == null ? defaultFailure : failure;
    } finally {
      lock.unlock();
    }
    if (done != null) {
      if (!stoppedByPool) {
        why.line(done.work().invocation().requestId(), clock.instant()).ifPresent(log::write);
      }
      reportAnswered(done, stoppedByPool ? "" : why.status());
    }
    logEnd(work, why);
    owner.dead(this, before);
    if (work != null) {
      work.complete(why.answer(work.invocation().requestId(), log::tail));
      work.release();
    }
  }

  private void logEnd(@Nullable Assignment work, EnvironmentFailure why) {
    if (isStarting(before)) {
      reportInit(why);
    }
    if (work != null) {
      if (before == State.REINITIALIZING) {
        log.write(startLine(work)); // after the initialization, as on AWS
      }
      why.line(work.invocation().requestId(), clock.instant()).ifPresent(log::write);
      report(work, why.status());
    }
    log.flush();
  }

  private static void awaitEnd(Thread reader) {
    try {
      reader.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The line that AWS logs after a failed initialization.
  private void reportInit(EnvironmentFailure why) {
    log.reportDropped();
    log.write(
        String.format(
            Locale.ROOT,
            "INIT_REPORT Init Duration: %.2f ms\tPhase: %s\t%s",
            (System.nanoTime() - startNanos) / 1e6,
            before == State.STARTING ? "init" : "invoke",
            why.status()));
  }

  /// What AWS writes at the end of each invocation.
  ///
  /// @param status what it adds where the environment ends as well
  private void report(Assignment work, String status) {
    String requestId = work.invocation().requestId();
    double millis = (System.nanoTime() - taskNanos) / 1e6;
    log.reportDropped();
    log.write("END RequestId: " + requestId);
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
      initNanos = -1; // reported once
    }
    log.write(line.append(status).toString());
  }
}
