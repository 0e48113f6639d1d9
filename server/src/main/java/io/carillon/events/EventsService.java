package io.carillon.events;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.Outbox;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.trace.Trace;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.eventbridge.model.CreateEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DeleteEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DeleteRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DisableRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.EnableRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.ListEventBusesRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRuleNamesByTargetRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRulesRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTargetsByRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequest;
import software.amazon.awssdk.services.eventbridge.model.PutPermissionRequest;
import software.amazon.awssdk.services.eventbridge.model.PutRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.PutTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.RemovePermissionRequest;
import software.amazon.awssdk.services.eventbridge.model.RemoveTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.TagResourceRequest;
import software.amazon.awssdk.services.eventbridge.model.TestEventPatternRequest;
import software.amazon.awssdk.services.eventbridge.model.UntagResourceRequest;

/// EventBridge: its operations, its deliveries, and its recipient for other services.
public final class EventsService implements Service {
  /// A request's events have 1 MiB; escaped, each byte takes up to six.
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
          "events",
          7 << 20,
          EventsService.class,
          new ServiceSpec.Wire.Json(
              "AWSEvents.",
              "1.1",
              "",
              ErrorDialect.json().map(CommonError.MISSING_PARAMETER, "ValidationException", 400)));

  private final Buses buses = new Buses();
  private final Rules rules = new Rules();
  private final BusOperations busOperations;
  private final BusPermissions permissions;
  private final RuleOperations ruleOperations;
  private final TargetOperations targetOperations;
  private final EventTags tags;
  private final PutEvents putEvents;
  private final Recipient recipient;
  private final Map<String, Delivery> deliveries;

  public EventsService(Kernel kernel) {
    Database database = kernel.database();
    Outbox outbox = kernel.outbox();
    Trace trace = kernel.trace();
    InstantSource clock = kernel.clock();
    Recipient recipients = kernel.recipients();
    this.busOperations = new BusOperations(database, buses, rules, kernel.principals(), clock);
    this.permissions = new BusPermissions(database, buses, kernel.principals(), clock);
    this.ruleOperations = new RuleOperations(database, buses, rules);
    this.targetOperations = new TargetOperations(database, buses, rules);
    this.tags = new EventTags(database, buses, rules);
    EventRouter router = new EventRouter(new BusRules(buses, rules), outbox, trace, clock);
    this.putEvents =
        new PutEvents(database, buses, router, kernel::causeOfEvent, kernel.ids(), clock);
    this.recipient = new EventBusRecipient(router, clock);
    this.deliveries =
        Map.of(
            TargetWork.KIND, new TargetDelivery(recipients, outbox, trace, clock),
            DeadLetterWork.KIND, new DeadLetterDelivery(recipients));
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    return Operations.of(SPEC)
        .needing(PutEventsRequest.class, PutEvents::needs, putEvents::run)
        .needing(CreateEventBusRequest.class, BusOperations::needsOfCreate, busOperations::create)
        .on(DescribeEventBusRequest.class, (c, r) -> bus(c, r.name()), busOperations::describe)
        .anywhere(ListEventBusesRequest.class, busOperations::list)
        .on(DeleteEventBusRequest.class, (c, r) -> bus(c, r.name()), busOperations::delete)
        .on(PutPermissionRequest.class, (c, r) -> bus(c, r.eventBusName()), permissions::put)
        .on(RemovePermissionRequest.class, (c, r) -> bus(c, r.eventBusName()), permissions::remove)
        .needing(PutRuleRequest.class, RuleOperations::needsOfPut, ruleOperations::put)
        .needing(
            DescribeRuleRequest.class,
            (c, r) -> rule(c, "DescribeRule", r.eventBusName(), r.name()),
            ruleOperations::describe)
        .on(ListRulesRequest.class, (c, r) -> rulesOf(c, r.eventBusName()), ruleOperations::list)
        .on(
            ListRuleNamesByTargetRequest.class,
            (c, r) -> rulesOf(c, r.eventBusName()),
            ruleOperations::listNamesByTarget)
        .needing(
            EnableRuleRequest.class,
            (c, r) -> rule(c, "EnableRule", r.eventBusName(), r.name()),
            ruleOperations::enable)
        .needing(
            DisableRuleRequest.class,
            (c, r) -> rule(c, "DisableRule", r.eventBusName(), r.name()),
            ruleOperations::disable)
        .needing(
            DeleteRuleRequest.class,
            (c, r) -> rule(c, "DeleteRule", r.eventBusName(), r.name()),
            ruleOperations::delete)
        .needing(PutTargetsRequest.class, TargetOperations::needsOfPut, targetOperations::put)
        .needing(
            RemoveTargetsRequest.class,
            (c, r) -> rule(c, "RemoveTargets", r.eventBusName(), r.rule()),
            targetOperations::remove)
        .needing(
            ListTargetsByRuleRequest.class,
            (c, r) -> rule(c, "ListTargetsByRule", r.eventBusName(), r.rule()),
            targetOperations::list)
        .anywhere(TestEventPatternRequest.class, TestEventPattern::run)
        .needing(
            TagResourceRequest.class,
            (c, r) ->
                List.of(
                    EventTags.need(c, "TagResource", r.resourceARN())
                        .tagging(EventTags.read(r.tags()))),
            tags::tag)
        .needing(
            UntagResourceRequest.class,
            (c, r) ->
                List.of(EventTags.need(c, "UntagResource", r.resourceARN()).untagging(r.tagKeys())),
            tags::untag)
        .needing(
            ListTagsForResourceRequest.class,
            (c, r) -> List.of(EventTags.need(c, "ListTagsForResource", r.resourceARN())),
            tags::list)
        .remark(CreateEventBusRequest.class, "no partner buses, keys or logs")
        .remark(PutPermissionRequest.class, "no condition on organizations")
        .remark(PutRuleRequest.class, "event patterns, no schedules")
        .remark(PutTargetsRequest.class, "functions, standard queues and topics, log groups");
  }

  private static Arn bus(Caller caller, @Nullable String nameOrArn) {
    return BusKey.of(caller, nameOrArn).arn();
  }

  private static List<Need> rule(
      Caller caller, String operation, @Nullable String bus, @Nullable String rule) {
    return List.of(RuleOperations.need(caller, operation, bus, rule));
  }

  /// ListRules and ListRuleNamesByTarget are permitted on all rules of a bus.
  private static Arn rulesOf(Caller caller, @Nullable String bus) {
    return BusKey.own(caller, bus).ruleArn("*");
  }

  /// Buses have policies; buses and rules have tags for conditions.
  @Override
  public Optional<ResourcePolicies> resourcePolicies() {
    return Optional.of(this::resource);
  }

  private Optional<Owned> resource(Snapshot snapshot, Arn arn) {
    Optional<BusKey> bus = BusKey.of(arn);
    if (bus.isPresent()) {
      return buses.find(snapshot, bus.get()).map(row -> owned(bus.get(), row));
    }
    return RuleKey.of(arn)
        .flatMap(key -> rules.find(snapshot, key))
        .map(rule -> new Owned(new AccountId(arn.account()), Optional.empty(), rule.tags()));
  }

  private static Owned owned(BusKey key, EventBus bus) {
    Optional<String> policy = bus.policy().isEmpty() ? Optional.empty() : Optional.of(bus.policy());
    return new Owned(new AccountId(key.account()), policy, bus.tags(), bus.pinned());
  }

  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(recipient);
  }

  @Override
  public Map<String, Delivery> deliveries() {
    return deliveries;
  }
}
