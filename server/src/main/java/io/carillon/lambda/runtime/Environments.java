package io.carillon.lambda.runtime;

import io.carillon.aws.AwsException;
import io.carillon.lambda.runtime.InvocationResult.Limit;
import io.carillon.lambda.runtime.InvocationResult.Throttled;
import io.carillon.lambda.runtime.InvocationResult.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All execution environments: assigns each invocation to one, keeps them warm, starts and ends
/// them.
///
/// An invocation gets the most recently used idle environment. If there is none it waits in its
/// function's queue, and an environment is started unless enough will be ready soon: those
/// starting, and those that have responded and are about to poll again (which takes a fraction of a
/// millisecond, a start a hundred milliseconds). The first that is ready takes the head of the
/// queue.
///
/// One that fails to initialize is replaced by one that initializes again for the head of the
/// queue: from then on that invocation's timeout runs, and it gets the outcome of the
/// initialization.
///
/// The number of environments and their memory are limited. At the limit, the environment that has
/// been idle longest is evicted; if none is idle, the invocation is throttled.
public final class Environments implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Environments.class);

  /// How long an environment that has responded may take to poll again before another one is
  /// started.
  private static final long NEXT_POLL_MILLIS = 20;

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

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition environmentRemoved = lock.newCondition();
  private final Map<Version, Pool> pools = new HashMap<>();
  private final Map<String, Integer> running = new HashMap<>();

  /// Changed under the lock.
  private final Set<Environment> live = ConcurrentHashMap.newKeySet();

  private int memoryMb;
  private boolean closed;

  /// The key of a pool.
  private record Version(String arn, String version) {
    static Version of(FunctionSpec function) {
      return new Version(function.arn(), function.version());
    }
  }

  /// The environments and the queue of one version of a function.
  private static final class Pool {
    private final Deque<Environment> idle = new ArrayDeque<>();
    private final Deque<Assignment> line = new ArrayDeque<>();
    private FunctionSpec function;
    private int starting;
    private int answered;

    Pool(FunctionSpec function) {
      this.function = function;
    }
  }

  /// Current numbers.
  public record Counts(int environments, int idle, int memoryMb) {}

  public Environments(
      RuntimeSettings settings, NewEnvironments newEnvironments, EnvironmentStarter starter) {
    this.settings = settings;
    this.newEnvironments = newEnvironments;
    this.starter = starter;
    timer.setRemoveOnCancelPolicy(true);
    long period = Math.clamp(settings.idleTimeout().toMillis() / 2, 10, 30_000);
    var _ =
        timer.scheduleWithFixedDelay(
            new RepeatingTask("end idle environments", this::stopIdle),
            period,
            period,
            TimeUnit.MILLISECONDS);
    long freezePeriod = FREEZE_AFTER.toMillis();
    var _ =
        timer.scheduleWithFixedDelay(
            new RepeatingTask("freeze idle environments", this::freezeIdle),
            freezePeriod,
            freezePeriod,
            TimeUnit.MILLISECONDS);
    var _ =
        timer.scheduleWithFixedDelay(
            new RepeatingTask("bound what lies in /tmp", this::limitTemporary),
            freezePeriod,
            freezePeriod,
            TimeUnit.MILLISECONDS);
  }

  /// An invocation that has begun.
  @FunctionalInterface
  public interface PendingInvocation {
    /// Waits for the result.
    ///
    /// @throws AwsException if the function's role cannot be assumed
    InvocationResult await() throws InterruptedException;
  }

  /// Begins an invocation: assigns it to an idle environment, or queues it for the next.
  ///
  /// @param concurrency how many of the function's invocations may run at a time
  public PendingInvocation begin(FunctionSpec function, Invocation invocation, int concurrency) {
    Assignment work = new Assignment(invocation);
    lock.lock();
    try {
      if (closed) {
        return () -> new Unavailable("The server is shutting down");
      }
      if (running.getOrDefault(function.arn(), 0) >= concurrency) {
        return () -> new Throttled(Limit.RESERVED);
      }
      Pool pool = pools.computeIfAbsent(Version.of(function), _ -> new Pool(function));
      if (!pool.function.revision().equals(function.revision())) {
        List.copyOf(pool.idle).forEach(this::evict);
        pool.function = function;
      }
      if (!assignToIdle(pool, work)) {
        pool.line.addLast(work);
        if (pool.line.size() > pool.starting + pool.answered && !startEnvironment(pool)) {
          pool.line.remove(work);
          return () -> new Throttled(Limit.TOTAL);
        }
      }
      running.merge(function.arn(), 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    work.whenDone(() -> finished(function.arn()));
    return () -> {
      if (!work.awaitTaken(NEXT_POLL_MILLIS)) {
        startUnlessStarting(function, work);
      }
      return work.await();
    };
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
    while ((warm = pool.idle.pollFirst()) != null) {
      if (assign(warm, work)) {
        return true;
      }
    }
    return false;
  }

  private boolean assign(Environment environment, Assignment work) {
    if (!environment.accept(work)) {
      return false;
    }
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

  /// Starts an environment because those that had responded did not poll again soon enough.
  private void startUnlessStarting(FunctionSpec function, Assignment work) {
    lock.lock();
    try {
      Pool pool = pools.get(Version.of(function));
      if (pool != null && pool.line.contains(work) && pool.line.size() > pool.starting) {
        startEnvironment(pool);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Starts another environment in the background; false if the limits do not allow it.
  private boolean startEnvironment(Pool pool) {
    if (closed || !evictIdle(pool.function.memoryMb())) {
      return false;
    }
    pool.starting++;
    launch(newEnvironments.of(pool.function, owner));
    return true;
  }

  private void launch(Environment environment) {
    live.add(environment);
    memoryMb += environment.function().memoryMb();
    Thread.ofVirtual().name("environment-start").start(() -> start(environment));
  }

  /// Evicts the environments that have been idle longest until the limits allow another one.
  private boolean evictIdle(int neededMb) {
    while (live.size() >= settings.maxEnvironments()
        || (long) memoryMb + temporaryMb() + neededMb > settings.maxMemoryMb()) {
      Optional<Environment> longest =
          pools.values().stream()
              .flatMap(pool -> pool.idle.stream())
              .min(Comparator.comparing(Environment::idleSince));
      if (longest.isEmpty()) {
        return false;
      }
      evict(longest.get());
    }
    return true;
  }

  /// Ends an idle environment. It no longer counts at once, so for some milliseconds it and the
  /// next one overlap.
  private void evict(Environment idle) {
    remove(idle);
    Thread.ofVirtual().name("environment-end").start(idle::end);
  }

  /// The size of all files in `/tmp`.
  private long temporaryMb() {
    return live.stream().mapToLong(one -> one.usage().temporaryBytes()).sum() >> 20;
  }

  /// Files in `/tmp` are in this machine's memory and are written after admission. If the actual
  /// usage exceeds the limit, the environments with the largest `/tmp` are ended: idle ones first,
  /// then one that is busy, whose invocation fails. A single environment is limited by the size of
  /// its `/tmp`.
  private void limitTemporary() {
    Optional<Environment> busy = Optional.empty();
    lock.lock();
    try {
      while (live.size() > 1 && busy.isEmpty() && exceedsMemoryLimit()) {
        Optional<Environment> idle = fullest(pools.values().stream().flatMap(p -> p.idle.stream()));
        busy = idle.isPresent() ? Optional.empty() : fullest(live.stream());
        if (idle.isEmpty() && busy.isEmpty()) {
          return;
        }
        idle.ifPresent(this::evict);
      }
    } finally {
      lock.unlock();
    }
    busy.ifPresent(environment -> environment.end(temporaryLimitExceeded(environment)));
  }

  private boolean exceedsMemoryLimit() {
    long bytes = live.stream().mapToLong(one -> one.usage().bytes()).sum();
    return bytes >> 20 >= settings.maxMemoryMb();
  }

  private EnvironmentFailure temporaryLimitExceeded(Environment environment) {
    return new EnvironmentFailure.ProcessFailed(
        "Runtime.ExitError",
        ("Runtime exited with error: signal: killed (its /tmp held %d MB while all functions held"
                + " more than the %d MB of --function-memory-mb)")
            .formatted(environment.usage().temporaryBytes() >> 20, settings.maxMemoryMb()));
  }

  /// The environment with the largest non-empty `/tmp`.
  private static Optional<Environment> fullest(Stream<Environment> environments) {
    return environments
        .filter(environment -> environment.usage().temporaryBytes() > 0)
        .max(Comparator.comparingLong(environment -> environment.usage().temporaryBytes()));
  }

  private void remove(Environment environment) {
    if (live.remove(environment)) {
      memoryMb -= environment.function().memoryMb();
      Pool pool = pools.get(Version.of(environment.function()));
      if (pool != null) {
        pool.idle.remove(environment);
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
          .ifPresent(
              work -> {
                work.fail(e);
                work.release();
              });
    } catch (SandboxException e) {
      LOG.warn("No environment for {}: {}", function.arn(), e.getMessage());
      reportStartFailure(environment, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      LOG.warn("No environment for {}", function.arn(), e);
      reportStartFailure(environment, String.valueOf(e.getMessage()));
    }
  }

  /// Reports the reason in the function's log, too.
  private void reportStartFailure(Environment environment, String reason) {
    String why = "No environment could be started: " + reason;
    environment.log().write("[carillon] ERROR: " + why);
    startFailed(environment)
        .ifPresent(
            work -> {
              work.complete(new Unavailable(why));
              work.release();
            });
  }

  /// Returns the invocation that fails with it, if any.
  private Optional<Assignment> startFailed(Environment environment) {
    Optional<Assignment> own = environment.abortStart();
    lock.lock();
    try {
      remove(environment);
      Pool pool = pools.get(Version.of(environment.function()));
      if (own.isPresent() || pool == null) {
        return own;
      }
      pool.starting--;
      return Optional.ofNullable(pool.line.pollFirst());
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
      pools.forEach(
          (version, pool) -> {
            if (version.arn().equals(arn)) {
              idle.addAll(pool.idle);
              pool.idle.clear();
            }
          });
    } finally {
      lock.unlock();
    }
    idle.forEach(Environment::end);
  }

  /// The cause of the invocation that an environment with this access key works on: the function's
  /// own requests continue that chain.
  public Optional<String> causeFor(String accessKeyId) {
    return live.stream()
        .flatMap(environment -> environment.causeFor(accessKeyId).stream())
        .findFirst();
  }

  public Counts counts() {
    lock.lock();
    try {
      int idle = pools.values().stream().mapToInt(pool -> pool.idle.size()).sum();
      return new Counts(live.size(), idle, memoryMb);
    } finally {
      lock.unlock();
    }
  }

  private void freezeIdle() {
    List<Environment> idle = new ArrayList<>();
    lock.lock();
    try {
      pools.values().forEach(pool -> idle.addAll(pool.idle));
    } finally {
      lock.unlock();
    }
    idle.forEach(environment -> environment.freezeIfIdle(FREEZE_AFTER));
  }

  private void stopIdle() {
    List<Environment> expired = new ArrayList<>();
    lock.lock();
    try {
      for (Pool pool : pools.values()) {
        for (Environment environment : pool.idle) {
          if (environment.isIdleFor(settings.idleTimeout()) || !environment.isFresh()) {
            expired.add(environment);
          }
        }
        pool.idle.removeAll(expired);
      }
    } finally {
      lock.unlock();
    }
    expired.forEach(Environment::end);
  }

  @Override
  public void close() {
    List<Environment> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(live);
    } finally {
      lock.unlock();
    }
    all.forEach(Environment::end);
    awaitAllStopped();
    timer.shutdownNow();
  }

  private void awaitAllStopped() {
    long left = CLOSE_LIMIT.toNanos();
    lock.lock();
    try {
      while (!live.isEmpty() && left > 0) {
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
        Pool pool = pools.get(Version.of(environment.function()));
        if (pool == null) {
          keep = false;
        } else {
          if (first) {
            pool.starting--;
          } else {
            pool.answered--;
          }
          keep =
              !closed
                  && live.contains(environment)
                  && environment.function().revision().equals(pool.function.revision())
                  && (first || environment.isFresh());
          if (keep) {
            serve(pool, environment);
          }
          startForWaiting(pool);
        }
      } finally {
        lock.unlock();
      }
      if (!keep) {
        environment.end();
      }
    }

    private void serve(Pool pool, Environment environment) {
      Assignment next = pool.line.pollFirst();
      if (next == null) {
        pool.idle.addFirst(environment);
      } else if (!assign(environment, next)) {
        pool.line.addFirst(next);
      }
    }

    @Override
    public void answered(Environment environment) {
      lock.lock();
      try {
        Pool pool = pools.get(Version.of(environment.function()));
        if (pool != null) {
          pool.answered++;
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void dead(Environment environment, Environment.State before) {
      List<Assignment> stranded = List.of();
      InvocationResult why;
      lock.lock();
      try {
        why = closed ? new Unavailable("The server is shutting down") : new Throttled(Limit.TOTAL);
        remove(environment);
        Pool pool = pools.get(Version.of(environment.function()));
        if (pool != null) {
          switch (before) {
            case STARTING -> {
              pool.starting--;
              reinitialize(pool, environment);
            }
            case ANSWERED -> pool.answered--;
            case REINITIALIZING, READY, BUSY, ENDING, DEAD -> {}
          }
          startForWaiting(pool);
          stranded = removeIfUnused(environment.function(), pool);
        }
      } finally {
        lock.unlock();
      }
      stranded.forEach(work -> work.complete(why));
    }

    /// Uses the capacity that the failed one has just freed. Outdated code is not initialized
    /// again.
    private void reinitialize(Pool pool, Environment failed) {
      boolean outdated = !failed.function().revision().equals(pool.function.revision());
      Assignment work = closed || outdated ? null : pool.line.pollFirst();
      if (work != null) {
        Environment next = newEnvironments.replacement(failed, work);
        scheduleTimeout(next, work);
        launch(next);
      }
    }

    /// Starts replacements, so that no queued invocation waits for an environment that has ended.
    private void startForWaiting(Pool pool) {
      while (pool.line.size() > pool.starting + pool.answered && startEnvironment(pool)) {}
    }

    /// Returns the queued invocations that no environment will serve, because none is left and none
    /// could be started.
    private List<Assignment> removeIfUnused(FunctionSpec function, Pool pool) {
      Version version = Version.of(function);
      if (live.stream().anyMatch(other -> Version.of(other.function()).equals(version))) {
        return List.of();
      }
      pools.remove(version);
      return List.copyOf(pool.line);
    }
  }
}
