package io.carillon.outbox;

import io.carillon.outbox.TableOutbox.Channel;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
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

/// Finds the job whose try takes the process down, and makes no other job pay for it.
///
/// *What is known after a crash.* Claiming a job is a transaction that reaches the operating system
/// before the try begins, so the leases of an epoch that ended without being asked to are the tries
/// that ran when it crashed: whoever caused it is among them, or nobody is and somebody killed the
/// process from outside. Opening the outbox raises `interruptions` in the row of each. Such a try
/// is none of those that a policy grants: `attempts` counts tries that ended by themselves. One
/// that does end by itself, well or not, has not taken the process down and is no longer suspected.
/// A process that was asked to stop raises nothing.
///
/// *Halving.* After the first crash its jobs are tried at once, like all others. From the second on
/// they are suspects: they lie where no claim finds them, and [IsolatedAttempts] lets them in. It
/// takes those with the most interruptions, and of them one half. If that half takes the process
/// down, its members alone have one interruption more and are those with the most from then on: the
/// next start takes one half of the half. If it does not, the other half is what is left, and is
/// halved in its turn. So what has been found out lies in the rows' counts, and nothing else need
/// survive. Of `n` jobs that ran together, the one that kills is tried by itself after `log2 n`
/// further crashes. Other jobs go on meanwhile. If one of them crashes the process, it becomes a
/// suspect as well, but with fewer interruptions: of two that kill, one is found after the other.
///
/// *The verdict.* Who is tried by itself is given the whole process: no other try begins until it
/// ended or has run for [#EXCLUSIVE]. Where its lease is the only one after a crash, either it or
/// somebody outside ended the process, and `alone` is raised. Before it is tried again, the process
/// has to live without it as long as the last one lived in all. If it does not, then it also dies
/// without the suspect, and `alone` starts from nothing. So kills from outside, however regular,
/// bury nobody: where one comes while the suspect runs, the next comes while it waits. Who was
/// alone [#ALONE] times, with the process living well in between each time, is buried.
///
/// *How it ends in any case.* A job that takes the process down only after a long time, or only
/// beside others that never pause, is not found alone; it is given up after [#MOST] interruptions.
/// A job that waits too long is too old, as by its policy.
///
/// A job that waits within its try, as for a free environment, counts as running: it can be
/// suspected wrongly, and is cleared in its turn.
final class CrashSuspects {
  /// From so many interruptions on a job is suspected.
  static final int FROM = 2;

  /// Who was alone at so many crashes is given up.
  static final int ALONE = 3;

  /// After so many interruptions a job is given up, alone or not.
  static final int MOST = 100;

  /// How long a job that is tried by itself keeps others from beginning, and how long others of a
  /// group are waited for before the next group begins as well.
  static final Duration EXCLUSIVE = Duration.ofSeconds(30);

  /// Suspects are not tried before the process has lived so long.
  static final Duration LEAST_REST = Duration.ofSeconds(5);

  /// The longest a suspect waits to see whether the process lives without it: no try of a function
  /// takes longer.
  static final Duration LONGEST_REST = Duration.ofMinutes(15);

  private static final int MOST_TOGETHER = 64;

  /// @param interruptions as in the job's row
  /// @param alone at how many crashes in a row its try was the only one that ran
  /// @param notBefore it was put off until then; null if it was not
  record Suspect(int interruptions, int alone, @Nullable Instant notBefore) {
    boolean isConvicted() {
      return alone >= ALONE || interruptions >= MOST;
    }
  }

  /// A suspect and where it is.
  record Entry(Channel channel, String id, Suspect suspect) {}

  private static final Table<Tuple, Suspect> TABLE =
      Table.of("outbox.suspects", KeyCodec.TUPLE, Suspect.class);

  /// Notes that the process ended while a job was tried.
  ///
  /// @param wasAlone whether no other job was
  void accuse(Tx tx, Channel channel, String id, int interruptions, boolean wasAlone) {
    Optional<Suspect> before = TABLE.get(tx, key(channel, id));
    // Who was no suspect before was not alone by design, nor had the process lived without it.
    int alone = before.isPresent() && wasAlone ? before.get().alone + 1 : 0;
    TABLE.put(tx, key(channel, id), new Suspect(interruptions, alone, null));
  }

  /// Notes that a process ended in which none but `running` was tried.
  void acquitOthers(Tx tx, Set<String> running) {
    for (Entry entry : list(tx)) {
      Suspect suspect = entry.suspect;
      if (suspect.alone > 0 && !running.contains(entry.id)) {
        Suspect acquitted = new Suspect(suspect.interruptions, 0, suspect.notBefore);
        TABLE.put(tx, key(entry.channel, entry.id), acquitted);
      }
    }
  }

  /// Notes that a suspect could not be tried yet.
  void putOff(Tx tx, Channel channel, String id, Instant notBefore) {
    TABLE
        .get(tx, key(channel, id))
        .map(suspect -> new Suspect(suspect.interruptions, suspect.alone, notBefore))
        .ifPresent(suspect -> TABLE.put(tx, key(channel, id), suspect));
  }

  void remove(Tx tx, Channel channel, String id) {
    TABLE.delete(tx, key(channel, id));
  }

  List<Entry> list(Snapshot snapshot) {
    List<Entry> found = new ArrayList<>();
    TABLE.scan(
        snapshot,
        Range.all(),
        (key, suspect) -> {
          found.add(new Entry(Channel.of(key.string(0)), key.string(1), suspect));
          return true;
        });
    return found;
  }

  /// Who of the suspects that wait is to be tried together next.
  static List<Entry> nextGroup(List<Entry> waiting) {
    int most = waiting.stream().mapToInt(e -> e.suspect.interruptions).max().orElse(0);
    List<Entry> first =
        waiting.stream()
            .filter(entry -> entry.suspect.interruptions == most)
            .sorted(Comparator.comparing(Entry::id))
            .toList();
    return first.subList(0, Math.min((first.size() + 1) / 2, MOST_TOGETHER));
  }

  /// How long the process has to have lived before these are tried.
  ///
  /// @param lastLife how long the last process lived
  static Duration restBefore(List<Entry> group, Duration lastLife) {
    boolean wasAlone = group.stream().anyMatch(entry -> entry.suspect.alone > 0);
    if (!wasAlone || lastLife.compareTo(LEAST_REST) < 0) {
      return LEAST_REST;
    }
    return lastLife.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : lastLife;
  }

  private static Tuple key(Channel channel, String id) {
    return Tuple.of(channel.queue(), id);
  }
}
