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

/// One execution environment: a process that asks for an event, answers it, and asks for the next.
///
///     STARTING → READY → BUSY → ANSWERED → READY …        and from anywhere → ENDING → DEAD
///
/// As on AWS, an initialization that fails is run once more as part of an invocation and of its
/// time. Who dies STARTING is therefore followed by a [#successor], which has its event from the
/// beginning:
///
///     STARTING_AGAIN → BUSY → ANSWERED → READY …
///
/// The Runtime API calls [#next], [#answer] and [#initFailed]; the pool calls [#accept] and [#end];
/// the executor tells of the end. The lock here is never held while the pool's is asked for.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
final class Environment {

  /// What the pool is told.
  interface Owner {
    /// It asks for an event, for the first time or again.
    void ready(Environment environment, boolean first);

    /// It has answered and will ask again soon.
    void answered(Environment environment);

    /// Its processes are gone. `before` is what it was doing.
    void dead(Environment environment, State before);
  }

  enum State {
    STARTING,
    STARTING_AGAIN,
    READY,
    BUSY,
    ANSWERED,
    ENDING,
    DEAD
  }

  /// An invocation whose answer is there and whose report is not written: that waits until the
  /// process asks for the next event. As on AWS, what a runtime logs behind its answer belongs to
  /// the invocation still, and the invocation's time runs until then.
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
  private @Nullable Assignment current;
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
    this.state = work == null ? State.STARTING : State.STARTING_AGAIN;
    this.before = state;
  }

  /// The one that takes the place of this one, which died while it started, and starts again for
  /// `work`. It goes on with the same log.
  Environment successor(String id, Assignment work) {
    log.renewAllowance();
    return new Environment(id, logStream, function, log, clock, owner, work);
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

  /// There is nothing in the function's code that could be run.
  void cannotBegin(EnvironmentFailure why) {
    ended(why);
  }

  /// Its processes could not be started, which is no fault of the function's. Returns what it was
  /// to start for.
  Optional<Assignment> neverBegan() {
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

  EnvironmentLog log() {
    return log;
  }

  /// When the time for the event at hand is up.
  Instant deadline() {
    return deadline;
  }

  boolean isStartingAgain() {
    lock.lock();
    try {
      return state == State.STARTING_AGAIN;
    } finally {
      lock.unlock();
    }
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
      log.begin(startOf(work));
      work.take();
      taskNanos = System.nanoTime();
      deadline = clock.instant().plus(function.timeout());
      waiting.complete(Optional.of(work.invocation()));
      return true;
    } finally {
      lock.unlock();
    }
  }

  private String startOf(Assignment work) {
    return "START RequestId: %s Version: %s"
        .formatted(work.invocation().requestId(), function.version());
  }

  /// Whether it became idle so long ago, or before the clock was set back.
  boolean isIdleFor(Duration time) {
    Instant now = clock.instant();
    return !idleSince.plus(time).isAfter(now) || idleSince.isAfter(now);
  }

  /// Stops its processes if it has been idle for as long as `after`; as on AWS, a function's own
  /// threads get no further between two invocations.
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

  /// The process asks for an event; waits until there is one. Empty if it is to end instead, or if
  /// it has asked again on another connection.
  Optional<Invocation> next() throws InterruptedException {
    CompletableFuture<Optional<Invocation>> mine = new CompletableFuture<>();
    State was;
    Answered done;
    lock.lock();
    try {
      was = state;
      Assignment work = current;
      if (was == State.STARTING_AGAIN && work != null) {
        state = State.BUSY;
        log.say(startOf(work));
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
    if (done != null) { // before the pool hears of it: lines of two invocations never mix
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

  /// The process answers the event at hand; false if there is none of that id.
  ///
  /// @param outcome makes the result
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
    owner.answered(this);
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
    done.work().leave();
  }

  private static boolean isFor(Assignment work, String requestId) {
    return work.invocation().requestId().equals(requestId);
  }

  /// The process could not load the function; false if it has done so before.
  boolean initFailed(byte[] error, String type) {
    lock.lock();
    try {
      if (!isStarting(state)) {
        return false;
      }
      failure = new EnvironmentFailure.NotLoaded(error, type);
    } finally {
      lock.unlock();
    }
    end();
    return true;
  }

  private static boolean isStarting(State state) {
    return state == State.STARTING || state == State.STARTING_AGAIN;
  }

  /// The time for `work` is up. The whole environment goes, as on AWS, also if the process has
  /// answered and does not ask for more.
  void timeOut(Assignment work) {
    lock.lock();
    try {
      boolean working = state == State.BUSY || state == State.STARTING_AGAIN;
      boolean lingers = state == State.ANSWERED && answered != null && answered.work() == work;
      if (!lingers && (!working || current != work)) {
        return;
      }
      failure = new EnvironmentFailure.TimedOut(function.timeout());
    } finally {
      lock.unlock();
    }
    end();
  }

  /// The time to start is up.
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

  /// What it holds of this machine's memory; nothing once it is ending.
  Executor.Usage usage() {
    lock.lock();
    try {
      boolean ending = state == State.ENDING || state == State.DEAD;
      return ending || running == null ? Executor.Usage.NOTHING : running.usage();
    } finally {
      lock.unlock();
    }
  }

  /// Ends it for a reason that its invocation is told.
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
    ended(new EnvironmentFailure.Broken("Runtime.ExitError", exit.inWords()));
  }

  /// @param unlessKnown why, if it has not been found out before
  private void ended(EnvironmentFailure unlessKnown) {
    Assignment work;
    Answered done;
    EnvironmentFailure why;
    boolean dismissed;
    lock.lock();
    try {
      dismissed = state == State.ENDING && failure == null;
      if (state != State.ENDING) {
        before = state;
      }
      state = State.DEAD;
      hangUp();
      work = current;
      current = null;
      done = answered;
      answered = null;
      why = failure == null ? unlessKnown : failure;
    } finally {
      lock.unlock();
    }
    if (done != null) {
      if (!dismissed) {
        why.line(done.work().invocation().requestId(), clock.instant()).ifPresent(log::say);
      }
      reportAnswered(done, dismissed ? "" : why.status());
    }
    logEnd(work, why);
    owner.dead(this, before);
    if (work != null) {
      work.complete(why.answer(work.invocation().requestId(), log::tail));
      work.leave();
    }
  }

  private void logEnd(@Nullable Assignment work, EnvironmentFailure why) {
    if (isStarting(before)) {
      reportInit(why);
    }
    if (work != null) {
      if (before == State.STARTING_AGAIN) {
        log.say(startOf(work)); // behind the initialization, as on AWS
      }
      why.line(work.invocation().requestId(), clock.instant()).ifPresent(log::say);
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

  /// What AWS writes where an initialization has failed.
  private void reportInit(EnvironmentFailure why) {
    log.sayWhatWasDropped();
    log.say(
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
    log.say(line.append(status).toString());
  }
}
