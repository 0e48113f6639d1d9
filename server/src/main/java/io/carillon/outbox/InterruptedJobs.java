package io.carillon.outbox;

import io.carillon.store.Database;
import io.carillon.store.DueQueue.Held;
import io.carillon.store.Tx;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The jobs whose attempts ended with a former process. Their attempts count as interruptions,
/// apart from failed ones; [CrashSuspects] handles a job that is interrupted repeatedly.
///
/// @param last the epoch of the last process
record InterruptedJobs(Jobs jobs, Epoch last) {
  private static final Logger LOG = LoggerFactory.getLogger(InterruptedJobs.class);
  private static final int PAGE = 256;

  /// Releases them. A crash may interrupt this. The next opening then finds the remaining leases,
  /// whose epoch is older than the last one. They are counted once, and a job is not taken to have
  /// been alone because of them.
  void release(Database database) {
    List<Held> interrupted = database.read(jobs::interrupted);
    if (!last.stopped()) {
      Set<String> ids = new HashSet<>();
      interrupted.forEach(held -> ids.add(held.lease().id()));
      database.writeRelaxed(
          tx -> {
            CrashSuspects.resetAloneExcept(tx, ids);
            return ids;
          });
    }
    boolean single = interrupted.size() == 1;
    for (int from = 0; from < interrupted.size(); from += PAGE) {
      List<Held> page = interrupted.subList(from, Math.min(from + PAGE, interrupted.size()));
      database.writeRelaxed(
          tx -> {
            page.forEach(held -> release(tx, held, single));
            return page;
          });
    }
    if (!interrupted.isEmpty()) {
      Map<String, Integer> kinds = new TreeMap<>();
      interrupted.forEach(
          held -> kinds.merge(Channel.of(held.lease().queue()).kind(), 1, Integer::sum));
      LOG.info("Jobs that were running when the last process ended are due again: {}", kinds);
    }
  }

  private void release(Tx tx, Held held, boolean single) {
    ClaimedJob job = jobs.require(tx, held);
    JobRow after = last.stopped() ? job.row() : job.row().interrupted();
    if (after.isSuspect() && !last.stopped()) {
      boolean wasAlone = single && held.holder().equals(last.holder());
      CrashSuspects.recordCrash(tx, job.channel(), job.id(), after.interruptions(), wasAlone);
    }
    jobs.releaseInterrupted(tx, job, after);
  }
}
