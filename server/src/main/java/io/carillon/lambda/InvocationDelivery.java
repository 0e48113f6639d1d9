package io.carillon.lambda;

import io.carillon.kernel.Kernel;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.lambda.runtime.Environments;
import io.carillon.lambda.runtime.Invocation;
import io.carillon.lambda.runtime.InvocationResult;
import io.carillon.messaging.MessageAttribute;
import io.carillon.outbox.DeadLetterPlan;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs asynchronous invocations. A function error is retried by the function's retry settings; a
/// throttled invocation, or one that failed for an internal reason, is postponed and uses up no
/// attempt.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
final class InvocationDelivery implements Delivery {
  /// AWS's message in a dead-letter queue, spelling included.
  private static final String NO_CONCURRENCY =
      "Function not invoked. Function isconfigured with zero reserved concurrent executions";

  /// How long an event may wait for room for an environment, and that take to start, from unpacking
  /// to its first request.
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

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
      Kernel kernel,
      Functions functions,
      EventInvokeConfigs configs,
      ConcurrencyLimits limits,
      Environments environments) {
    this.database = kernel.database();
    this.functions = functions;
    this.configs = configs;
    this.limits = limits;
    this.blobs = kernel.blobs();
    this.environments = environments;
    this.outbox = kernel.outbox();
    this.trace = kernel.trace();
    this.clock = kernel.clock();
  }

  /// A function's state for one attempt.
  private record Target(FunctionVersion version, int concurrency, boolean stopsRecursion) {}

  @Override
  public DeliveryOutcome attempt(Job job) throws InterruptedException {
    AsyncInvocation invocation = AsyncInvocation.of(job.work());
    Cause cause = Cause.of(job.work().cause());
    Optional<Target> target =
        database.read(snapshot -> target(snapshot, invocation.functionName(), cause));
    if (target.isEmpty()) {
      return new DeliveryOutcome.Rejected("the function " + invocation.functionArn() + " is gone");
    }
    if (target.get().concurrency() == 0) {
      return new DeliveryOutcome.Rejected(NO_CONCURRENCY);
    }
    if (target.get().stopsRecursion()) {
      return new DeliveryOutcome.Rejected(Recursion.REASON);
    }
    Environments.PendingInvocation begun =
        environments.beginEvent(
            target.get().version().spec(blobs),
            new Invocation(
                invocation.requestId(),
                invocation.functionArn(),
                invocation.payload(),
                invocation.clientContext(),
                invocation.traceHeader(),
                Recursion.countRun(cause, invocation.functionName().arn()).toString()),
            target.get().concurrency());
    traceInvoked(job, target.get().version(), invocation);
    return switch (begun.await()) {
      case InvocationResult.Returned returned ->
          new DeliveryOutcome.Local(
              snapshot -> returned(snapshot, job, invocation, target.get().version(), returned));
      case InvocationResult.FunctionFailed failed -> failed(job, invocation, failed);
      case InvocationResult.Throttled throttled ->
          new DeliveryOutcome.Postponed(
              switch (throttled.limit()) {
                case RESERVED -> "throttled: the function's concurrency is used up";
                case TOTAL -> "throttled: no capacity for another environment";
              },
              Duration.ZERO);
      case InvocationResult.Unavailable unavailable ->
          new DeliveryOutcome.Postponed(unavailable.why(), Duration.ZERO);
    };
  }

  private Optional<Target> target(Snapshot snapshot, FunctionName name, Cause cause) {
    Optional<FunctionRow> row = functions.find(snapshot, name);
    Optional<FunctionVersion> version =
        name.qualifier().isEmpty()
            ? row.map(FunctionRow::latest)
            : functions.findVersion(snapshot, name);
    return row.flatMap(
        r -> version.map(v -> new Target(v, ConcurrencyLimits.of(r), r.stopsRecursion(cause))));
  }

  /// Runs while the function runs: the trace must neither delay it nor make it fail.
  private void traceInvoked(Job job, FunctionVersion version, AsyncInvocation invocation) {
    Map<String, String> details =
        Map.of(
            "function",
            version.arn().toString(),
            "requestId",
            invocation.requestId(),
            "attempt",
            Integer.toString(job.attempts()));
    try {
      Consumer<Tx> traced = trace.plan(job.work().cause(), Trace.Step.INVOKED, details);
      database.writeRelaxed(
          tx -> {
            traced.accept(tx);
            return details;
          });
    } catch (RuntimeException e) {
      LOG.warn("A step of trace {} was not recorded", job.work().cause(), e);
    }
  }

  /// The record for the destination is a JSON document with event and response, so it is made here
  /// and not in the transaction that settles the event.
  private DeliveryOutcome returned(
      Snapshot snapshot,
      Job job,
      AsyncInvocation invocation,
      FunctionVersion version,
      InvocationResult.Returned result) {
    Consumer<Tx> traced =
        trace.plan(
            job.work().cause(),
            Trace.Step.RETURNED,
            Map.of("function", version.arn().toString(), "requestId", invocation.requestId()));
    Consumer<Tx> reported =
        configs
            .find(snapshot, invocation.functionName())
            .flatMap(config -> Optional.ofNullable(config.onSuccess()))
            .map(
                destination ->
                    outbox.prepare(
                        destinationWork(
                            job,
                            invocation,
                            version,
                            destination,
                            InvocationRecords.success(
                                invocation,
                                job,
                                version.version(),
                                result.payload(),
                                clock.instant()),
                            Map.of())))
            .orElse(_ -> {});
    return new DeliveryOutcome.Done(
        tx -> {
          traced.accept(tx);
          if (job.attempts() > 1) {
            failures.delete(tx, invocation);
          }
          reported.accept(tx);
        });
  }

  private DeliveryOutcome failed(
      Job job, AsyncInvocation invocation, InvocationResult.FunctionFailed result) {
    String why = FunctionFailure.of(result.payload()).toString();
    Consumer<Tx> traced =
        trace.plan(
            job.work().cause(),
            Trace.Step.FAILED,
            Map.of(
                "function",
                invocation.functionArn(),
                "requestId",
                invocation.requestId(),
                "error",
                why));
    database.changeRelaxed(
        snapshot ->
            configs
                .find(snapshot, invocation.functionName())
                .filter(config -> config.onFailure() != null)
                .map(_ -> failures.plan(invocation, result.payload(), why))
                .orElse(_ -> {}),
        (tx, kept) -> {
          traced.accept(tx);
          kept.accept(tx);
          return why;
        });
    return new DeliveryOutcome.Retry(why);
  }

  /// Twice the function's timeout, because a failed initialization is repeated within the
  /// invocation, plus the time to get an environment.
  @Override
  public Duration longestAttempt(Work work) {
    FunctionName name = AsyncInvocation.of(work).functionName();
    int seconds =
        database
            .read(snapshot -> functions.findVersion(snapshot, name))
            .map(version -> version.configuration().timeoutSeconds())
            .orElse(0);
    return START_LIMIT.plusSeconds(2L * seconds);
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
  public DeadLetterPlan planDeadLetter(Snapshot snapshot, Job job, String why) {
    AsyncInvocation invocation = AsyncInvocation.of(job.work());
    FunctionName name = invocation.functionName();
    String failure = lastFailure(job, why);
    Optional<byte[]> reported = failures.find(snapshot, invocation, failure);
    List<Consumer<Tx>> effects = new ArrayList<>();
    functions
        .findVersion(snapshot, name)
        .map(version -> new GivenUp(job, invocation, version, why, failure, reported))
        .ifPresent(
            given -> {
              toDeadLetterQueue(given).map(outbox::prepare).ifPresent(effects::add);
              toFailureDestination(snapshot, given).map(outbox::prepare).ifPresent(effects::add);
            });
    boolean isSent = !effects.isEmpty();
    reported.ifPresent(_ -> effects.add(tx -> failures.delete(tx, invocation)));
    return new DeadLetterPlan(isSent, tx -> effects.forEach(effect -> effect.accept(tx)));
  }

  /// An invocation that was given up.
  ///
  /// @param failure the error of the last attempt
  /// @param reported the same error as the runtime reported it; empty if not known
  private record GivenUp(
      Job job,
      AsyncInvocation invocation,
      FunctionVersion version,
      String why,
      String failure,
      Optional<byte[]> reported) {
    int invokeCount() {
      boolean notInvoked = why.equals(Recursion.REASON) || why.equals(NO_CONCURRENCY);
      return job.attempts() - (notInvoked ? 1 : 0);
    }
  }

  private Optional<Work> toDeadLetterQueue(GivenUp given) {
    return Optional.ofNullable(given.version.configuration().deadLetterArn())
        .map(
            queue ->
                destinationWork(
                    given.job,
                    given.invocation,
                    given.version,
                    queue,
                    given.invocation.payload(),
                    InvocationRecords.deadLetterAttributes(
                        given.invocation, given.invokeCount(), given.failure)));
  }

  private Optional<Work> toFailureDestination(Snapshot snapshot, GivenUp given) {
    var config = configs.find(snapshot, given.invocation.functionName());
    RetryPolicy policy =
        config.map(EventInvokeConfigs.ConfigRow::retryPolicy).orElse(RetryPolicy.ASYNC_INVOCATION);
    return config
        .map(EventInvokeConfigs.ConfigRow::onFailure)
        .map(
            destination ->
                destinationWork(
                    given.job,
                    given.invocation,
                    given.version,
                    destination,
                    InvocationRecords.failure(
                        given.invocation,
                        given.invokeCount(),
                        given.version.version(),
                        condition(given.why, given.invokeCount() >= policy.maxAttempts()),
                        given.failure,
                        given.reported,
                        clock.instant()),
                    Map.of()));
  }

  /// AWS does not document the condition of a stopped recursion; here it is the error code.
  private static String condition(String why, boolean attemptsUsedUp) {
    if (why.equals(Recursion.REASON)) {
      return LambdaError.RECURSIVE_INVOCATION.code();
    }
    if (why.equals(NO_CONCURRENCY)) {
      return "ZeroReservedConcurrency";
    }
    return attemptsUsedUp ? "RetriesExhausted" : "EventAgeExceeded";
  }

  /// The error of the last attempt. The job holds the error of the attempt before the one that has
  /// just failed; `why` is the error of that one, or repeats the job's ("too old: …").
  private static String lastFailure(Job job, String why) {
    return !job.lastError().isEmpty() && why.endsWith(job.lastError()) ? job.lastError() : why;
  }

  private Work destinationWork(
      Job job,
      AsyncInvocation invocation,
      FunctionVersion version,
      String destination,
      byte[] payload,
      Map<String, MessageAttribute> attributes) {
    return new DestinationWork(
            invocation.functionName().arn().toString(),
            version.configuration().role(),
            destination,
            payload,
            attributes)
        .work(clock.instant(), job.work().cause());
  }

  @Override
  public int concurrencyOfLane(Snapshot snapshot, String lane) {
    return limits.asyncAttemptLimit(snapshot, lane);
  }
}
