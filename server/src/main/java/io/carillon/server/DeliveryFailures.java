package io.carillon.server;

import io.carillon.outbox.DeliveryFailure;
import io.carillon.outbox.Job;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.util.Map;

/// Records in the trace why a job has not been done.
record DeliveryFailures(Trace trace) implements DeliveryFailure.Listener {
  @Override
  public void note(Tx tx, Job job, DeliveryFailure failure) {
    String lane = job.work().lane();
    switch (failure) {
      case DeliveryFailure.Retrying(var why, var next) ->
          trace.note(
              tx,
              job.work().cause(),
              Trace.Step.RETRYING,
              Map.of(
                  "to",
                  lane,
                  "attempt",
                  String.valueOf(job.attempts()),
                  "why",
                  why,
                  "next",
                  next.toString()));
      case DeliveryFailure.Postponed(var why, var next) -> {
        if (job.postponements() == 0) { // noted once, or a waiting job would fill the trace
          trace.note(
              tx,
              job.work().cause(),
              Trace.Step.RETRYING,
              Map.of("to", lane, "why", why, "next", next.toString()));
        }
      }
      case DeliveryFailure.DeadLettered(var why, var isInDeadLetters) ->
          trace.note(
              tx,
              job.work().cause(),
              Trace.Step.BURIED,
              Map.of(
                  "to",
                  lane,
                  "why",
                  why,
                  "where",
                  isInDeadLetters ? "the dead letters" : "its dead-letter destination"));
    }
  }
}
