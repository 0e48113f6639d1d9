package io.carillon.events;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.DirectPipeline;
import io.carillon.aws.FixedAuthorizer;
import io.carillon.aws.Need;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.outbox.Work;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import io.carillon.store.RepeatingDatabase;
import io.carillon.trace.NotingTrace;
import io.carillon.trace.Trace;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequest;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResponse;
import software.amazon.awssdk.services.eventbridge.model.PutRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.PutTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.PutTargetsResponse;
import software.amazon.awssdk.services.eventbridge.model.Target;

/// EventBridge on a database in memory. The outbox records work, and the recipients record
/// messages.
final class EventsFixture implements FixedAuthorizer {
  static final AccountId ALICE = new AccountId("111111111111");
  static final AccountId BOB = new AccountId("222222222222");
  static final Region REGION = new Region("eu-central-1");
  static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");
  static final String QUEUE = "arn:aws:sqs:eu-central-1:111111111111:queue";
  static final String DEAD_LETTERS = "arn:aws:sqs:eu-central-1:111111111111:dead";
  static final String FUNCTION = "arn:aws:lambda:eu-central-1:111111111111:function:f";
  static final String ORDERS = "{\"source\":[\"shop\"]}";

  final Database database = RepeatingDatabase.inMemory();
  final List<Work> outbox = new ArrayList<>();
  final List<ServiceMessage> messages = new ArrayList<>();
  final List<String> steps = new ArrayList<>();
  final FewPrincipals principals = new FewPrincipals(ALICE, BOB);
  final Caller alice = DirectPipeline.root(ALICE, REGION, START);
  final Caller bob = DirectPipeline.root(BOB, REGION, START);
  Function<ServiceMessage, Acceptance> recipients = this::accept;
  Predicate<Need> denied = _ -> false;
  Instant now = START;

  final EventsService service =
      new EventsService(
          new TestKernel(database, () -> now)
              .with((RecordingOutbox) (tx, work) -> tx.afterCommit(() -> outbox.add(work)))
              .with((Authorizer) this)
              .with(principals)
              .with(trace())
              .sendingTo((_, message) -> recipients.apply(message))
              .build());
  private final DirectPipeline pipeline = new DirectPipeline(service.operations(), this);

  private Trace trace() {
    return new NotingTrace() {
      @Override
      public void note(
          io.carillon.store.Tx tx, String cause, Step step, Map<String, String> details) {
        tx.afterCommit(() -> steps.add(step.name()));
      }

      @Override
      public String begin() {
        return "begun";
      }
    };
  }

  Acceptance accept(ServiceMessage message) {
    return new Acceptance.Accepted(tx -> tx.afterCommit(() -> messages.add(message)));
  }

  <I extends SdkPojo, O> O call(I input) {
    return pipeline.call(alice, input);
  }

  <I extends SdkPojo, O> O callAs(Caller caller, I input) {
    return pipeline.call(caller, input);
  }

  <I extends SdkPojo> List<Need> needs(I input) {
    return pipeline.needs(alice, input);
  }

  void putRule(String name, String pattern) {
    var _ = call(PutRuleRequest.builder().name(name).eventPattern(pattern).build());
  }

  PutTargetsResponse putTargets(String rule, Target... targets) {
    return call(PutTargetsRequest.builder().rule(rule).targets(targets).build());
  }

  static Target target(String id, String arn) {
    return Target.builder().id(id).arn(arn).build();
  }

  static PutEventsRequestEntry entry(String source, String detail) {
    return PutEventsRequestEntry.builder()
        .source(source)
        .detailType("Order placed")
        .detail(detail)
        .build();
  }

  PutEventsResponse put(PutEventsRequestEntry... entries) {
    return call(PutEventsRequest.builder().entries(entries).build());
  }

  /// The input that a target of a rule for all events of the shop gets for a detail.
  String delivered(Target target, String detail) {
    putRule("rule", ORDERS);
    putTargets("rule", target);
    var _ = put(entry("shop", detail));
    runAll();
    return payload(messages.removeLast());
  }

  static String payload(ServiceMessage message) {
    return new String(message.payload(), StandardCharsets.UTF_8);
  }

  /// Attempts all work once; failures are final.
  void runAll() {
    while (!outbox.isEmpty()) {
      Work work = outbox.removeFirst();
      Job job = job(work, 1);
      switch (outcome(job)) {
        case DeliveryOutcome.Done(var effect) ->
            database.write(
                tx -> {
                  effect.accept(tx);
                  return true;
                });
        case DeliveryOutcome.Rejected(var why) -> {
          var _ = deadLetter(job, why);
        }
        case DeliveryOutcome other -> throw new AssertionError(other);
      }
    }
  }

  static Job job(Work work, int attempts) {
    return new Job("job", work, START, attempts, 0, 0, "", "");
  }

  DeliveryOutcome outcome(Job job) {
    try {
      return RecordingOutbox.decided(database, delivery(job.work()).attempt(job));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  boolean deadLetter(Job job, String why) {
    return RecordingOutbox.deadLettered(database, delivery(job.work()), job, why);
  }

  Delivery delivery(Work work) {
    return Objects.requireNonNull(service.deliveries().get(work.kind()));
  }

  @Override
  public void require(Caller caller, List<Need> needs) {
    for (Need need : needs) {
      if (denied.test(need)) {
        throw CommonError.ACCESS_DENIED.because("not " + need.action() + " on " + need.resource());
      }
    }
  }

  @Override
  public boolean allowsService(
      String service, String action, Arn resource, Arn source, String sourceAccount) {
    return true;
  }
}
