package io.carillon.lambda;

import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.lambda.runtime.Environments;
import io.carillon.lambda.runtime.Invocation;
import io.carillon.lambda.runtime.InvocationResult;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.MessageAttribute;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Cause;
import io.carillon.trace.Trace;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs asynchronous invocations. An error of the function is tried again by its rules; what is
/// throttled, or fails through our own fault, is put off and uses up no try.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
final class InvocationDelivery implements Delivery {
  /// AWS's words, its spelling included, as they stand in a dead-letter queue.
  private static final String NO_CONCURRENCY =
      "Function not invoked. Function isconfigured with zero reserved concurrent executions";

  /// How long an environment may take from the first look at the package to its first request.
  private static final Duration START = Duration.ofMinutes(3);

  private static final Logger LOG = LoggerFactory.getLogger(InvocationDelivery.class);

  private final Database database;
  private final Functions functions;
  private final EventInvokeConfigs configs;
  private final LastFailures failures = new LastFailures();
  private final ConcurrencyLimits limits;
  private final Blobs blobs;
  private final Environments environments;
  private final Outbox outbox;
  private final Trace trace;
  private final InstantSource clock;

  InvocationDelivery(
      Database database,
      Functions functions,
      EventInvokeConfigs configs,
      ConcurrencyLimits limits,
      Blobs blobs,
      Environments environments,
      Outbox outbox,
      Trace trace,
      InstantSource clock) {
    this.database = database;
    this.functions = functions;
    this.configs = configs;
    this.limits = limits;
    this.blobs = blobs;
    this.environments = environments;
    this.outbox = outbox;
    this.trace = trace;
    this.clock = clock;
  }

  /// A function as it is for one try.
  private record Subject(FunctionVersion version, int concurrency, boolean stopsLoop) {}

  @Override
  public DeliveryOutcome attempt(Job job) throws InterruptedException {
    AsyncInvocation invocation = AsyncInvocation.of(job.work());
    Cause cause = Cause.of(job.work().cause());
    Optional<Subject> subject =
        database.read(snapshot -> subject(snapshot, invocation.functionName(), cause));
    if (subject.isEmpty()) {
      return new DeliveryOutcome.Rejected("the function " + invocation.functionArn() + " is gone");
    }
    if (subject.get().concurrency() == 0) {
      return new DeliveryOutcome.Rejected(NO_CONCURRENCY);
    }
    if (subject.get().stopsLoop()) {
      return new DeliveryOutcome.Rejected(Recursion.REASON);
    }
    Environments.Begun begun =
        environments.begin(
            subject.get().version().spec(blobs),
            new Invocation(
                invocation.requestId(),
                invocation.functionArn(),
                invocation.payload(),
                invocation.clientContext(),
                invocation.traceHeader(),
                Recursion.pass(cause, invocation.functionName().arn()).toString()),
            subject.get().concurrency());
    noteInvoked(job, subject.get().version(), invocation);
    return switch (begun.await()) {
      case InvocationResult.Returned returned ->
          new DeliveryOutcome.Done(tx -> returned(tx, job, invocation, subject.get(), returned));
      case InvocationResult.FunctionFailed failed -> failed(job, invocation, failed);
      case InvocationResult.Throttled throttled ->
          new DeliveryOutcome.Postponed(
              switch (throttled.limit()) {
                case RESERVED -> "throttled: the function's concurrency is used up";
                case TOTAL -> "throttled: no room for another environment";
              },
              Duration.ZERO);
      case InvocationResult.Unavailable unavailable ->
          new DeliveryOutcome.Postponed(unavailable.why(), Duration.ZERO);
    };
  }

  private Optional<Subject> subject(Snapshot snapshot, FunctionName name, Cause cause) {
    Optional<FunctionRow> row = functions.find(snapshot, name);
    Optional<FunctionVersion> version =
        name.qualifier().isEmpty()
            ? row.map(FunctionRow::latest)
            : functions.findVersion(snapshot, name);
    return row.flatMap(
        r -> version.map(v -> new Subject(v, ConcurrencyLimits.of(r), r.stopsLoop(cause))));
  }

  /// While the function runs already: it is not to wait for its own trace, nor to fail by it.
  private void noteInvoked(Job job, FunctionVersion version, AsyncInvocation invocation) {
    Map<String, String> details =
        Map.of(
            "function",
            version.arn().toString(),
            "requestId",
            invocation.requestId(),
            "attempt",
            Integer.toString(job.attempts()));
    try {
      database.writeRelaxed(
          tx -> {
            trace.note(tx, job.work().cause(), Trace.Step.INVOKED, details);
            return details;
          });
    } catch (RuntimeException e) {
      LOG.warn("The trace of {} lacks a step", job.work().cause(), e);
    }
  }

  private void returned(
      Tx tx,
      Job job,
      AsyncInvocation invocation,
      Subject subject,
      InvocationResult.Returned result) {
    trace.note(
        tx,
        job.work().cause(),
        Trace.Step.RETURNED,
        Map.of(
            "function", subject.version().arn().toString(), "requestId", invocation.requestId()));
    if (job.attempts() > 1) {
      failures.forget(tx, invocation);
    }
    configs
        .find(tx, invocation.functionName())
        .flatMap(config -> Optional.ofNullable(config.onSuccess()))
        .ifPresent(
            destination ->
                tell(
                    tx,
                    job,
                    invocation,
                    subject.version(),
                    destination,
                    InvocationRecords.success(
                        invocation,
                        job,
                        subject.version().version(),
                        result.payload(),
                        clock.instant()),
                    Map.of()));
  }

  private DeliveryOutcome failed(
      Job job, AsyncInvocation invocation, InvocationResult.FunctionFailed result) {
    String why = FunctionFailure.of(result.payload()).toString();
    database.writeRelaxed(
        tx -> {
          trace.note(
              tx,
              job.work().cause(),
              Trace.Step.FAILED,
              Map.of(
                  "function",
                  invocation.functionArn(),
                  "requestId",
                  invocation.requestId(),
                  "error",
                  why));
          boolean isTold =
              configs
                  .find(tx, invocation.functionName())
                  .filter(config -> config.onFailure() != null)
                  .isPresent();
          if (isTold) {
            failures.put(tx, invocation, result.payload(), why);
          }
          return why;
        });
    return new DeliveryOutcome.Retry(why);
  }

  /// The function's time-out twice, for an initialization that failed is run once more in the
  /// invocation's time, and what an environment needs to start.
  @Override
  public Duration longestAttempt(Work work) {
    FunctionName name = AsyncInvocation.of(work).functionName();
    int seconds =
        database
            .read(snapshot -> functions.findVersion(snapshot, name))
            .map(version -> version.configuration().timeoutSeconds())
            .orElse(0);
    return START.plusSeconds(2L * seconds);
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    FunctionName name = AsyncInvocation.of(job.work()).functionName();
    return database
        .read(snapshot -> configs.find(snapshot, name))
        .map(EventInvokeConfigs.ConfigRow::retryPolicy)
        .orElse(RetryPolicy.ASYNC_INVOCATION);
  }

  @Override
  public boolean deadLetter(Tx tx, Job job, String why) {
    AsyncInvocation invocation = AsyncInvocation.of(job.work());
    FunctionName name = invocation.functionName();
    String failure = lastFailure(job, why);
    Optional<byte[]> reported = failures.find(tx, invocation, failure);
    reported.ifPresent(_ -> failures.forget(tx, invocation));
    Optional<FunctionVersion> version = functions.findVersion(tx, name);
    if (version.isEmpty()) {
      return false;
    }
    boolean refused = why.equals(Recursion.REASON) || why.equals(NO_CONCURRENCY);
    int runs = job.attempts() - (refused ? 1 : 0);
    boolean told = false;
    String deadLetters = version.get().configuration().deadLetterArn();
    if (deadLetters != null) {
      tell(
          tx,
          job,
          invocation,
          version.get(),
          deadLetters,
          invocation.payload(),
          InvocationRecords.deadLetterAttributes(invocation, runs, failure));
      told = true;
    }
    var config = configs.find(tx, name);
    String onFailure = config.map(EventInvokeConfigs.ConfigRow::onFailure).orElse(null);
    if (onFailure != null) {
      RetryPolicy policy =
          config
              .map(EventInvokeConfigs.ConfigRow::retryPolicy)
              .orElse(RetryPolicy.ASYNC_INVOCATION);
      byte[] document =
          InvocationRecords.failure(
              invocation,
              runs,
              version.get().version(),
              condition(why, runs >= policy.maxAttempts()),
              failure,
              reported,
              clock.instant());
      tell(tx, job, invocation, version.get(), onFailure, document, Map.of());
      told = true;
    }
    return told;
  }

  /// AWS does not say what stands there when a loop was stopped; here it is the error's name.
  private static String condition(String why, boolean triedOften) {
    if (why.equals(Recursion.REASON)) {
      return LambdaError.RECURSIVE_INVOCATION.code();
    }
    if (why.equals(NO_CONCURRENCY)) {
      return "ZeroReservedConcurrency";
    }
    return triedOften ? "RetriesExhausted" : "EventAgeExceeded";
  }

  /// What the last try failed with. The job knows only of the tries before the one that has just
  /// failed; `why` is of that one, or says the job's own error again ("too old: …").
  private static String lastFailure(Job job, String why) {
    return !job.lastError().isEmpty() && why.endsWith(job.lastError()) ? job.lastError() : why;
  }

  private void tell(
      Tx tx,
      Job job,
      AsyncInvocation invocation,
      FunctionVersion version,
      String destination,
      byte[] payload,
      Map<String, MessageAttribute> attributes) {
    DestinationWork record =
        new DestinationWork(
            invocation.functionName().arn().toString(),
            version.configuration().role(),
            destination,
            payload,
            attributes);
    outbox.add(tx, record.work(clock.instant(), job.work().cause()));
  }

  @Override
  public int concurrencyOfLane(String lane) {
    return limits.ofLane(lane);
  }
}
