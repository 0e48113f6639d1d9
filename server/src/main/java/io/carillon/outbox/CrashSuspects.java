package io.carillon.outbox;

import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the job that crashes the process, without giving up any other job.
///
/// *What is known after a crash.* A claim is a transaction that reaches the operating system before
/// the attempt starts. So the leases of an incarnation that ended without a stop request are the
/// attempts that ran at the crash: the job that caused it is among them, or the process was killed
/// from outside. Opening the outbox raises `interruptions` in the row of each. These attempts do
/// not use up the policy's: `attempts` counts those that ended by themselves. An attempt that ends
/// by itself, in success or failure, has not crashed the process, and its job is no longer
/// suspected. After a stop request nothing is raised.
///
/// *Halving.* After the first crash its jobs are attempted at once, like all others. From the
/// second on they are suspects: no claim finds them, and [IsolatedAttempts] starts them. It takes
/// those with the most interruptions, and one half of these. If that half crashes the process, its
/// members alone get one more interruption and are then those with the most: the next start takes
/// one half of the half. If it does not crash, the other half remains and is halved in turn. So the
/// rows' counts hold the whole state of the search, and nothing else has to survive. Of `n` jobs
/// that ran together, the one that crashes is attempted alone after `log2 n` further crashes. Other
/// jobs run meanwhile. If one of them crashes the process, it becomes a suspect as well, but with
/// fewer interruptions: of two jobs that crash, one is found after the other.
///
/// *Decision.* A suspect that is attempted alone has the whole process: no other attempt starts
/// until it has ended or has run for [#EXCLUSIVE]. If its lease is the only one after a crash, the
/// job or someone outside ended the process, and `alone` is raised. Before it is attempted again,
/// the process has to run without it for as long as the last process ran. If it does not, it also
/// ends without the suspect, and `alone` is reset to zero. So kills from outside, however regular,
/// never make a dead letter: where one comes while the suspect runs, the next comes while it waits.
/// A job that was alone [#MAX_ALONE] times, with the process running well in between, is given up.
///
/// *Termination.* A job that crashes the process only after a long time, or only beside others that
/// never pause, is never found alone; it is given up after [#MAX_INTERRUPTIONS]. A job that waits
/// too long exceeds its policy's maximum age.
///
/// A job that waits within its attempt, as for a free environment, counts as running: it can be
/// suspected wrongly, and is cleared in turn.
final class CrashSuspects {
  /// The interruptions from which on a job is a suspect.
  static final int SUSPECT_FROM = 2;

  /// A job that was alone at this many crashes is given up.
  static final int MAX_ALONE = 3;

  /// A job with this many interruptions is given up, alone or not.
  static final int MAX_INTERRUPTIONS = 100;

  /// How long a job that is attempted alone keeps others from starting, and how long a group is
  /// waited for before the next group starts as well.
  static final Duration EXCLUSIVE = Duration.ofSeconds(30);

  /// Suspects are not attempted before the process has run this long.
  static final Duration MIN_UPTIME = Duration.ofSeconds(5);

  /// The longest a suspect waits for the process to run without it: no function runs longer.
  static final Duration MAX_UPTIME = Duration.ofMinutes(15);

  private static final int MAX_GROUP = 64;

  /// @param interruptions as in the job's row
  /// @param alone at how many crashes in a row its attempt was the only one running
  /// @param notBefore when it may be attempted again after a postponement; null without one
  record Suspect(int interruptions, int alone, @Nullable Instant notBefore) {
    boolean isToBeGivenUp() {
      return alone >= MAX_ALONE || interruptions >= MAX_INTERRUPTIONS;
    }
  }

  /// A suspect and its job.
  record Entry(Channel channel, String id, Suspect suspect) {}

  private static final Table<Tuple, Suspect> TABLE =
      Table.of("outbox.suspects", KeyCodec.TUPLE, Suspect.class);

  /// Records that the process ended during an attempt of the job.
  ///
  /// @param wasAlone whether no other attempt ran
  static void recordCrash(Tx tx, Channel channel, String id, int interruptions, boolean wasAlone) {
    Optional<Suspect> before = TABLE.get(tx, key(channel, id));
    // A new suspect was not isolated, nor had the process run without it.
    int alone = before.isPresent() && wasAlone ? before.get().alone + 1 : 0;
    TABLE.put(tx, key(channel, id), new Suspect(interruptions, alone, null));
  }

  /// Records that the process ended while only `running` jobs were attempted.
  static void resetAloneExcept(Tx tx, Set<String> running) {
    for (Entry entry : list(tx)) {
      Suspect suspect = entry.suspect;
      if (suspect.alone > 0 && !running.contains(entry.id)) {
        Suspect reset = new Suspect(suspect.interruptions, 0, suspect.notBefore);
        TABLE.put(tx, key(entry.channel, entry.id), reset);
      }
    }
  }

  /// Records that a suspect may not be attempted before `notBefore`.
  static void postpone(Tx tx, Channel channel, String id, Instant notBefore) {
    TABLE
        .get(tx, key(channel, id))
        .map(suspect -> new Suspect(suspect.interruptions, suspect.alone, notBefore))
        .ifPresent(suspect -> TABLE.put(tx, key(channel, id), suspect));
  }

  static void remove(Tx tx, Channel channel, String id) {
    TABLE.delete(tx, key(channel, id));
  }

  static List<Entry> list(Snapshot snapshot) {
    List<Entry> found = new ArrayList<>();
    TABLE.scan(
        snapshot,
        Range.all(),
        Table.MANY,
        (key, suspect) -> {
          found.add(new Entry(Channel.of(key.string(0)), key.string(1), suspect));
          return ScanStep.NEXT;
        });
    return found;
  }

  /// The waiting suspects to attempt together next.
  static List<Entry> nextGroup(List<Entry> waiting) {
    int most = waiting.stream().mapToInt(e -> e.suspect.interruptions).max().orElse(0);
    List<Entry> first =
        waiting.stream()
            .filter(entry -> entry.suspect.interruptions == most)
            .sorted(Comparator.comparing(Entry::id))
            .toList();
    return first.subList(0, Math.min((first.size() + 1) / 2, MAX_GROUP));
  }

  /// How long the process has to have run before this group is attempted.
  ///
  /// @param lastUptime how long the last process ran
  static Duration uptimeBefore(List<Entry> group, Duration lastUptime) {
    boolean wasAlone = group.stream().anyMatch(entry -> entry.suspect.alone > 0);
    if (!wasAlone || lastUptime.compareTo(MIN_UPTIME) < 0) {
      return MIN_UPTIME;
    }
    return lastUptime.compareTo(MAX_UPTIME) > 0 ? MAX_UPTIME : lastUptime;
  }

  private CrashSuspects() {}

  private static Tuple key(Channel channel, String id) {
    return Tuple.of(channel.queue(), id);
  }
}
