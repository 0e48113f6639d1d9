package io.carillon.store;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The processes that use a database. Each is a *node*, with a name that it keeps and a new
/// *incarnation* for each start: a number above those of all earlier starts of all nodes.
///
/// *Who is dead.* An incarnation is dead once a later one of the same name has started. Over a
/// database that only one process can open, so are all others. Over a shared one, each node raises
/// the beat in its row every few seconds and looks at the beats of the others ([#beat]); one whose
/// beat is the same at [#MAX_MISSES] looks in a row is taken for dead. Looks are counted, not
/// times, so neither a clock that steps nor a pause of the one that looks ends a living node.
///
/// *Taken for dead.* Such a node may merely have been paused. So whoever takes over what it held
/// asks [#isDead] again in the transaction that takes it, and what it still does under its leases
/// is dropped, as their tokens are stale. It learns that from its next beat, and has to start anew.
public final class Nodes implements Incarnations {
  /// The name of the only node of a database that one process has to itself.
  public static final String ONLY = "only";

  /// After how many looks without a beat a node is taken for dead.
  static final int MAX_MISSES = 6;

  /// An incarnation of a node.
  ///
  /// @param started null in rows of former versions
  /// @param stopped whether it was asked to stop
  /// @param beat raised while it lives, over a shared database
  /// @param takenOver whether others have begun to take over what it held
  public record Start(
      String name, @Nullable Instant started, boolean stopped, long beat, boolean takenOver) {
    /// From this start until `now`.
    public Duration uptime(Instant now) {
      return started == null
          ? Duration.ZERO
          : Duration.between(started, now.truncatedTo(ChronoUnit.MILLIS));
    }

    private Start beaten() {
      return new Start(name, started, stopped, beat + 1, takenOver);
    }

    private Start toldToStop() {
      return new Start(name, started, true, beat, takenOver);
    }

    private Start beingTakenOver() {
      return new Start(name, started, stopped, beat, true);
    }
  }

  /// A start as former versions recorded it, in one row.
  record Epoch(long number, @Nullable Instant started, boolean stopped) {}

  private static final Table<Long, Start> STARTS =
      Table.of("store.nodes", new KeyCodec<>(Tuple::of, key -> key.number(0)), Start.class);
  private static final Table<String, Epoch> EPOCHS =
      Table.of("outbox.epochs", KeyCodec.STRING, Epoch.class);
  private static final String CURRENT = "current";

  /// @param misses at how many looks in a row the beat was the same
  private record Look(long beat, int misses) {}

  private final Database database;
  private final String name;
  private final int maxMisses;
  private final long incarnation;
  private final @Nullable Start former;

  /// What this node saw of the others; guarded by itself.
  private final Map<Long, Look> looks = new HashMap<>();

  private Nodes(
      Database database, String name, int maxMisses, long incarnation, @Nullable Start former) {
    this.database = database;
    this.name = name;
    this.maxMisses = maxMisses;
    this.incarnation = incarnation;
    this.former = former;
  }

  private record Joined(long incarnation, @Nullable Start former) {}

  /// Starts an incarnation of the node `name`.
  public static Nodes join(Database database, String name) {
    return join(database, name, MAX_MISSES);
  }

  /// As above, with another limit: the simulation shows that too low a one is found.
  static Nodes join(Database database, String name, int maxMisses) {
    Joined joined = database.write(tx -> join(tx, name));
    return new Nodes(database, name, maxMisses, joined.incarnation, joined.former);
  }

  private static Joined join(Tx tx, String name) {
    EPOCHS
        .get(tx, CURRENT)
        .ifPresent(
            epoch -> {
              STARTS.put(tx, epoch.number, new Start(ONLY, epoch.started, epoch.stopped, 0, false));
              EPOCHS.delete(tx, CURRENT);
            });
    long last = 0;
    Start former = null;
    List<Table.Entry<Long, Start>> starts = starts(tx);
    for (Table.Entry<Long, Start> start : starts) {
      last = start.key();
      former = start.value().name.equals(name) ? start.value() : former;
    }
    Instant started = tx.now().truncatedTo(ChronoUnit.MILLIS);
    long next = last + 1;
    while (drawsNumbersOfAnother(starts, next)) {
      next++;
    }
    STARTS.put(tx, next, new Start(name, started, false, 0, false));
    return new Joined(next, former);
  }

  /// See [RowNumbers].
  private static boolean drawsNumbersOfAnother(
      List<Table.Entry<Long, Start>> starts, long incarnation) {
    return starts.stream()
        .anyMatch(start -> (incarnation - start.key()) % RowNumbers.DISTINCT == 0);
  }

  @Override
  public long current() {
    return incarnation;
  }

  /// The start of this node before this one; empty at the first.
  public Optional<Start> former() {
    return Optional.ofNullable(former);
  }

  /// Whether nodes other than this one may live.
  public boolean isShared() {
    return database.isShared();
  }

  /// A start that is not forgotten yet.
  public Optional<Start> find(Snapshot snapshot, long incarnation) {
    return STARTS.get(snapshot, incarnation);
  }

  /// Whether an incarnation is dead, as far as this node knows.
  public boolean isDead(Snapshot snapshot, long incarnation) {
    if (incarnation == this.incarnation) {
      return false;
    }
    Optional<Start> start = find(snapshot, incarnation);
    if (start.isEmpty() || !isShared()) {
      return true;
    }
    Look look;
    synchronized (looks) {
      look = looks.get(incarnation);
    }
    boolean isSilent = look != null && look.misses >= maxMisses && look.beat == start.get().beat;
    return isSilent || isSuperseded(snapshot, incarnation, start.get());
  }

  private static boolean isSuperseded(Snapshot snapshot, long incarnation, Start start) {
    return starts(snapshot).stream()
        .anyMatch(later -> later.key() > incarnation && later.value().name.equals(start.name));
  }

  /// Whether others have begun to take over from it. That a later start of the node exists is not
  /// enough: the former one may be paused in the middle of a request.
  @Override
  public boolean hasEnded(Snapshot snapshot, long incarnation) {
    return incarnation != this.incarnation
        && (!isShared() || find(snapshot, incarnation).filter(start -> !start.takenOver).isEmpty());
  }

  @Override
  public void requireLiving(Tx tx) {
    if (isShared() && find(tx, incarnation).filter(start -> !start.takenOver).isEmpty()) {
      throw new IllegalStateException(
          "This node was silent for so long that others took over from it: start it again");
    }
  }

  /// The incarnations that are dead and not forgotten.
  public List<Long> dead(Snapshot snapshot) {
    return starts(snapshot).stream()
        .map(Table.Entry::key)
        .filter(other -> isDead(snapshot, other))
        .toList();
  }

  /// Records that taking over from a dead incarnation begins; false if it has begun before.
  public boolean beginTakeover(Tx tx, long dead) {
    Optional<Start> first = find(tx, dead).filter(start -> !start.takenOver);
    first.ifPresent(start -> STARTS.put(tx, dead, start.beingTakenOver()));
    return first.isPresent();
  }

  /// Forgets a dead incarnation, once nothing is left to take over from it. Its number is not given
  /// again, since it is below that of the one that forgets it, or is kept until it is.
  public void forget(Tx tx, long dead) {
    if (dead < incarnation) {
      STARTS.delete(tx, dead);
    }
  }

  /// Says that this node lives, and looks at the others. To be called every few seconds over a
  /// shared database.
  ///
  /// @return false if others have taken over from this node: whatever it begins is taken from it
  ///   again, until it starts anew
  public boolean beat() {
    List<Table.Entry<Long, Start>> starts =
        database.writeRelaxed(
            tx -> {
              find(tx, incarnation).ifPresent(start -> STARTS.put(tx, incarnation, start.beaten()));
              return starts(tx);
            });
    look(starts);
    return starts.stream()
        .anyMatch(start -> start.key() == incarnation && !start.value().takenOver);
  }

  private void look(List<Table.Entry<Long, Start>> starts) {
    synchronized (looks) {
      Map<Long, Look> before = Map.copyOf(looks);
      looks.clear();
      for (Table.Entry<Long, Start> start : starts) {
        Look last = before.get(start.key());
        long beat = start.value().beat;
        int misses = last != null && last.beat == beat ? last.misses + 1 : 0;
        looks.put(start.key(), new Look(beat, misses));
      }
    }
  }

  /// Records that this process was asked to stop.
  public void recordStop() {
    database.writeRelaxed(
        tx -> {
          find(tx, incarnation).ifPresent(start -> STARTS.put(tx, incarnation, start.toldToStop()));
          return name;
        });
  }

  private static List<Table.Entry<Long, Start>> starts(Snapshot snapshot) {
    return STARTS.list(snapshot, Range.all(), Integer.MAX_VALUE);
  }
}
