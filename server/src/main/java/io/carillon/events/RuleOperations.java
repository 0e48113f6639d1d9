package io.carillon.events;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.store.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.eventbridge.model.DeleteRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DeleteRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.DescribeRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.DisableRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.DisableRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.EnableRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.EnableRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.ListRuleNamesByTargetRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRuleNamesByTargetResponse;
import software.amazon.awssdk.services.eventbridge.model.ListRulesRequest;
import software.amazon.awssdk.services.eventbridge.model.ListRulesResponse;
import software.amazon.awssdk.services.eventbridge.model.PutRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.PutRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.RuleState;

/// The operations on rules.
final class RuleOperations {
  private final Database database;
  private final Buses buses;
  private final Rules rules;

  RuleOperations(Database database, Buses buses, Rules rules) {
    this.database = database;
    this.buses = buses;
    this.rules = rules;
  }

  static List<Need> needsOfPut(Caller caller, PutRuleRequest request) {
    Need need = need(caller, "PutRule", request.eventBusName(), request.name());
    Optional<JsonNode> pattern =
        EventJson.parse(Objects.requireNonNullElse(request.eventPattern(), ""));
    return need.with("events:source", literals(pattern, "source"))
        .with("events:detail-type", literals(pattern, "detail-type"))
        .andTagging("events:TagResource", EventTags.read(request.tags()));
  }

  /// The texts that a pattern asks for in a member of the event.
  private static List<String> literals(Optional<JsonNode> pattern, String member) {
    List<String> texts = new ArrayList<>();
    pattern.ifPresent(
        json ->
            json.path(member)
                .forEach(
                    value -> {
                      if (value.isTextual()) {
                        texts.add(value.textValue());
                      }
                    }));
    return texts;
  }

  /// The need of an operation on a rule.
  static Need need(Caller caller, String operation, @Nullable String bus, @Nullable String rule) {
    return Need.of("events:" + operation, RuleKey.own(caller, bus, "name", rule).arn())
        .with("events:creatorAccount", caller.account());
  }

  PutRuleResponse put(Caller caller, PutRuleRequest request) {
    RuleKey key = RuleKey.own(caller, request.eventBusName(), "name", request.name());
    EventsError.refuseUnsupported("ScheduleExpression", request.scheduleExpression());
    EventsError.refuseUnsupported("RoleArn of a rule", request.roleArn());
    if (request.eventPattern() == null || request.eventPattern().isEmpty()) {
      throw EventsError.VALIDATION.because(
          "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    }
    EventPattern.check(request.eventPattern());
    boolean enabled = isEnabled(request);
    String description = BusOperations.description(request.description());
    Map<String, String> tags = EventTags.read(request.tags());
    database.write(
        tx -> {
          buses.require(tx, key.bus());
          Optional<Rule> existing = rules.find(tx, key);
          if (existing.isEmpty() && rules.all(tx, key.bus()).size() >= Rules.MAX_RULES) {
            throw EventsError.LIMIT_EXCEEDED.exception();
          }
          // As on AWS, tags count only when a rule is created.
          rules.put(
              tx,
              key,
              new Rule(
                  request.eventPattern(),
                  enabled,
                  description,
                  existing.map(Rule::tags).orElse(tags),
                  existing.map(Rule::createdBy).orElse(caller.account().value()),
                  existing.map(Rule::targets).orElse(List.of())));
          return true;
        });
    return PutRuleResponse.builder().ruleArn(key.arn().toString()).build();
  }

  private static boolean isEnabled(PutRuleRequest request) {
    if (request.state() == null) {
      return true;
    }
    return switch (request.state()) {
      case ENABLED -> true;
      case DISABLED -> false;
      case ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS ->
          throw EventsError.unsupported("The state " + request.stateAsString());
      case UNKNOWN_TO_SDK_VERSION ->
          throw EventsError.MEMBERS.unsatisfied(
              "state",
              request.stateAsString(),
              "Member must satisfy enum value set: [ENABLED, DISABLED,"
                  + " ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]");
    };
  }

  DescribeRuleResponse describe(Caller caller, DescribeRuleRequest request) {
    RuleKey key = RuleKey.own(caller, request.eventBusName(), "name", request.name());
    Rule rule =
        database.read(
            snapshot -> {
              buses.require(snapshot, key.bus());
              return rules.require(snapshot, key);
            });
    return DescribeRuleResponse.builder()
        .name(key.name())
        .arn(key.arn().toString())
        .eventPattern(rule.pattern())
        .state(state(rule))
        .description(BusOperations.nullIfEmpty(rule.description()))
        .eventBusName(key.bus().name())
        .createdBy(rule.createdBy())
        .build();
  }

  private static RuleState state(Rule rule) {
    return rule.enabled() ? RuleState.ENABLED : RuleState.DISABLED;
  }

  ListRulesResponse list(Caller caller, ListRulesRequest request) {
    BusKey bus = BusKey.own(caller, request.eventBusName());
    String prefix = Objects.requireNonNullElse(request.namePrefix(), "");
    EventPages.Page<Rules.Named> page =
        EventPages.Page.of(
            rules(bus, prefix),
            Rules.Named::name,
            EventPages.after(request.nextToken()),
            EventPages.size(request.limit()));
    return ListRulesResponse.builder()
        .rules(page.items().stream().map(named -> shown(bus, named)).toList())
        .nextToken(page.token())
        .build();
  }

  private List<Rules.Named> rules(BusKey bus, String prefix) {
    return database.read(
        snapshot -> {
          buses.require(snapshot, bus);
          return rules.list(snapshot, bus, prefix, "", Rules.MAX_RULES);
        });
  }

  private static software.amazon.awssdk.services.eventbridge.model.Rule shown(
      BusKey bus, Rules.Named named) {
    return software.amazon.awssdk.services.eventbridge.model.Rule.builder()
        .name(named.name())
        .arn(bus.ruleArn(named.name()).toString())
        .eventPattern(named.rule().pattern())
        .state(state(named.rule()))
        .description(BusOperations.nullIfEmpty(named.rule().description()))
        .eventBusName(bus.name())
        .build();
  }

  ListRuleNamesByTargetResponse listNamesByTarget(
      Caller caller, ListRuleNamesByTargetRequest request) {
    String arn = EventsError.MEMBERS.length("targetArn", request.targetArn(), 1, 1_600);
    List<String> names =
        rules(BusKey.own(caller, request.eventBusName()), "").stream()
            .filter(
                named ->
                    named.rule().targets().stream().anyMatch(target -> target.arn().equals(arn)))
            .map(Rules.Named::name)
            .toList();
    EventPages.Page<String> page =
        EventPages.Page.of(
            names,
            name -> name,
            EventPages.after(request.nextToken()),
            EventPages.size(request.limit()));
    return ListRuleNamesByTargetResponse.builder()
        .ruleNames(page.items())
        .nextToken(page.token())
        .build();
  }

  EnableRuleResponse enable(Caller caller, EnableRuleRequest request) {
    setState(RuleKey.own(caller, request.eventBusName(), "name", request.name()), true);
    return EnableRuleResponse.builder().build();
  }

  DisableRuleResponse disable(Caller caller, DisableRuleRequest request) {
    setState(RuleKey.own(caller, request.eventBusName(), "name", request.name()), false);
    return DisableRuleResponse.builder().build();
  }

  private void setState(RuleKey key, boolean enabled) {
    database.write(
        tx -> {
          buses.require(tx, key.bus());
          rules.put(tx, key, rules.require(tx, key).withState(enabled));
          return true;
        });
  }

  /// A missing rule is no error. `Force` is for the rules that AWS's services manage; there are
  /// none here.
  DeleteRuleResponse delete(Caller caller, DeleteRuleRequest request) {
    RuleKey key = RuleKey.own(caller, request.eventBusName(), "name", request.name());
    database.write(
        tx -> {
          buses.require(tx, key.bus());
          Optional<Rule> rule = rules.find(tx, key);
          if (rule.isPresent()) {
            if (!rule.get().targets().isEmpty()) {
              throw EventsError.VALIDATION.because("Rule can't be deleted since it has targets.");
            }
            rules.delete(tx, key);
          }
          return true;
        });
    return DeleteRuleResponse.builder().build();
  }
}
