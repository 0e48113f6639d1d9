package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.outbox.CrashSuspects.Suspect;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.ManualClock;
import io.carillon.store.Nodes;
import io.carillon.store.Range;
import io.carillon.store.RepeatingDatabase;
import io.carillon.store.RowCodec;
import io.carillon.store.ScanStep;
import io.carillon.store.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Processes that end during attempts, because of a job or from outside. A process is a dispatcher
/// on a [CrashingDatabase]; what it attempted when it was killed is never settled.
@Tag("slow")
final class CrashSuspectsTest {
  record Done(int attempts) {}

  private static final Table<String, Done> DONE =
      Table.of("test.done", KeyCodec.STRING, Done.class);
  private static final Channel CHANNEL = new Channel("kind", "lane");

  /// Suspects wait for 100 ms and run alone for 600 ms.
  private static final double SCALE = 0.02;

  private double scale = SCALE;

  private final ManualClock clock = new ManualClock();
  private final Database disk = RepeatingDatabase.inMemory(clock);
  private final DeadLetters deadLetters = new DeadLetters();
  private final List<ServerProcess> processes = new ArrayList<>();

  /// How often each job was attempted.
  private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();

  /// Which attempts started and ended, in order.
  private final Queue<String> log = new ConcurrentLinkedQueue<>();

  private final class ServerProcess implements Delivery {
    final CrashingDatabase database = new CrashingDatabase(disk);
    final TableOutbox outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
    final Dispatcher dispatcher =
        new Dispatcher(
            database,
            outbox,
            Map.of("kind", this),
            () -> 0L,
            (_, _, _) -> {},
            Dispatcher.Settings.usual().withTimeScale(scale));
    final CountDownLatch killed = new CountDownLatch(1);
    final Set<String> killers;
    final Duration slow;

    /// @param slow how long the attempts of other jobs take
    ServerProcess(Set<String> killers, Duration slow) {
      this.killers = killers;
      this.slow = slow;
      processes.add(this);
      dispatcher.start();
    }

    void kill() {
      database.kill();
      killed.countDown();
    }

    boolean isKilled() {
      return killed.getCount() == 0;
    }

    @Override
    public DeliveryOutcome attempt(Job job) throws InterruptedException {
      attempts.computeIfAbsent(job.work().cause(), _ -> new AtomicInteger()).incrementAndGet();
      log.add("starts: " + job.work().cause());
      if (killers.contains(job.work().cause())) {
        Thread.sleep(5);
        kill();
      }
      if (killed.await(slow.toNanos(), TimeUnit.NANOSECONDS)) {
        new CountDownLatch(1).await();
      }
      log.add("ends: " + job.work().cause());
      return new DeliveryOutcome.Done(
          tx -> DONE.put(tx, job.work().cause(), new Done(job.attempts())));
    }

    @Override
    public RetryPolicy retryPolicy(Job job) {
      // Ages are scaled as well, while the clock stands still or jumps.
      return new RetryPolicy(
          RetryPolicy.ASYNC_INVOCATION.phases(),
          Duration.ofDays(1000),
          RetryPolicy.ASYNC_INVOCATION.postponed());
    }

    @Override
    public Duration longestAttempt(Work work) {
      return Duration.ofDays(10_000);
    }
  }

  @AfterEach
  void end() {
    processes.stream().filter(process -> !process.isKilled()).forEach(p -> p.dispatcher.close());
    disk.close();
  }

  private void add(Stream<String> all) {
    List<String> causes = all.toList();
    TableOutbox outbox = TableOutbox.open(disk, Nodes.join(disk, Nodes.ONLY));
    disk.write(
        tx -> {
          causes.forEach(
              cause -> {
                clock.move(Duration.ofMillis(1));
                Work work = new Work("kind", "lane", clock.instant(), new byte[0], cause);
                outbox.add(tx, work);
              });
          return 0;
        });
  }

  private static Stream<String> bystanders(int count) {
    return IntStream.range(0, count).mapToObj(i -> "bystander " + i);
  }

  /// Starts processes until one has emptied the outbox; answers how many crashed.
  private int runUntilEmpty(Set<String> killers) {
    int deaths = 0;
    while (true) {
      ServerProcess process = new ServerProcess(killers, Duration.ofMillis(20));
      await().atMost(Duration.ofSeconds(60)).until(() -> process.isKilled() || depth() == 0);
      if (!process.isKilled()) {
        return deaths;
      }
      deaths++;
    }
  }

  private long depth() {
    return disk.read(snapshot -> processes.getLast().outbox.jobs().depth(snapshot, CHANNEL));
  }

  private List<DeadLetters.DeadLetter> deadLettered() {
    return disk.read(snapshot -> deadLetters.list(snapshot, "", 100));
  }

  private Map<String, Done> done() {
    Map<String, Done> found = new ConcurrentHashMap<>();
    disk.read(
        snapshot -> {
          DONE.scan(
              snapshot,
              Range.all(),
              Table.MANY,
              (cause, done) -> ScanStep.nextIf(found.put(cause, done) == null));
          return 0;
        });
    return found;
  }

  private void onlyTheKillersAreDeadLetters(int bystanders, String... killers) {
    assertThat(deadLettered())
        .extracting(DeadLetters.DeadLetter::cause)
        .containsExactlyInAnyOrder(killers);
    assertThat(done().keySet())
        .containsExactlyInAnyOrderElementsOf(bystanders(bystanders).toList());
    assertThat(done().values()).as("no attempt was used up").containsOnly(new Done(1));
    assertThat(disk.read(CrashSuspects::list).stream()).isEmpty();
  }

  @Test
  void aJobThatCrashesTheProcessIsFoundAfterLogarithmicallyManyCrashes() {
    add(Stream.concat(Stream.of("killer"), bystanders(100)));
    int deaths = runUntilEmpty(Set.of("killer"));
    onlyTheKillersAreDeadLetters(100, "killer");
    // Two until there are suspects, of which at most 16 ran together; then 8, 4, 2, 1, 1, 1.
    assertThat(deaths).isBetween(5, 8);
    assertThat(attempts.get("killer")).hasValue(deaths);
    assertThat(deadLettered().getFirst().attempts()).isEqualTo(deaths);
    assertThat(deadLettered().getFirst().why())
        .isEqualTo("the process ended during its last " + deaths + " attempts");
  }

  @Test
  void twoJobsThatCrashTheProcessAreFound() {
    add(Stream.of(Stream.of("killer a"), bystanders(30), Stream.of("killer b")).flatMap(s -> s));
    int deaths = runUntilEmpty(Set.of("killer a", "killer b"));
    onlyTheKillersAreDeadLetters(30, "killer a", "killer b");
    assertThat(deaths).isLessThanOrEqualTo(16);
  }

  @Test
  void twoJobsThatCrashTheProcessTogetherAreFound() {
    add(Stream.of(Stream.of("killer a", "killer b"), bystanders(30)).flatMap(s -> s));
    int deaths = runUntilEmpty(Set.of("killer a", "killer b"));
    onlyTheKillersAreDeadLetters(30, "killer a", "killer b");
    assertThat(deaths).isLessThanOrEqualTo(16);
  }

  /// Kills a process that has run so long that a suspect that was alone in it waits for 17 seconds
  /// in the next one.
  ///
  /// @return how many attempts were running
  private int killDuringAnAttemptOrAWait() {
    ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
    boolean rests =
        disk.read(CrashSuspects::list).stream().anyMatch(entry -> entry.suspect().alone() > 0);
    long until = System.nanoTime() + Duration.ofMillis(250).toNanos();
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                process.dispatcher.report().running() > 0 || (rests && System.nanoTime() > until));
    clock.move(Duration.ofMinutes(14));
    process.kill();
    return process.dispatcher.report().running();
  }

  @Test
  void killsFromOutsideMakeNoDeadLetter() {
    add(bystanders(40));
    for (int kill = 0; kill < 10; kill++) {
      killDuringAnAttemptOrAWait();
    }
    assertThat(deadLettered()).isEmpty();
    assertThat(done()).isEmpty();
    scale = 0.001;
    assertThat(runUntilEmpty(Set.of())).isZero();
    onlyTheKillersAreDeadLetters(40);
  }

  /// The hardest case: there is one job only, its attempt takes longer than any process runs, and
  /// all processes are killed at the same age. A suspect that was alone then waits for longer than
  /// that.
  @Test
  void aSlowJobAloneAtRegularKillsIsNotGivenUp() {
    add(bystanders(1));
    int killsDuringAnAttempt = 0;
    for (int kill = 0; kill < 14; kill++) {
      killsDuringAnAttempt += killDuringAnAttemptOrAWait();
    }
    assertThat(deadLettered()).isEmpty();
    assertThat(killsDuringAnAttempt)
        .isGreaterThan(CrashSuspects.SUSPECT_FROM + CrashSuspects.MAX_ALONE);
    scale = 0.001;
    assertThat(runUntilEmpty(Set.of())).isZero();
    onlyTheKillersAreDeadLetters(1);
  }

  @Test
  void suspectsWaitWhileOtherJobsRunAtOnce() {
    add(bystanders(1));
    for (int kill = 0; kill < CrashSuspects.SUSPECT_FROM; kill++) {
      ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.report().running() > 0);
      process.kill();
    }
    ServerProcess process = new ServerProcess(Set.of(), Duration.ZERO);
    long begun = System.nanoTime();
    disk.write(
        tx -> {
          process.outbox.add(
              tx, new Work("kind", "lane", clock.instant(), new byte[0], "newcomer"));
          return 0;
        });
    await().until(() -> depth() == 0);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(90));
    assertThat(done()).containsOnlyKeys("bystander 0", "newcomer");
  }

  /// It has the whole process for at most 12 seconds, and takes half a second.
  @Test
  void noOtherAttemptStartsWhileASuspectRunsAlone() {
    scale = 0.4;
    add(bystanders(1));
    for (int kill = 0; kill < CrashSuspects.SUSPECT_FROM; kill++) {
      ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.report().running() > 0);
      process.kill();
    }
    log.clear();
    ServerProcess process = new ServerProcess(Set.of(), Duration.ofMillis(500));
    await().until(() -> log.contains("starts: bystander 0"));
    disk.write(
        tx -> {
          process.outbox.add(
              tx, new Work("kind", "lane", clock.instant(), new byte[0], "newcomer"));
          process.outbox.add(
              tx, new Work("kind", "other lane", clock.instant(), new byte[0], "other"));
          return 0;
        });
    await().until(() -> done().size() == 3);
    assertThat(log)
        .startsWith("starts: bystander 0", "ends: bystander 0")
        .contains("starts: newcomer", "starts: other");
  }

  @Test
  void aJobIsASuspectAfterTwoCrashes() {
    add(bystanders(1));
    for (int kill = 1; kill <= 2; kill++) {
      ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.report().running() > 0);
      process.kill();
      TableOutbox.open(disk, Nodes.join(disk, Nodes.ONLY));
      assertThat(disk.read(CrashSuspects::list)).hasSize(kill - 1);
    }
  }

  @Test
  void anAttemptThatEndsByItselfClearsASuspect() {
    add(bystanders(1));
    for (int kill = 0; kill < CrashSuspects.SUSPECT_FROM; kill++) {
      ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.report().running() > 0);
      process.kill();
    }
    TableOutbox outbox = TableOutbox.open(disk, Nodes.join(disk, Nodes.ONLY));
    CrashSuspects.Entry suspect = disk.read(CrashSuspects::list).getFirst();
    var claimed =
        disk.write(tx -> outbox.jobs().claimSuspect(tx, suspect.channel(), suspect.id()))
            .orElseThrow();
    assertThat(claimed.row().interruptions()).isEqualTo(CrashSuspects.SUSPECT_FROM);
    assertThat(claimed.row().attempts()).isZero();
    disk.write(
        tx ->
            outbox
                .jobs()
                .release(tx, claimed, clock.instant(), claimed.row().failed(1, "its own error")));
    assertThat(disk.read(CrashSuspects::list).stream()).isEmpty();
    var again = disk.write(tx -> outbox.jobs().claim(tx, CHANNEL, 1)).jobs().getFirst();
    assertThat(again.job().attempts()).isEqualTo(2);
    assertThat(again.row().interruptions()).isZero();
  }

  @Test
  void interruptedJobsExceedTheirMaximumAge() {
    add(bystanders(1));
    ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
    await().until(() -> process.dispatcher.report().running() > 0);
    process.kill();
    clock.move(Duration.ofDays(1000));
    new ServerProcess(Set.of(), Duration.ZERO);
    await().until(() -> depth() == 0);
    assertThat(deadLettered())
        .extracting(DeadLetters.DeadLetter::why)
        .containsExactly("too old: the process ended during its last attempt");
    assertThat(attempts.get("bystander 0")).hasValue(1);
  }

  @Test
  void attemptsThatEndAfterAStopRequestAreNoInterruptions() {
    add(bystanders(1));
    ServerProcess process = new ServerProcess(Set.of(), Duration.ofDays(1));
    await().until(() -> process.dispatcher.report().running() > 0);
    process.outbox.nodes().recordStop();
    process.kill();
    TableOutbox outbox = TableOutbox.open(disk, Nodes.join(disk, Nodes.ONLY));
    var claimed = disk.write(tx -> outbox.jobs().claim(tx, CHANNEL, 1)).jobs().getFirst();
    assertThat(claimed.row().interruptions()).isZero();
    assertThat(claimed.job().attempts()).isEqualTo(1);
  }

  @Test
  void suspectsWithTheMostInterruptionsAreHalved() {
    assertThat(group(suspects(2, 2, 2, 2, 2))).containsExactly("0", "1", "2");
    assertThat(group(suspects(2, 2, 3, 2, 3))).containsExactly("2");
    assertThat(group(suspects(2, 7))).containsExactly("1");
    assertThat(group(List.of())).isEmpty();
    assertThat(group(suspects(new int[500]))).hasSize(64);
  }

  @Test
  void aSuspectThatWasAloneWaitsAsLongAsTheLastProcessRan() {
    List<CrashSuspects.Entry> fresh = suspects(2, 2);
    List<CrashSuspects.Entry> alone =
        List.of(new CrashSuspects.Entry(CHANNEL, "x", new Suspect(3, 1, null)));
    assertThat(CrashSuspects.uptimeBefore(fresh, Duration.ofHours(1)))
        .isEqualTo(CrashSuspects.MIN_UPTIME);
    assertThat(CrashSuspects.uptimeBefore(alone, Duration.ofMinutes(3)))
        .isEqualTo(Duration.ofMinutes(3));
    assertThat(CrashSuspects.uptimeBefore(alone, Duration.ofHours(1)))
        .isEqualTo(CrashSuspects.MAX_UPTIME);
    assertThat(CrashSuspects.uptimeBefore(alone, Duration.ofHours(-1)))
        .isEqualTo(CrashSuspects.MIN_UPTIME);
  }

  @Test
  void aJobIsGivenUpAfterAHundredInterruptions() {
    assertThat(new Suspect(99, 2, null).isToBeGivenUp()).isFalse();
    assertThat(new Suspect(100, 0, null).isToBeGivenUp()).isTrue();
    assertThat(new Suspect(5, 3, null).isToBeGivenUp()).isTrue();
  }

  private record FormerRow(
      Instant created,
      byte[] payload,
      String cause,
      int attempts,
      int postponements,
      String firstError,
      String lastError) {}

  @Test
  void rowsWithoutInterruptionsAreRead() {
    byte[] row =
        RowCodec.of(FormerRow.class)
            .encode(new FormerRow(clock.instant(), new byte[] {1}, "cause", 2, 3, "a", "b"));
    JobRow read = RowCodec.of(JobRow.class).decode(row);
    assertThat(read.attempts()).isEqualTo(2);
    assertThat(read.interruptions()).isZero();
  }

  private static List<CrashSuspects.Entry> suspects(int... interruptions) {
    List<CrashSuspects.Entry> entries = new ArrayList<>();
    for (int i = 0; i < interruptions.length; i++) {
      entries.add(
          new CrashSuspects.Entry(
              CHANNEL, String.valueOf(i), new Suspect(interruptions[i], 0, null)));
    }
    return entries;
  }

  private static List<String> group(List<CrashSuspects.Entry> waiting) {
    return CrashSuspects.nextGroup(waiting).stream().map(CrashSuspects.Entry::id).toList();
  }
}
