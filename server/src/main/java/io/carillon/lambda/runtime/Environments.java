package io.carillon.lambda.runtime;

import io.carillon.aws.AwsException;
import io.carillon.lambda.runtime.InvocationResult.Throttled;
import io.carillon.lambda.runtime.InvocationResult.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All execution environments: assigns each invocation to one, keeps them warm, starts and ends
/// them.
///
/// An invocation gets the most recently used idle environment of its function. If there is none it
/// waits in the function's line, and the first environment that is ready takes the head of it.
/// Another one is started where [StartPolicy] finds it worthwhile: when an invocation begins to
/// wait, when the state of an environment changes, and every few milliseconds while any invocation
/// waits, because a handler that takes long changes the answer just by going on.
///
/// One that fails to initialize is replaced by one that initializes again for the head of the line:
/// from then on that invocation's timeout runs, and it gets the outcome of the initialization.
///
/// The number of environments and their memory are limited. At the limit, the environments that
/// have been idle longest are evicted. If that is not enough, invocations wait in their lines for
/// room; the function that has waited longest gets it. One that has waited as long as it may is
/// throttled: a synchronous caller waits for seconds, an event for a minute before the outbox has
/// it again. No more synchronous invocations begin than environments may exist.
public final class Environments implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Environments.class);

  /// How often the lines are reviewed while any invocation waits.
  private static final long REVIEW_MILLIS = 10;

  /// An environment that gives way to another function has existed for this many of that function's
  /// starts: so at most a fifth of the time is spent on starting.
  private static final int GIVING_WAY = 5;

  /// After how long an idle environment is frozen: short, but long enough that busy ones are never
  /// frozen between two invocations.
  private static final Duration FREEZE_AFTER = Duration.ofMillis(100);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final RuntimeSettings settings;
  private final NewEnvironments newEnvironments;
  private final EnvironmentStarter starter;
  private final Owner owner = new Owner();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("function-deadlines").daemon().factory());

  private final StartPolicy policy = new StartPolicy(Runtime.getRuntime().availableProcessors());

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition environmentRemoved = lock.newCondition();
  private final Capacity capacity;
  private final StartTimes startTimes = new StartTimes();
  private final Pools pools = new Pools();
  private final Map<String, Integer> running = new HashMap<>();
  private boolean lacksRoom;
  private boolean isReviewScheduled;
  private boolean closed;

  /// Current numbers.
  public record Counts(int environments, int idle, int memoryMb) {}

  public Environments(
      RuntimeSettings settings, NewEnvironments newEnvironments, EnvironmentStarter starter) {
    this.settings = settings;
    this.capacity = new Capacity(settings);
    this.newEnvironments = newEnvironments;
    this.starter = starter;
    timer.setRemoveOnCancelPolicy(true);
    long period = Math.clamp(settings.idleTimeout().toMillis() / 2, 10, 30_000);
    repeat("end idle environments", this::stopIdle, period);
    repeat("freeze idle environments", this::freezeIdle, FREEZE_AFTER.toMillis());
    repeat("bound what lies in /tmp", this::limitTemporary, FREEZE_AFTER.toMillis());
  }

  private void repeat(String what, Runnable task, long periodMillis) {
    var _ =
        timer.scheduleWithFixedDelay(
            new RepeatingTask(what, task), periodMillis, periodMillis, TimeUnit.MILLISECONDS);
  }

  /// An invocation that has begun.
  @FunctionalInterface
  public interface PendingInvocation {
    /// Waits for the result.
    ///
    /// @throws AwsException if the function's role cannot be assumed
    InvocationResult await() throws InterruptedException;
  }

  /// Begins a synchronous invocation: assigns it to an idle environment, or to the function's line.
  ///
  /// @param concurrency how many of the function's invocations may run at a time
  public PendingInvocation begin(FunctionSpec function, Invocation invocation, int concurrency) {
    return begin(function, invocation, concurrency, Patience.CALLER);
  }

  /// Begins the invocation of an event, which nobody waits for.
  public PendingInvocation beginEvent(
      FunctionSpec function, Invocation invocation, int concurrency) {
    return begin(function, invocation, concurrency, Patience.EVENT);
  }

  private PendingInvocation begin(
      FunctionSpec function, Invocation invocation, int concurrency, Patience patience) {
    long now = System.nanoTime();
    Assignment work = new Assignment(invocation, patience, now);
    Pool pool;
    lock.lock();
    try {
      if (closed) {
        return () -> new Unavailable("The server is shutting down");
      }
      if (running.getOrDefault(function.arn(), 0) >= concurrency) {
        return () -> new Throttled(InvocationResult.Limit.RESERVED);
      }
      pool = pools.of(function);
      if (!pool.function().revision().equals(function.revision())) {
        List.copyOf(pool.idle()).forEach(this::evict);
        pool.setFunction(function);
      }
      if (!assignToIdle(pool, work)) {
        if (isBeyondLimits(function, patience)) {
          pools.removeIfUnused(pool);
          return () -> new Throttled(InvocationResult.Limit.TOTAL);
        }
        pool.enqueue(work, now);
        startIfWorthwhile(pool);
        scheduleReview();
      }
      running.merge(function.arn(), 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    work.whenDone(() -> finished(function.arn()));
    return () -> await(pool, work);
  }

  /// Whether the invocation is throttled rather than put into the line: a function that is larger
  /// than the memory of all will never have room, and synchronous callers are limited by number.
  private boolean isBeyondLimits(FunctionSpec function, Patience patience) {
    if (function.memoryMb() > settings.maxMemoryMb()) {
      return true;
    }
    if (patience == Patience.EVENT) {
      return false;
    }
    int all = running.values().stream().mapToInt(Integer::intValue).sum();
    return all - pools.waitingEvents() >= settings.maxEnvironments();
  }

  private InvocationResult await(Pool pool, Assignment work) throws InterruptedException {
    try {
      return work.await();
    } catch (InterruptedException e) {
      withdraw(pool, work);
      throw e;
    }
  }

  /// Nobody waits for the result any more, so the invocation does not begin if it has not yet.
  private void withdraw(Pool pool, Assignment work) {
    boolean waited;
    lock.lock();
    try {
      waited = pool.withdraw(work);
      pools.removeIfUnused(pool);
    } finally {
      lock.unlock();
    }
    if (waited) {
      work.complete(new Unavailable("The invocation was given up while it waited"));
    }
  }

  private void finished(String arn) {
    lock.lock();
    try {
      running.computeIfPresent(arn, (_, count) -> count == 1 ? null : count - 1);
    } finally {
      lock.unlock();
    }
  }

  private boolean assignToIdle(Pool pool, Assignment work) {
    Environment warm;
    while ((warm = pool.idle().pollFirst()) != null) {
      if (assign(pool, warm, work)) {
        return true;
      }
    }
    return false;
  }

  private boolean assign(Pool pool, Environment environment, Assignment work) {
    if (!environment.accept(work)) {
      return false;
    }
    pool.beginsToWork(environment, System.nanoTime());
    scheduleTimeout(environment, work);
    return true;
  }

  private void scheduleTimeout(Environment environment, Assignment work) {
    ScheduledFuture<?> deadline =
        timer.schedule(
            () -> environment.timeOut(work),
            environment.function().timeout().toMillis(),
            TimeUnit.MILLISECONDS);
    work.whenReleased(() -> deadline.cancel(false));
  }

  /// Reviews the lines again soon, if any invocation waits.
  private void scheduleReview() {
    if (!isReviewScheduled && !closed && pools.haveLines()) {
      isReviewScheduled = true;
      var _ = timer.schedule(this::review, REVIEW_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void review() {
    List<Assignment> expired = List.of();
    lock.lock();
    try {
      isReviewScheduled = false;
      expired = pools.takeExpired(System.nanoTime());
      startForWaiting();
    } catch (RuntimeException | Error e) {
      LOG.error("The lines of functions could not be reviewed; trying again", e);
    } finally {
      scheduleReview();
      lock.unlock();
    }
    expired.forEach(work -> work.complete(new Throttled(InvocationResult.Limit.TOTAL)));
  }

  /// Starts what the lines of all functions want, the one first whose invocation has waited
  /// longest.
  private void startForWaiting() {
    lacksRoom = false;
    boolean started = true;
    while (started) {
      started = false;
      for (Pool pool : pools.uncovered()) {
        started |= startIfWorthwhile(pool);
      }
    }
  }

  private boolean startIfWorthwhile(Pool pool) {
    long now = System.nanoTime();
    pool.setLacksRoom(false);
    if (closed || !policy.isWorthwhile(pool.load(now, startTimes.expectedNanos(pool.function())))) {
      return false;
    }
    if (!policy.hasProcessor(pools.startingNanos(now))) {
      return false;
    }
    if (!makeRoom(pool.function().memoryMb())) {
      pool.setLacksRoom(true);
      lacksRoom = true;
      return false;
    }
    Environment environment = newEnvironments.of(pool.function(), owner);
    pool.beginsToStart(environment, now);
    launch(environment);
    return true;
  }

  private void launch(Environment environment) {
    capacity.add(environment);
    try {
      Thread.ofVirtual().name("environment-start").start(() -> start(environment));
    } catch (RuntimeException | Error e) { // also out of memory
      remove(environment);
      throw e;
    }
  }

  /// Evicts the environments that have been idle longest, if so the limits allow another one.
  private boolean makeRoom(int neededMb) {
    if (capacity.hasRoom(neededMb, List.of())) {
      return true;
    }
    List<Environment> idle = pools.idleLongestFirst();
    if (!capacity.hasRoom(neededMb, idle)) {
      return false;
    }
    for (Environment longest : idle) {
      evict(longest);
      if (capacity.hasRoom(neededMb, List.of())) {
        return true;
      }
    }
    return false;
  }

  /// Ends an environment that has no work. It no longer counts at once, so for some milliseconds it
  /// and the next one overlap.
  private void evict(Environment idle) {
    remove(idle);
    Thread.ofVirtual().name("environment-end").start(idle::end);
  }

  /// Whether an environment, instead of the next invocation in its function's line, makes room for
  /// another function: one that has less and has waited longer. Otherwise functions with a line
  /// would keep what they have for ever.
  private boolean givesWay(Pool pool, Environment environment, Assignment next) {
    return lacksRoom
        && pools.all().stream()
            .filter(other -> other.mayTakeFrom(pool, environment, next))
            .map(Pool::function)
            .filter(other -> environment.ageNanos() > GIVING_WAY * startTimes.expectedNanos(other))
            .anyMatch(other -> capacity.hasRoom(other.memoryMb(), List.of(environment)));
  }

  /// Files in `/tmp` are in this machine's memory and are written after admission. If the actual
  /// usage exceeds the limit, the environments with the largest `/tmp` are ended: idle ones first,
  /// then one that is busy, whose invocation fails. A single environment is limited by the size of
  /// its `/tmp`.
  private void limitTemporary() {
    Optional<Environment> busy = Optional.empty();
    lock.lock();
    try {
      while (busy.isEmpty() && capacity.isExceeded()) {
        Optional<Environment> idle = Capacity.fullest(pools.idle());
        busy = idle.isPresent() ? Optional.empty() : Capacity.fullest(capacity.live().stream());
        if (idle.isEmpty() && busy.isEmpty()) {
          return;
        }
        idle.ifPresent(this::evict);
      }
    } finally {
      lock.unlock();
    }
    busy.ifPresent(environment -> environment.end(capacity.temporaryLimitExceeded(environment)));
  }

  private void remove(Environment environment) {
    if (capacity.remove(environment)) {
      Pool pool = pools.find(environment);
      if (pool != null) {
        pool.remove(environment, System.nanoTime());
      }
      environmentRemoved.signalAll();
    }
  }

  private void start(Environment environment) {
    FunctionSpec function = environment.function();
    try {
      starter.start(environment);
      long scheduleTimeout = settings.initLimit().toMillis();
      var _ = timer.schedule(environment::initTimeOut, scheduleTimeout, TimeUnit.MILLISECONDS);
    } catch (AwsException e) {
      startFailed(environment)
          .forEach(
              work -> {
                work.fail(e);
                work.release();
              });
    } catch (SandboxException e) {
      LOG.warn("No environment for {}: {}", function.arn(), e.getMessage());
      reportStartFailure(environment, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException | Error e) { // also out of memory
      LOG.warn("No environment for {}", function.arn(), e);
      reportStartFailure(environment, String.valueOf(e.getMessage()));
    }
  }

  /// Reports the reason in the function's log, too.
  private void reportStartFailure(Environment environment, String reason) {
    String why = "No environment could be started: " + reason;
    environment.log().write("[carillon] ERROR: " + why);
    startFailed(environment)
        .forEach(
            work -> {
              work.complete(new Unavailable(why));
              work.release();
            });
  }

  /// Returns the invocations that fail with it: its own, or the first in the line, or the whole
  /// line if the function has no other environment, as the next start would hardly succeed.
  private List<Assignment> startFailed(Environment environment) {
    Optional<Assignment> own = environment.abortStart();
    lock.lock();
    try {
      remove(environment);
      Pool pool = pools.find(environment);
      List<Assignment> failed =
          own.isPresent() || pool == null
              ? own.stream().toList()
              : pool.takeFirst(pool.hasEnvironments() ? 1 : Integer.MAX_VALUE);
      startForWaiting();
      pools.removeIfUnused(pool);
      return failed;
    } finally {
      lock.unlock();
    }
  }

  /// Ends the idle environments of an updated or deleted function; busy ones end after their
  /// invocation.
  public void retire(String arn) {
    List<Environment> idle = new ArrayList<>();
    lock.lock();
    try {
      for (Pool pool : pools.all()) {
        if (pool.key().arn().equals(arn)) {
          idle.addAll(pool.idle());
          pool.idle().clear();
        }
      }
    } finally {
      lock.unlock();
    }
    idle.forEach(Environment::end);
  }

  /// The cause of the invocation that an environment with this access key works on: the function's
  /// own requests continue that chain.
  public Optional<String> causeFor(String accessKeyId) {
    return capacity.live().stream()
        .flatMap(environment -> environment.causeFor(accessKeyId).stream())
        .findFirst();
  }

  public Counts counts() {
    lock.lock();
    try {
      int idle = (int) pools.idle().count();
      return new Counts(capacity.live().size(), idle, capacity.memoryMb());
    } finally {
      lock.unlock();
    }
  }

  private void freezeIdle() {
    List<Environment> idle = new ArrayList<>();
    lock.lock();
    try {
      pools.idle().forEach(idle::add);
    } finally {
      lock.unlock();
    }
    idle.forEach(environment -> environment.freezeIfIdle(FREEZE_AFTER));
  }

  private void stopIdle() {
    List<Environment> expired = new ArrayList<>();
    lock.lock();
    try {
      for (Pool pool : pools.all()) {
        for (Environment environment : pool.idle()) {
          if (environment.isIdleFor(settings.idleTimeout()) || !environment.isFresh()) {
            expired.add(environment);
          }
        }
        pool.idle().removeAll(expired);
      }
    } finally {
      lock.unlock();
    }
    expired.forEach(Environment::end);
  }

  @Override
  public void close() {
    List<Environment> all;
    List<Assignment> waiting;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(capacity.live());
      waiting = pools.takeLines();
    } finally {
      lock.unlock();
    }
    waiting.forEach(work -> work.complete(new Unavailable("The server is shutting down")));
    all.forEach(Environment::end);
    awaitAllStopped();
    timer.shutdownNow();
  }

  private void awaitAllStopped() {
    long left = CLOSE_LIMIT.toNanos();
    lock.lock();
    try {
      while (!capacity.live().isEmpty() && left > 0) {
        left = environmentRemoved.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /// Callbacks of environments, which hold no lock of their own while they call.
  private final class Owner implements Environment.Owner {

    @Override
    public void ready(Environment environment, boolean first) {
      boolean keep;
      lock.lock();
      try {
        long now = System.nanoTime();
        Pool pool = pools.find(environment);
        if (pool == null) {
          keep = false;
        } else {
          if (first) {
            hasStarted(pool, environment, now);
          } else {
            pool.hasWorked(environment, now);
          }
          keep =
              !closed
                  && capacity.live().contains(environment)
                  && pool.isNewest(environment)
                  && (first || environment.isFresh());
          if (keep) {
            serve(pool, environment);
          }
          if (first || lacksRoom) {
            startForWaiting();
          }
        }
      } finally {
        lock.unlock();
      }
      if (!keep) {
        environment.end();
      }
    }

    private void hasStarted(Pool pool, Environment environment, long now) {
      long taken = pool.hasStarted(environment, now);
      if (taken >= 0) {
        startTimes.add(environment.function(), taken);
      }
    }

    private void serve(Pool pool, Environment environment) {
      Assignment next = pool.takeFirst();
      if (next == null) {
        pool.idle().addFirst(environment);
      } else if (givesWay(pool, environment, next)) {
        pool.putBack(next);
        evict(environment);
      } else if (!assign(pool, environment, next)) {
        pool.putBack(next);
      }
    }

    @Override
    public void dead(Environment environment, Environment.State before) {
      lock.lock();
      try {
        remove(environment);
        Pool pool = pools.find(environment);
        if (pool != null && before == Environment.State.STARTING) {
          reinitialize(pool, environment);
        }
        startForWaiting();
        pools.removeIfUnused(pool);
      } finally {
        lock.unlock();
      }
    }

    /// Uses the capacity that the failed one has just freed. Outdated code is not initialized
    /// again.
    private void reinitialize(Pool pool, Environment failed) {
      Assignment work = closed || !pool.isNewest(failed) ? null : pool.takeFirst();
      if (work != null) {
        Environment next = newEnvironments.replacement(failed, work);
        pool.beginsToWork(next, System.nanoTime());
        scheduleTimeout(next, work);
        launch(next);
      }
    }
  }
}
