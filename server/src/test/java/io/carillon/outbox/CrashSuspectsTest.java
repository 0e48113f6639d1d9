package io.carillon.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.outbox.CrashSuspects.Entry;
import io.carillon.outbox.CrashSuspects.Suspect;
import io.carillon.outbox.TableOutbox.Channel;
import io.carillon.store.KeyCodec;
import io.carillon.store.ManualClock;
import io.carillon.store.MemoryDatabase;
import io.carillon.store.Range;
import io.carillon.store.RowCodec;
import io.carillon.store.Table;
import io.carillon.store.Tx;
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

/// Processes that end while jobs are tried, by a job's doing or from outside. A process is a
/// dispatcher on a [CrashingDatabase]; what it was trying when it was killed is never settled.
@Tag("slow")
final class CrashSuspectsTest {
  record Done(int attempts) {}

  private static final Table<String, Done> DONE =
      Table.of("test.done", KeyCodec.STRING, Done.class);
  private static final Channel CHANNEL = new Channel("kind", "lane");

  /// Suspects rest for 100 ms and are alone for 600 ms.
  private static final double SCALE = 0.02;

  private double scale = SCALE;

  private final MemoryDatabase disk = new MemoryDatabase();
  private final ManualClock clock = new ManualClock();
  private final DeadLetters deadLetters = new DeadLetters();
  private final List<Process> processes = new ArrayList<>();

  /// How often each job was tried.
  private final Map<String, AtomicInteger> tries = new ConcurrentHashMap<>();

  /// Which tries began and ended, in order.
  private final Queue<String> course = new ConcurrentLinkedQueue<>();

  private final class Process implements Delivery {
    final CrashingDatabase database = new CrashingDatabase(disk);
    final TableOutbox outbox = TableOutbox.open(database, clock);
    final Dispatcher dispatcher =
        new Dispatcher(
            database,
            outbox,
            deadLetters,
            clock,
            () -> 0L,
            (_, _, _) -> {},
            Dispatcher.Settings.usual().withTimeScale(scale));
    final CountDownLatch killed = new CountDownLatch(1);
    final Set<String> killers;
    final Duration slow;

    /// @param slow how long a try of those takes that do not kill
    Process(Set<String> killers, Duration slow) {
      this.killers = killers;
      this.slow = slow;
      processes.add(this);
      dispatcher.register("kind", this);
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
      tries.computeIfAbsent(job.work().cause(), _ -> new AtomicInteger()).incrementAndGet();
      course.add("begins: " + job.work().cause());
      if (killers.contains(job.work().cause())) {
        Thread.sleep(5);
        kill();
      }
      if (killed.await(slow.toNanos(), TimeUnit.NANOSECONDS)) {
        new CountDownLatch(1).await();
      }
      course.add("ends: " + job.work().cause());
      return new DeliveryOutcome.Done(
          tx -> DONE.put(tx, job.work().cause(), new Done(job.attempts())));
    }

    @Override
    public RetryPolicy retryPolicy(Job job) {
      // Ages are scaled as well, while the clock stands still or leaps.
      return new RetryPolicy(
          RetryPolicy.ASYNC_INVOCATION.phases(),
          Duration.ofDays(1000),
          RetryPolicy.ASYNC_INVOCATION.postponed());
    }

    @Override
    public Duration longestTry(Work work) {
      return Duration.ofDays(10_000);
    }

    @Override
    public boolean deadLetter(Tx tx, Job job, String why) {
      return false;
    }
  }

  @AfterEach
  void end() {
    processes.stream().filter(process -> !process.isKilled()).forEach(p -> p.dispatcher.close());
    disk.close();
  }

  private void add(Stream<String> causes) {
    TableOutbox outbox = TableOutbox.open(disk, clock);
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

  /// Starts processes until one has emptied the outbox; answers how many died.
  private int runUntilEmpty(Set<String> killers) {
    int deaths = 0;
    while (true) {
      Process process = new Process(killers, Duration.ofMillis(20));
      await().atMost(Duration.ofSeconds(60)).until(() -> process.isKilled() || depth() == 0);
      if (!process.isKilled()) {
        return deaths;
      }
      deaths++;
    }
  }

  private long depth() {
    return disk.read(snapshot -> processes.getLast().outbox.depth(snapshot, CHANNEL));
  }

  private List<DeadLetters.DeadLetter> shelved() {
    return disk.read(snapshot -> deadLetters.list(snapshot, "", 100));
  }

  private Map<String, Done> done() {
    Map<String, Done> found = new ConcurrentHashMap<>();
    disk.read(
        snapshot -> {
          DONE.scan(snapshot, Range.all(), (cause, done) -> found.put(cause, done) == null);
          return 0;
        });
    return found;
  }

  private void onlyTheKillersWereBuried(int bystanders, String... killers) {
    assertThat(shelved())
        .extracting(DeadLetters.DeadLetter::cause)
        .containsExactlyInAnyOrder(killers);
    assertThat(done().keySet())
        .containsExactlyInAnyOrderElementsOf(bystanders(bystanders).toList());
    assertThat(done().values()).as("no try was used up").containsOnly(new Done(1));
    assertThat(disk.read(processes.getLast().outbox::suspects).stream()).isEmpty();
  }

  @Test
  void aJobThatKillsIsBuriedAloneAfterLogarithmicallyManyCrashes() {
    add(Stream.concat(Stream.of("killer"), bystanders(100)));
    int deaths = runUntilEmpty(Set.of("killer"));
    onlyTheKillersWereBuried(100, "killer");
    // Two until there are suspects, of which at most 16 ran together; then 8, 4, 2, 1, 1, 1.
    assertThat(deaths).isBetween(5, 8);
    assertThat(tries.get("killer")).hasValue(deaths);
    assertThat(shelved().getFirst().attempts()).isEqualTo(deaths);
    assertThat(shelved().getFirst().why())
        .isEqualTo("the process ended during its last " + deaths + " tries");
  }

  @Test
  void twoJobsThatKillAreBuriedAlone() {
    add(Stream.of(Stream.of("killer a"), bystanders(30), Stream.of("killer b")).flatMap(s -> s));
    int deaths = runUntilEmpty(Set.of("killer a", "killer b"));
    onlyTheKillersWereBuried(30, "killer a", "killer b");
    assertThat(deaths).isLessThanOrEqualTo(16);
  }

  @Test
  void twoJobsThatKillAndRanTogetherAreBuriedAlone() {
    add(Stream.of(Stream.of("killer a", "killer b"), bystanders(30)).flatMap(s -> s));
    int deaths = runUntilEmpty(Set.of("killer a", "killer b"));
    onlyTheKillersWereBuried(30, "killer a", "killer b");
    assertThat(deaths).isLessThanOrEqualTo(16);
  }

  /// Kills a process of so long a life that who was alone in it rests for 17 seconds in the next.
  ///
  /// @return how many jobs it was trying
  private int killWhenItTriesOrRests() {
    Process process = new Process(Set.of(), Duration.ofDays(1));
    boolean rests =
        disk.read(process.outbox::suspects).stream().anyMatch(entry -> entry.suspect().alone() > 0);
    long until = System.nanoTime() + Duration.ofMillis(250).toNanos();
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> process.dispatcher.running() > 0 || (rests && System.nanoTime() > until));
    clock.move(Duration.ofMinutes(14));
    process.kill();
    return process.dispatcher.running();
  }

  @Test
  void killsFromOutsideBuryNobody() {
    add(bystanders(40));
    for (int kill = 0; kill < 10; kill++) {
      killWhenItTriesOrRests();
    }
    assertThat(shelved()).isEmpty();
    assertThat(done()).isEmpty();
    scale = 0.001;
    assertThat(runUntilEmpty(Set.of())).isZero();
    onlyTheKillersWereBuried(40);
  }

  /// The harshest case: there is one job only, its try takes longer than any process lives, and all
  /// are killed at the same age. A suspect that was alone then rests for longer than that.
  @Test
  void aSlowJobThatIsAloneAtRegularKillsIsNotBuried() {
    add(bystanders(1));
    int whileItWasTried = 0;
    for (int kill = 0; kill < 14; kill++) {
      whileItWasTried += killWhenItTriesOrRests();
    }
    assertThat(shelved()).isEmpty();
    assertThat(whileItWasTried).isGreaterThan(CrashSuspects.FROM + CrashSuspects.ALONE);
    scale = 0.001;
    assertThat(runUntilEmpty(Set.of())).isZero();
    onlyTheKillersWereBuried(1);
  }

  @Test
  void suspectsRestWhileOthersAreTriedAtOnce() {
    add(bystanders(1));
    for (int kill = 0; kill < CrashSuspects.FROM; kill++) {
      Process process = new Process(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.running() > 0);
      process.kill();
    }
    Process process = new Process(Set.of(), Duration.ZERO);
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

  /// It has the whole process for 12 seconds at the most, and takes half a second.
  @Test
  void noOtherTryBeginsWhileASuspectIsTriedByItself() {
    scale = 0.4;
    add(bystanders(1));
    for (int kill = 0; kill < CrashSuspects.FROM; kill++) {
      Process process = new Process(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.running() > 0);
      process.kill();
    }
    course.clear();
    Process process = new Process(Set.of(), Duration.ofMillis(500));
    await().until(() -> course.contains("begins: bystander 0"));
    disk.write(
        tx -> {
          process.outbox.add(
              tx, new Work("kind", "lane", clock.instant(), new byte[0], "newcomer"));
          process.outbox.add(
              tx, new Work("kind", "other lane", clock.instant(), new byte[0], "other"));
          return 0;
        });
    await().until(() -> done().size() == 3);
    assertThat(course)
        .startsWith("begins: bystander 0", "ends: bystander 0")
        .contains("begins: newcomer", "begins: other");
  }

  @Test
  void afterOneCrashAJobIsTriedAtOnceAndAfterTwoItIsASuspect() {
    add(bystanders(1));
    for (int kill = 1; kill <= 2; kill++) {
      Process process = new Process(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.running() > 0);
      process.kill();
      TableOutbox outbox = TableOutbox.open(disk, clock);
      assertThat(disk.read(outbox::suspects)).hasSize(kill - 1);
    }
  }

  @Test
  void aTryThatEndsByItselfClearsASuspect() {
    add(bystanders(1));
    for (int kill = 0; kill < CrashSuspects.FROM; kill++) {
      Process process = new Process(Set.of(), Duration.ofDays(1));
      await().until(() -> process.dispatcher.running() > 0);
      process.kill();
    }
    TableOutbox outbox = TableOutbox.open(disk, clock);
    Entry suspect = disk.read(outbox::suspects).getFirst();
    var claimed = disk.write(tx -> outbox.claimSuspect(tx, suspect)).orElseThrow();
    assertThat(claimed.row().interruptions()).isEqualTo(CrashSuspects.FROM);
    assertThat(claimed.row().attempts()).isZero();
    disk.write(
        tx ->
            outbox.release(tx, claimed, clock.instant(), claimed.row().failed(1, "its own error")));
    assertThat(disk.read(outbox::suspects).stream()).isEmpty();
    var again = disk.write(tx -> outbox.claim(tx, CHANNEL, 1)).jobs().getFirst();
    assertThat(TableOutbox.jobOf(CHANNEL, again).attempts()).isEqualTo(2);
    assertThat(again.row().interruptions()).isZero();
  }

  @Test
  void aJobThatWasInterruptedForTooLongIsTooOld() {
    add(bystanders(1));
    Process process = new Process(Set.of(), Duration.ofDays(1));
    await().until(() -> process.dispatcher.running() > 0);
    process.kill();
    clock.move(Duration.ofDays(1000));
    new Process(Set.of(), Duration.ZERO);
    await().until(() -> depth() == 0);
    assertThat(shelved())
        .extracting(DeadLetters.DeadLetter::why)
        .containsExactly("too old: the process ended during its last try");
    assertThat(tries.get("bystander 0")).hasValue(1);
  }

  @Test
  void whatEndsAfterTheProcessWasAskedToStopIsNoInterruption() {
    add(bystanders(1));
    Process process = new Process(Set.of(), Duration.ofDays(1));
    await().until(() -> process.dispatcher.running() > 0);
    process.outbox.noteStop(process.database);
    process.kill();
    TableOutbox outbox = TableOutbox.open(disk, clock);
    var claimed = disk.write(tx -> outbox.claim(tx, CHANNEL, 1)).jobs().getFirst();
    assertThat(claimed.row().interruptions()).isZero();
    assertThat(TableOutbox.jobOf(CHANNEL, claimed).attempts()).isEqualTo(1);
  }

  @Test
  void thoseWithTheMostInterruptionsAreHalved() {
    assertThat(group(suspects(2, 2, 2, 2, 2))).containsExactly("0", "1", "2");
    assertThat(group(suspects(2, 2, 3, 2, 3))).containsExactly("2");
    assertThat(group(suspects(2, 7))).containsExactly("1");
    assertThat(group(List.of())).isEmpty();
    assertThat(group(suspects(new int[500]))).hasSize(64);
  }

  @Test
  void aSuspectThatWasAloneRestsAsLongAsTheLastProcessLived() {
    List<Entry> fresh = suspects(2, 2);
    List<Entry> alone = List.of(new Entry(CHANNEL, "x", new Suspect(3, 1, null)));
    assertThat(CrashSuspects.restBefore(fresh, Duration.ofHours(1)))
        .isEqualTo(CrashSuspects.LEAST_REST);
    assertThat(CrashSuspects.restBefore(alone, Duration.ofMinutes(3)))
        .isEqualTo(Duration.ofMinutes(3));
    assertThat(CrashSuspects.restBefore(alone, Duration.ofHours(1)))
        .isEqualTo(CrashSuspects.LONGEST_REST);
    assertThat(CrashSuspects.restBefore(alone, Duration.ofHours(-1)))
        .isEqualTo(CrashSuspects.LEAST_REST);
  }

  @Test
  void aJobIsGivenUpAfterAHundredInterruptionsAloneOrNot() {
    assertThat(new Suspect(99, 2, null).isConvicted()).isFalse();
    assertThat(new Suspect(100, 0, null).isConvicted()).isTrue();
    assertThat(new Suspect(5, 3, null).isConvicted()).isTrue();
  }

  private record FormerRow(
      Instant created,
      byte[] payload,
      String cause,
      int attempts,
      int postponements,
      String firstError,
      String lastError) {}

  private record FormerEpoch(long number) {}

  @Test
  void rowsThatKnowNoInterruptionsAreRead() {
    byte[] row =
        RowCodec.of(FormerRow.class)
            .encode(new FormerRow(clock.instant(), new byte[] {1}, "cause", 2, 3, "a", "b"));
    TableOutbox.Row read = RowCodec.of(TableOutbox.Row.class).decode(row);
    assertThat(read.attempts()).isEqualTo(2);
    assertThat(read.interruptions()).isZero();
    byte[] epoch = RowCodec.of(FormerEpoch.class).encode(new FormerEpoch(7));
    assertThat(RowCodec.of(TableOutbox.Epoch.class).decode(epoch))
        .isEqualTo(new TableOutbox.Epoch(7, null, false));
  }

  private static List<Entry> suspects(int... interruptions) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < interruptions.length; i++) {
      entries.add(new Entry(CHANNEL, String.valueOf(i), new Suspect(interruptions[i], 0, null)));
    }
    return entries;
  }

  private static List<String> group(List<Entry> waiting) {
    return CrashSuspects.nextGroup(waiting).stream().map(Entry::id).toList();
  }
}
