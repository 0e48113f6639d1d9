package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue.Held;
import io.carillon.store.Nodes;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The jobs whose attempts ended with a process: those under the leases of a dead incarnation (see
/// [Nodes]), which are found when a process starts and, over a shared database, while it runs.
/// Their attempts count as interruptions, apart from failed ones; [CrashSuspects] handles a job
/// that is interrupted repeatedly.
final class InterruptedJobs {
  private static final Logger LOG = LoggerFactory.getLogger(InterruptedJobs.class);
  private static final int PAGE = 256;

  private final Database database;
  private final Jobs jobs;
  private final Nodes nodes;

  InterruptedJobs(Database database, Jobs jobs, Nodes nodes) {
    this.database = database;
    this.jobs = jobs;
    this.nodes = nodes;
  }

  /// The leases of one dead incarnation.
  ///
  /// @param wasStopped whether it was asked to stop: no job is suspected of ending it after that,
  ///   nor of ending one that others took over from before, which merely was silent
  private record Left(long incarnation, boolean wasStopped, List<Held> leases) {}

  /// Releases the jobs of all dead incarnations.
  ///
  /// @return how many there were
  int release() {
    List<Left> left = database.read(this::find);
    int released = 0;
    for (Left one : left) {
      released += release(one);
    }
    return released;
  }

  private List<Left> find(Snapshot snapshot) {
    Map<Long, List<Held>> leases = new TreeMap<>();
    nodes.dead(snapshot).forEach(incarnation -> leases.put(incarnation, new ArrayList<>()));
    for (Held held : jobs.held(snapshot)) {
      leases.computeIfAbsent(held.holder(), _ -> new ArrayList<>()).add(held);
    }
    leases.keySet().removeIf(holder -> !nodes.isDead(snapshot, holder));
    return leases.entrySet().stream()
        .map(
            entry -> {
              boolean wasStopped =
                  nodes.find(snapshot, entry.getKey()).map(Nodes.Start::stopped).orElse(true);
              return new Left(entry.getKey(), wasStopped, entry.getValue());
            })
        .toList();
  }

  /// A crash, or another node that does the same, may interrupt this. Who goes on then finds the
  /// remaining leases: they are counted once, and a job is not taken to have been alone because of
  /// them.
  private int release(Left left) {
    boolean isFirst = database.writeRelaxed(tx -> begin(tx, left));
    boolean wasAlone = isFirst && left.leases.size() == 1;
    Map<String, Integer> kinds = new TreeMap<>();
    for (int from = 0; from < left.leases.size(); from += PAGE) {
      List<Held> page = left.leases.subList(from, Math.min(from + PAGE, left.leases.size()));
      List<Held> released = database.writeRelaxed(tx -> release(tx, left, page, wasAlone));
      released.forEach(
          held -> kinds.merge(Channel.of(held.lease().queue()).kind(), 1, Integer::sum));
    }
    database.writeRelaxed(tx -> end(tx, left));
    if (!kinds.isEmpty()) {
      LOG.info("Jobs that were running when the last process ended are due again: {}", kinds);
    }
    return kinds.values().stream().mapToInt(Integer::intValue).sum();
  }

  /// @return whether nobody has begun before
  private boolean begin(Tx tx, Left left) {
    boolean isFirst =
        nodes.isDead(tx, left.incarnation) && nodes.beginTakeover(tx, left.incarnation);
    if (isFirst && !left.wasStopped) {
      Set<String> ids = new HashSet<>();
      left.leases.forEach(held -> ids.add(held.lease().id()));
      CrashSuspects.resetAloneExcept(tx, ids);
    }
    return isFirst;
  }

  private List<Held> release(Tx tx, Left left, List<Held> page, boolean wasAlone) {
    return nodes.isDead(tx, left.incarnation)
        ? page.stream().filter(held -> release(tx, left, held, wasAlone)).toList()
        : List.of();
  }

  private boolean release(Tx tx, Left left, Held held, boolean wasAlone) {
    ClaimedJob job = jobs.find(tx, held).orElse(null);
    if (job == null) {
      if (jobs.dropLease(tx, held)) { // as after a repair of the store that lost rows
        LOG.error("The job under the lease of {} is lost", held.lease().id());
      }
      return false; // or another node was faster
    }
    JobRow after = left.wasStopped ? job.row() : job.row().interrupted();
    if (after.isSuspect() && !left.wasStopped) {
      CrashSuspects.recordCrash(tx, job.channel(), job.id(), after.interruptions(), wasAlone);
    }
    return jobs.releaseInterrupted(tx, job, after);
  }

  private boolean end(Tx tx, Left left) {
    boolean isOver =
        nodes.isDead(tx, left.incarnation)
            && jobs.held(tx).stream().noneMatch(held -> held.holder() == left.incarnation);
    if (isOver) {
      nodes.forget(tx, left.incarnation);
    }
    return isOver;
  }
}
