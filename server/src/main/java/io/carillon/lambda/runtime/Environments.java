package io.carillon.lambda.runtime;

import io.carillon.aws.AwsException;
import io.carillon.lambda.runtime.InvocationResult.Limit;
import io.carillon.lambda.runtime.InvocationResult.Throttled;
import io.carillon.lambda.runtime.InvocationResult.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All execution environments: hands each invocation to one, keeps them warm, starts and ends them.
///
/// An invocation takes the environment that was used last, for it is the warmest. If none is free
/// it waits in its function's line, and another one is started unless enough are already on their
/// way: starting, or just done with an answer and about to ask for more (that takes a fraction of a
/// millisecond, a start a hundred of them). Whichever is ready first takes the head of the line.
///
/// One that fails to start is replaced, in its room, by one that starts again for the head of the
/// line: from then on that invocation's time runs, and what comes of the start is its result.
///
/// The number of environments and their memory are bounded. Where the bound is met, the environment
/// that has been idle longest makes room; where none is idle, the invocation is throttled.
public final class Environments implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Environments.class);

  /// How long one that has answered may take to ask again before we start another instead.
  private static final long ABOUT_TO_ASK_MILLIS = 20;

  /// How long one without work is left running. Too short to do much, and long enough that busy
  /// ones are never stopped between two invocations.
  private static final Duration FREEZE_AFTER = Duration.ofMillis(100);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final RuntimeSettings settings;
  private final EnvironmentStarter starter;
  private final InstantSource clock;
  private final Owner owner = new Owner();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("function-deadlines").daemon().factory());

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition oneFewer = lock.newCondition();
  private final Map<Version, Pool> pools = new HashMap<>();
  private final Map<String, Integer> running = new HashMap<>();
  private final Set<Environment> living = new HashSet<>();
  private int memoryMb;
  private boolean closed;

  /// What a pool is for.
  private record Version(String arn, String version) {
    static Version of(FunctionSpec function) {
      return new Version(function.arn(), function.version());
    }
  }

  /// The environments and the line of one version of a function.
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

  /// How many there are now.
  public record Census(int environments, int idle, int memoryMb) {}

  public Environments(RuntimeSettings settings, EnvironmentStarter starter, InstantSource clock) {
    this.settings = settings;
    this.starter = starter;
    this.clock = clock;
    timer.setRemoveOnCancelPolicy(true);
    long period = Math.clamp(settings.idleTimeout().toMillis() / 2, 10, 30_000);
    timer.scheduleWithFixedDelay(
        new RepeatingTask("end idle environments", this::endTheIdle),
        period,
        period,
        TimeUnit.MILLISECONDS);
    long look = FREEZE_AFTER.toMillis();
    timer.scheduleWithFixedDelay(
        new RepeatingTask("freeze idle environments", this::freezeTheIdle),
        look,
        look,
        TimeUnit.MILLISECONDS);
    timer.scheduleWithFixedDelay(
        new RepeatingTask("bound what lies in /tmp", this::boundTemporary),
        look,
        look,
        TimeUnit.MILLISECONDS);
  }

  /// An invocation that was begun.
  @FunctionalInterface
  public interface Begun {
    /// Waits for its end, and says how it ended.
    ///
    /// @throws AwsException where the function's role cannot be assumed
    InvocationResult await() throws InterruptedException;
  }

  /// Begins one invocation: gives it to an environment that is idle, or puts it in line for the
  /// next.
  ///
  /// @param concurrency how many of the function's invocations may run at a time
  public Begun begin(FunctionSpec function, Invocation invocation, int concurrency) {
    Assignment work = new Assignment(invocation);
    lock.lock();
    try {
      if (closed) {
        return () -> new Unavailable("The server is going down");
      }
      if (running.getOrDefault(function.arn(), 0) >= concurrency) {
        return () -> new Throttled(Limit.RESERVED);
      }
      Pool pool = pools.computeIfAbsent(Version.of(function), _ -> new Pool(function));
      if (!pool.function.revision().equals(function.revision())) {
        List.copyOf(pool.idle).forEach(this::dismiss);
        pool.function = function;
      }
      if (!giveToIdle(pool, work)) {
        pool.line.addLast(work);
        if (pool.line.size() > pool.starting + pool.answered && !startOne(pool)) {
          pool.line.remove(work);
          return () -> new Throttled(Limit.TOTAL);
        }
      }
      running.merge(function.arn(), 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    work.whenDone(() -> leave(function.arn()));
    return () -> {
      if (!work.awaitTaken(ABOUT_TO_ASK_MILLIS)) {
        startUnlessStarting(function, work);
      }
      return work.await();
    };
  }

  private void leave(String arn) {
    lock.lock();
    try {
      running.computeIfPresent(arn, (_, count) -> count == 1 ? null : count - 1);
    } finally {
      lock.unlock();
    }
  }

  private boolean giveToIdle(Pool pool, Assignment work) {
    Environment warm;
    while ((warm = pool.idle.pollFirst()) != null) {
      if (give(warm, work)) {
        return true;
      }
    }
    return false;
  }

  private boolean give(Environment environment, Assignment work) {
    if (!environment.accept(work)) {
      return false;
    }
    limit(environment, work);
    return true;
  }

  private void limit(Environment environment, Assignment work) {
    ScheduledFuture<?> deadline =
        timer.schedule(
            () -> environment.timeOut(work),
            environment.function().timeout().toMillis(),
            TimeUnit.MILLISECONDS);
    work.whenLeft(() -> deadline.cancel(false));
  }

  /// Those that had answered did not ask again soon enough.
  private void startUnlessStarting(FunctionSpec function, Assignment work) {
    lock.lock();
    try {
      Pool pool = pools.get(Version.of(function));
      if (pool != null && pool.line.contains(work) && pool.line.size() > pool.starting) {
        startOne(pool);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Starts another environment in the background; false if there is no room.
  private boolean startOne(Pool pool) {
    if (closed || !makeRoom(pool.function.memoryMb())) {
      return false;
    }
    pool.starting++;
    launch(starter.prepare(pool.function, owner));
    return true;
  }

  private void launch(Environment environment) {
    living.add(environment);
    memoryMb += environment.function().memoryMb();
    Thread.ofVirtual().name("environment-start").start(() -> start(environment));
  }

  /// Ends the environments that have been idle longest until there is room.
  private boolean makeRoom(int neededMb) {
    while (living.size() >= settings.maxEnvironments()
        || (long) memoryMb + temporaryMb() + neededMb > settings.maxMemoryMb()) {
      Optional<Environment> longest =
          pools.values().stream()
              .flatMap(pool -> pool.idle.stream())
              .min(Comparator.comparing(Environment::idleSince));
      if (longest.isEmpty()) {
        return false;
      }
      dismiss(longest.get());
    }
    return true;
  }

  /// Ends an idle environment, whose room is free at once: for some milliseconds it and the next
  /// one overlap.
  private void dismiss(Environment idle) {
    countOut(idle);
    Thread.ofVirtual().name("environment-end").start(idle::end);
  }

  /// What all of them keep in `/tmp`.
  private long temporaryMb() {
    return living.stream().mapToLong(one -> one.usage().temporaryBytes()).sum() >> 20;
  }

  /// What functions write to `/tmp` is memory of this machine, and comes after they were let in. If
  /// all of them really hold too much, those with the most in `/tmp` go: idle ones first, as they
  /// do anyway to make room, then one that is busy, whose invocation fails. One alone is bounded by
  /// the size of its `/tmp`.
  private void boundTemporary() {
    Optional<Environment> busy = Optional.empty();
    lock.lock();
    try {
      while (living.size() > 1 && busy.isEmpty() && holdTooMuch()) {
        Optional<Environment> idle = fullest(pools.values().stream().flatMap(p -> p.idle.stream()));
        busy = idle.isPresent() ? Optional.empty() : fullest(living.stream());
        if (idle.isEmpty() && busy.isEmpty()) {
          return;
        }
        idle.ifPresent(this::dismiss);
      }
    } finally {
      lock.unlock();
    }
    busy.ifPresent(environment -> environment.end(overfull(environment)));
  }

  private boolean holdTooMuch() {
    long bytes = living.stream().mapToLong(one -> one.usage().bytes()).sum();
    return bytes >> 20 >= settings.maxMemoryMb();
  }

  private EnvironmentFailure overfull(Environment environment) {
    return new EnvironmentFailure.Broken(
        "Runtime.ExitError",
        ("Runtime exited with error: signal: killed (its /tmp held %d MB while all functions held"
                + " more than the %d MB of --function-memory-mb)")
            .formatted(environment.usage().temporaryBytes() >> 20, settings.maxMemoryMb()));
  }

  /// The one with the most in `/tmp`, if any has something there.
  private static Optional<Environment> fullest(Stream<Environment> environments) {
    return environments
        .filter(environment -> environment.usage().temporaryBytes() > 0)
        .max(Comparator.comparingLong(environment -> environment.usage().temporaryBytes()));
  }

  private void countOut(Environment environment) {
    if (living.remove(environment)) {
      memoryMb -= environment.function().memoryMb();
      Pool pool = pools.get(Version.of(environment.function()));
      if (pool != null) {
        pool.idle.remove(environment);
      }
      oneFewer.signalAll();
    }
  }

  private void start(Environment environment) {
    FunctionSpec function = environment.function();
    try {
      starter.start(environment);
      long limit = settings.initLimit().toMillis();
      timer.schedule(environment::initTimeOut, limit, TimeUnit.MILLISECONDS);
    } catch (AwsException e) {
      notStarted(environment)
          .ifPresent(
              work -> {
                work.fail(e);
                work.leave();
              });
    } catch (SandboxException e) {
      LOG.warn("No environment for {}: {}", function.arn(), e.getMessage());
      refused(environment, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      LOG.warn("No environment for {}", function.arn(), e);
      refused(environment, String.valueOf(e.getMessage()));
    }
  }

  /// Who reads the function's log learns of it as well.
  private void refused(Environment environment, String reason) {
    String why = "No environment could be started: " + reason;
    environment.log().say("[carillon] ERROR: " + why);
    notStarted(environment)
        .ifPresent(
            work -> {
              work.complete(new Unavailable(why));
              work.leave();
            });
  }

  /// Returns who is to be told.
  private Optional<Assignment> notStarted(Environment environment) {
    Optional<Assignment> own = environment.neverBegan();
    lock.lock();
    try {
      countOut(environment);
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

  /// Ends the idle environments of a function that has been changed or deleted; the busy ones end
  /// when they are done.
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

  /// The cause of what the function works on that signs with this key: its own calls continue what
  /// it was run for.
  public Optional<String> causeBehind(String accessKeyId) {
    lock.lock();
    try {
      return living.stream()
          .flatMap(environment -> environment.causeBehind(accessKeyId).stream())
          .findFirst();
    } finally {
      lock.unlock();
    }
  }

  public Census census() {
    lock.lock();
    try {
      int idle = pools.values().stream().mapToInt(pool -> pool.idle.size()).sum();
      return new Census(living.size(), idle, memoryMb);
    } finally {
      lock.unlock();
    }
  }

  private void freezeTheIdle() {
    List<Environment> idle = new ArrayList<>();
    lock.lock();
    try {
      pools.values().forEach(pool -> idle.addAll(pool.idle));
    } finally {
      lock.unlock();
    }
    idle.forEach(environment -> environment.freezeIfIdle(FREEZE_AFTER));
  }

  private void endTheIdle() {
    List<Environment> over = new ArrayList<>();
    lock.lock();
    try {
      for (Pool pool : pools.values()) {
        for (Environment environment : pool.idle) {
          if (environment.isIdleFor(settings.idleTimeout()) || !environment.isFresh()) {
            over.add(environment);
          }
        }
        pool.idle.removeAll(over);
      }
    } finally {
      lock.unlock();
    }
    over.forEach(Environment::end);
  }

  @Override
  public void close() {
    List<Environment> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(living);
    } finally {
      lock.unlock();
    }
    all.forEach(Environment::end);
    awaitTheLast();
    timer.shutdownNow();
  }

  private void awaitTheLast() {
    long left = CLOSE_LIMIT.toNanos();
    lock.lock();
    try {
      while (!living.isEmpty() && left > 0) {
        left = oneFewer.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /// What environments tell. They hold no lock of theirs while they do.
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
                  && living.contains(environment)
                  && environment.function().revision().equals(pool.function.revision())
                  && (first || environment.isFresh());
          if (keep) {
            serve(pool, environment);
          }
          startForTheLine(pool);
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
      } else if (!give(environment, next)) {
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
        why = closed ? new Unavailable("The server is going down") : new Throttled(Limit.TOTAL);
        countOut(environment);
        Pool pool = pools.get(Version.of(environment.function()));
        if (pool != null) {
          switch (before) {
            case STARTING -> {
              pool.starting--;
              startAgain(pool, environment);
            }
            case ANSWERED -> pool.answered--;
            case STARTING_AGAIN, READY, BUSY, ENDING, DEAD -> {}
          }
          startForTheLine(pool);
          stranded = removeIfUnused(environment.function(), pool);
        }
      } finally {
        lock.unlock();
      }
      stranded.forEach(work -> work.complete(why));
    }

    /// In the room that the failed one has just left, so there is some. Code that has been replaced
    /// meanwhile is not tried again.
    private void startAgain(Pool pool, Environment failed) {
      boolean outdated = !failed.function().revision().equals(pool.function.revision());
      Assignment work = closed || outdated ? null : pool.line.pollFirst();
      if (work != null) {
        Environment next = starter.prepareAgain(failed, work);
        limit(next, work);
        launch(next);
      }
    }

    /// Nobody in line is forgotten because the environment that was to serve it went away.
    private void startForTheLine(Pool pool) {
      while (pool.line.size() > pool.starting + pool.answered && startOne(pool)) {
        continue;
      }
    }

    /// Returns who is left in line though nobody lives who could serve it, and nobody had room.
    private List<Assignment> removeIfUnused(FunctionSpec function, Pool pool) {
      Version version = Version.of(function);
      if (living.stream().anyMatch(other -> Version.of(other.function()).equals(version))) {
        return List.of();
      }
      pools.remove(version);
      return List.copyOf(pool.line);
    }
  }
}
