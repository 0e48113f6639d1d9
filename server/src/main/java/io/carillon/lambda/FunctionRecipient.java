package io.carillon.lambda;

import io.carillon.aws.Authorizer;
import io.carillon.base.Ids;
import io.carillon.kernel.Kernel;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Outbox;
import io.carillon.store.Snapshot;
import java.time.InstantSource;
import java.util.Optional;

/// Invokes functions asynchronously for other services: S3's event notifications, SNS's deliveries,
/// other functions' destinations.
final class FunctionRecipient implements Recipient {
  private final Functions functions;
  private final Outbox outbox;
  private final Authorizer authorizer;
  private final InstantSource clock;
  private final Ids ids;
  private final TraceHeaders traceHeaders;

  FunctionRecipient(Kernel kernel, Functions functions, TraceHeaders traceHeaders) {
    this.functions = functions;
    this.outbox = kernel.outbox();
    this.authorizer = kernel.authorizer();
    this.clock = kernel.clock();
    this.ids = kernel.ids();
    this.traceHeaders = traceHeaders;
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    Optional<FunctionName> name = FunctionName.of(message.destination());
    if (name.isEmpty() || functions.findVersion(snapshot, name.get()).isEmpty()) {
      return new Acceptance.Refused(
          "the function " + message.destination() + " does not exist",
          Acceptance.Refused.Reason.ABSENT);
    }
    Optional<Acceptance.Refused> refusal =
        message.refusal(snapshot, authorizer, "lambda:InvokeFunction");
    if (refusal.isPresent()) {
      return refusal.get();
    }
    if (message.payload().length > Invocations.ASYNC_LIMIT_BYTES) {
      return new Acceptance.Refused(
          "the event exceeds " + Invocations.ASYNC_LIMIT_BYTES + " bytes");
    }
    AsyncInvocation event =
        new AsyncInvocation(
            message.destination().toString(),
            ids.uuid(),
            message.payload(),
            "",
            traceHeaders.of(message.traceHeader()));
    return new Acceptance.Accepted(outbox.prepare(event.work(clock.instant(), message.cause())));
  }
}
