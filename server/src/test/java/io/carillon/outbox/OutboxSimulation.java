package io.carillon.outbox;

import io.carillon.base.MemoryBudget;
import io.carillon.store.ClockStepDetector;
import io.carillon.store.DueQueue;
import io.carillon.store.ForwardingDatabase;
import io.carillon.store.KeyCodec;
import io.carillon.store.LosingDatabase;
import io.carillon.store.Nodes;
import io.carillon.store.Range;
import io.carillon.store.SharedMemory;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import io.carillon.store.UnknownOutcomeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Three nodes with a whole dispatcher each over one database, through crashes, restarts, pauses,
/// clock steps and lost outcomes, all chosen by a seed. Whatever happens, each job that was added
/// ends once, with its effect or as a dead letter.
///
/// The engine, its queues and the threads are simulated; everything of the outbox is real.
final class OutboxSimulation {

  /// A bug, planted to see that the simulation finds it.
  enum Bug {
    NONE,
    /// A node takes others for dead as soon as it has seen them once.
    LEASE_TAKEN_FROM_THE_LIVING,
    /// Settling does not look whether the job is still there.
    SETTLED_TWICE,
    /// Settling does not compare tokens: it settles whatever lease there is now.
    STALE_TOKEN_APPLIED,
    /// A retry is due at once.
    RETRIED_TOO_EARLY,
    /// Reservations in memory are kept when the outcome of their transaction is lost.
    SLOT_LEAKED,
    /// A node does not see its own leases, so it looks for no claim whose outcome was lost.
    LOST_CLAIM_FORGOTTEN
  }

  record Count(int count) {}

  /// @param nanos when, in simulated time
  record Failed(long nanos, Instant at) {}

  private static final Table<String, Count> ADDED =
      Table.of("simulation.added", KeyCodec.STRING, Count.class);
  private static final Table<String, Count> EFFECTS =
      Table.of("simulation.effects", KeyCodec.STRING, Count.class);
  private static final Table<String, Failed> FAILED =
      Table.of("simulation.failed", KeyCodec.STRING, Failed.class);

  private static final String KIND = "simulated";
  private static final int NODES = 3;
  private static final int JOBS_PER_NODE = 20;
  private static final int LANES = 4;
  private static final int LOST_PERCENT = 8;
  private static final Duration CHAOS = Duration.ofMinutes(10);
  private static final Duration RECOVERY = Duration.ofHours(3);
  private static final Duration RETRY_WAIT = Duration.ofSeconds(40);
  private static final Duration LONGEST_ATTEMPT = Duration.ofSeconds(20);
  private static final Duration GRACE = Duration.ofMinutes(1);
  private static final RetryPolicy POLICY =
      new RetryPolicy(
          List.of(RetryPolicy.Phase.of(5, RETRY_WAIT)),
          Duration.ofDays(100),
          new RetryPolicy.Postponing(Duration.ofSeconds(1), Duration.ofSeconds(30)));

  /// A node that beat this recently lives: the watch runs six times a grace, and six misses count.
  private static final Duration LIVES = GRACE.dividedBy(2);

  private final Random random;
  private final Bug bug;
  private final SimulatedThreads threads;
  private final EngineClock clock = new EngineClock();
  private final SharedMemory engine = new SharedMemory(clock);
  private final DueQueue<JobRow> leases = engine.queue("outbox.jobs", JobRow.class, 0);
  private final DeadLetters deadLetters = new DeadLetters();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Long, Long> lastBeats = new HashMap<>();
  private final Map<Long, Node> byIncarnation = new HashMap<>();
  private final List<String> violations = new ArrayList<>();
  private final StringBuilder log = new StringBuilder();
  private boolean isChaos = true;
  private int numbers;

  /// What a seed led to.
  ///
  /// @param violations empty if all is well
  /// @param log what happened, in order
  record Result(List<String> violations, String log) {}

  OutboxSimulation(long seed, Bug bug) {
    this.random = new Random(seed);
    this.bug = bug;
    this.threads = new SimulatedThreads(random);
  }

  /// The engine's clock, which steps while the simulated time does not.
  private final class EngineClock implements InstantSource {
    private final Instant start = Instant.parse("2026-01-01T00:00:00Z");
    private Duration stepped = Duration.ZERO;
    private long lastStepBack = -1;

    @Override
    public Instant instant() {
      return start.plusNanos(threads.now()).plus(stepped);
    }

    void step(Duration by) {
      if (by.isNegative()) {
        lastStepBack = threads.now();
      }
      stepped = stepped.plus(by);
    }
  }

  Result run() throws InterruptedException {
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node("n" + i));
    }
    long end = CHAOS.toNanos();
    while (threads.now() < end) {
      long next = threads.now() + Duration.ofMillis(random.nextInt(30_000)).toNanos();
      threads.run(Math.min(next, end), _ -> !violations.isEmpty());
      if (!violations.isEmpty()) {
        return result();
      }
      disturb();
    }
    recover();
    return result();
  }

  private Result result() {
    return new Result(List.copyOf(violations), log.toString());
  }

  /// Starts nodes anew that others took over from, as what watches over processes does.
  private void supervise() {
    for (Node node : nodes) {
      Dispatcher dispatcher = node.life.dispatcher;
      if (!node.life.isOver && dispatcher != null && dispatcher.isStopped()) {
        note(node.name + " was taken over from");
        node.crash();
        node.start();
      }
    }
  }

  private void disturb() {
    supervise();
    Node node = nodes.get(random.nextInt(NODES));
    switch (random.nextInt(6)) {
      case 0, 1 -> node.crash();
      case 2, 3 -> {
        Duration time = Duration.ofSeconds(1 + random.nextInt(120));
        note(node.name + " pauses for " + time);
        node.life.threads.pause(time);
      }
      case 4 -> {
        Duration by = Duration.ofMinutes(random.nextInt(120) - 60);
        note("the clock steps by " + by);
        clock.step(by);
      }
      default -> {
        node.crash();
        node.start();
      }
    }
  }

  private void recover() throws InterruptedException {
    note("recovery");
    isChaos = false;
    nodes.forEach(Node::startIfCrashed);
    long end = threads.now() + RECOVERY.toNanos();
    boolean isOver = false;
    while (!isOver && threads.now() < end) {
      long soon = threads.now() + Duration.ofMinutes(1).toNanos();
      isOver = threads.run(soon, _ -> !violations.isEmpty() || isDone());
      supervise();
    }
    if (!violations.isEmpty()) {
      return;
    }
    engine.read(this::checkEnds);
    if (!isOver) {
      violations.add("jobs are left: " + engine.read(this::describeLeft));
      return;
    }
    // A node may still be about to find that the job it knew of was another's.
    threads.run(threads.now() + Duration.ofMinutes(5).toNanos(), _ -> false);
    for (Node node : nodes) {
      int slots = node.life.dispatcher == null ? 0 : node.life.dispatcher.report().slotsTaken();
      if (slots > 0) {
        violations.add(node.name + " keeps " + slots + " slots, as if jobs ran");
      }
    }
  }

  private boolean isDone() {
    return nodes.stream().allMatch(node -> node.life.isAllAdded)
        && engine.read(snapshot -> leases.queues(snapshot, "", 1).isEmpty());
  }

  private List<String> describeLeft(Snapshot snapshot) {
    return leases.queues(snapshot, "", LANES).stream()
        .flatMap(lane -> leases.list(snapshot, lane, JOBS_PER_NODE).stream())
        .map(item -> item.row().cause() + " is due at " + item.due())
        .toList();
  }

  private boolean checkEnds(Snapshot snapshot) {
    Map<String, Integer> dead = new HashMap<>();
    for (DeadLetters.DeadLetter letter : deadLetters.list(snapshot, "", Integer.MAX_VALUE)) {
      dead.merge(letter.cause(), 1, Integer::sum);
      if (letter.why().startsWith("the process ended")) {
        violations.add(letter.cause() + " was given up although it crashed no process");
      }
    }
    for (Table.Entry<String, Count> added : ADDED.list(snapshot, Range.all(), Integer.MAX_VALUE)) {
      int effects = EFFECTS.get(snapshot, added.key()).map(Count::count).orElse(0);
      int ends = effects + dead.getOrDefault(added.key(), 0);
      if (ends > 1 || (ends == 0 && isDone())) {
        violations.add(added.key() + " ended " + ends + " times");
      }
    }
    return violations.isEmpty();
  }

  private void note(String what) {
    log.append(clock.instant()).append(' ').append(what).append('\n');
  }

  /// A place in the cluster, of which one process after another is the node.
  private final class Node {
    final String name;
    Life life;

    Node(String name) {
      this.name = name;
      this.life = new Life(this, JOBS_PER_NODE);
    }

    void crash() {
      if (!life.isOver) {
        note(name + " crashes");
        life.isOver = true;
        life.threads.crash();
      }
    }

    void start() {
      life = new Life(this, life.jobsLeft);
    }

    void startIfCrashed() {
      if (life.isOver) {
        start();
      }
    }
  }

  /// One process.
  private final class Life implements Delivery {
    final Node node;
    final SimulatedThreads.Node threads = OutboxSimulation.this.threads.node();
    final NodeDatabase database = new NodeDatabase(this);
    int jobsLeft;
    boolean isOver;
    boolean isAllAdded;
    long beat;
    @Nullable Nodes nodes;
    @Nullable Dispatcher dispatcher;

    Life(Node node, int jobs) {
      this.node = node;
      this.jobsLeft = jobs;
      startThread("main", this::main);
    }

    void startThread(String name, Runnable body) {
      threads.start(threads.unstarted(node.name + "-" + name, body));
    }

    private void main() {
      TableOutbox outbox = open();
      Dispatcher starting =
          new Dispatcher(
              database,
              outbox,
              Map.of(KIND, this),
              random,
              this::noteFailure,
              new Dispatcher.Settings(
                  6, 3, Duration.ofSeconds(30), 1, MemoryBudget.unlimited(), GRACE),
              threads);
      starting.start();
      dispatcher = starting;
      startThread("clock", () -> watchClock(starting));
      addJobs(outbox);
    }

    private TableOutbox open() {
      while (true) {
        try {
          Nodes joined =
              bug == Bug.LEASE_TAKEN_FROM_THE_LIVING
                  ? SharedMemory.joinHastily(database, node.name)
                  : Nodes.join(database, node.name);
          nodes = joined;
          byIncarnation.put(joined.current(), node);
          lastBeats.put(joined.current(), OutboxSimulation.this.threads.now());
          note(node.name + " starts as " + joined.current());
          return TableOutbox.open(database, joined);
        } catch (UnknownOutcomeException _) {
          // as the operator does
        }
      }
    }

    private void addJobs(TableOutbox outbox) {
      while (jobsLeft > 0) {
        jobsLeft--;
        String job = "job" + numbers++;
        try {
          threads.sleep(Duration.ofMillis(random.nextInt(60_000)));
          Instant due = clock.instant().plusSeconds(random.nextInt(4) == 0 ? 20 : 0);
          Work work = new Work(KIND, "lane" + random.nextInt(LANES), due, new byte[0], job);
          database.change(
              snapshot -> outbox.plan(snapshot, work),
              (tx, effect) -> {
                ADDED.put(tx, job, new Count(1));
                effect.accept(tx);
                return job;
              });
        } catch (UnknownOutcomeException _) {
          note(job + " may be added");
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      isAllAdded = true;
    }

    /// As the server's housekeeping does.
    private void watchClock(Dispatcher corrected) {
      ClockStepDetector detector =
          new ClockStepDetector(clock, threads::nanoTime, List.of(corrected::correctDueTimes));
      while (!corrected.isStopped()) {
        try {
          detector.check();
        } catch (UnknownOutcomeException _) {
          // the next check runs the correction again
        }
        try {
          threads.sleep(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    void noteBeat(Snapshot snapshot) {
      Nodes joined = nodes;
      if (joined == null) {
        return;
      }
      long present = joined.find(snapshot, joined.current()).map(Nodes.Start::beat).orElse(beat);
      if (present != beat) {
        beat = present;
        lastBeats.put(joined.current(), OutboxSimulation.this.threads.now());
      }
    }

    long incarnation() {
      return nodes == null ? -1 : nodes.current();
    }

    private void noteFailure(Tx tx, Job job, DeliveryFailure failure) {
      if (failure instanceof DeliveryFailure.Retrying) {
        FAILED.put(
            tx, job.work().cause(), new Failed(OutboxSimulation.this.threads.now(), tx.now()));
      }
    }

    @Override
    public Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
      return random.nextInt(4) == 0 ? Optional.of(effect(work)) : Optional.empty();
    }

    private Consumer<Tx> effect(Work work) {
      return tx -> {
        int count = EFFECTS.get(tx, work.cause()).map(Count::count).orElse(0) + 1;
        EFFECTS.put(tx, work.cause(), new Count(count));
        if (count > 1) {
          violations.add(work.cause() + " took effect " + count + " times");
        }
      };
    }

    @Override
    public DeliveryOutcome attempt(Job job) throws InterruptedException {
      requireNotEarly(job);
      int seconds = random.nextInt(20) == 0 ? 200 : random.nextInt(15);
      threads.sleep(Duration.ofSeconds(seconds));
      return switch (random.nextInt(10)) {
        case 0, 1, 2 -> new DeliveryOutcome.Retry("no answer");
        case 3 -> new DeliveryOutcome.Postponed("busy", Duration.ofSeconds(random.nextInt(9)));
        case 4 -> new DeliveryOutcome.Local(_ -> new DeliveryOutcome.Done(effect(job.work())));
        case 5 -> random.nextBoolean() ? new DeliveryOutcome.Rejected("no") : fail();
        default -> new DeliveryOutcome.Done(effect(job.work()));
      };
    }

    private static DeliveryOutcome fail() {
      throw new IllegalStateException("the attempt failed");
    }

    private void requireNotEarly(Job job) {
      Optional<Failed> failed = engine.read(snapshot -> FAILED.get(snapshot, job.work().cause()));
      Instant present = clock.instant();
      failed
          .filter(last -> last.nanos > clock.lastStepBack)
          .filter(last -> present.isBefore(last.at.plus(RETRY_WAIT).minusMillis(1)))
          .ifPresent(last -> violations.add(job.work().cause() + " was retried too early"));
    }

    @Override
    public RetryPolicy retryPolicy(Job job) {
      return POLICY;
    }

    @Override
    public Duration longestAttempt(Work work) {
      return LONGEST_ATTEMPT;
    }

    @Override
    public int concurrencyOfLane(Snapshot snapshot, String lane) {
      return 2;
    }
  }

  /// The database as one process sees it: other threads run before and after each transaction, and
  /// outcomes get lost.
  private final class NodeDatabase extends ForwardingDatabase {
    private final Life life;
    private final LosingDatabase losing = new LosingDatabase(engine, random, LOST_PERCENT);

    NodeDatabase(Life life) {
      super(engine);
      this.life = life;
    }

    @Override
    public <T> T write(Change<T> change) {
      threads.step();
      losing.lose(isChaos ? LOST_PERCENT : 0);
      List<DueQueue.Held> before = engine.read(leases::held);
      try {
        return losing.write(bug == Bug.SLOT_LEAKED ? withoutUndo(change) : change);
      } finally {
        check(before);
        threads.step();
      }
    }

    private static <T> Change<T> withoutUndo(Change<T> change) {
      return tx -> change.run(new WithoutUndo(tx));
    }

    /// Whoever takes a lease away takes it from a node that has not beaten for long.
    private void check(List<DueQueue.Held> before) {
      engine.read(
          snapshot -> {
            life.noteBeat(snapshot);
            List<DueQueue.Held> after = leases.held(snapshot);
            for (DueQueue.Held held : before) {
              if (held.holder() != life.incarnation() && !after.contains(held)) {
                requireDead(held);
              }
            }
            return after;
          });
    }

    private void requireDead(DueQueue.Held held) {
      Node node = byIncarnation.get(held.holder());
      if (node == null || node.life.isOver || node.life.incarnation() != held.holder()) {
        return;
      }
      long silence = threads.now() - lastBeats.getOrDefault(held.holder(), 0L);
      if (silence < LIVES.toNanos()) {
        violations.add(
            "%s took the lease of %s from %s, which lives"
                .formatted(life.node.name, held.lease().id(), node.name));
      }
    }

    @Override
    public <T> T writeRelaxed(Change<T> change) {
      return write(change);
    }

    @Override
    public <T> T read(Query<T> query) {
      threads.step();
      return engine.read(query);
    }

    @Override
    public <V> DueQueue<V> queue(String name, Class<V> row, long holder) {
      return new BuggyQueue<>(engine.queue(name, row, holder), bug, holder);
    }
  }
}
