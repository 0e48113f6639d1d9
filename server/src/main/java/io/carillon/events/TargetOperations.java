package io.carillon.events;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.store.Database;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.services.eventbridge.model.DeadLetterConfig;
import software.amazon.awssdk.services.eventbridge.model.InputTransformer;
import software.amazon.awssdk.services.eventbridge.model.ListTargetsByRuleRequest;
import software.amazon.awssdk.services.eventbridge.model.ListTargetsByRuleResponse;
import software.amazon.awssdk.services.eventbridge.model.PutTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.PutTargetsResponse;
import software.amazon.awssdk.services.eventbridge.model.RemoveTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.RemoveTargetsResponse;
import software.amazon.awssdk.services.eventbridge.model.RetryPolicy;
import software.amazon.awssdk.services.eventbridge.model.Target;

/// The operations on the targets of rules.
final class TargetOperations {
  private static final int MAX_TARGETS = 5;
  private static final int MAX_ENTRIES = 100;

  private final Database database;
  private final Buses buses;
  private final Rules rules;

  TargetOperations(Database database, Buses buses, Rules rules) {
    this.database = database;
    this.buses = buses;
    this.rules = rules;
  }

  static List<Need> needsOfPut(Caller caller, PutTargetsRequest request) {
    List<String> arns =
        request.targets().stream().map(Target::arn).filter(Objects::nonNull).distinct().toList();
    return List.of(
        RuleOperations.need(caller, "PutTargets", request.eventBusName(), request.rule())
            .with("events:TargetArn", arns));
  }

  PutTargetsResponse put(Caller caller, PutTargetsRequest request) {
    RuleKey key = RuleKey.own(caller, request.eventBusName(), "rule", request.rule());
    checkCount("targets", request.targets());
    Set<String> ids = new HashSet<>();
    List<RuleTarget> targets =
        request.targets().stream().map(target -> TargetRules.checked(caller, target)).toList();
    for (RuleTarget target : targets) {
      if (!ids.add(target.id())) {
        throw EventsError.VALIDATION.because(
            "Target IDs in the request must be unique: " + target.id() + ".");
      }
    }
    change(
        key,
        rule -> {
          Rule changed = rule.withTargets(targets);
          if (changed.targets().size() > MAX_TARGETS) {
            throw EventsError.LIMIT_EXCEEDED.exception();
          }
          return changed;
        });
    return PutTargetsResponse.builder().failedEntryCount(0).failedEntries(List.of()).build();
  }

  /// An id without a target is no error.
  RemoveTargetsResponse remove(Caller caller, RemoveTargetsRequest request) {
    RuleKey key = RuleKey.own(caller, request.eventBusName(), "rule", request.rule());
    checkCount("ids", request.ids());
    change(key, rule -> rule.withoutTargets(Set.copyOf(request.ids())));
    return RemoveTargetsResponse.builder().failedEntryCount(0).failedEntries(List.of()).build();
  }

  private static void checkCount(String member, List<?> entries) {
    if (entries.isEmpty() || entries.size() > MAX_ENTRIES) {
      throw EventsError.MEMBERS.unsatisfied(
          member,
          "[" + entries.size() + " entries]",
          entries.isEmpty()
              ? "Member must have length greater than or equal to 1"
              : "Member must have length less than or equal to " + MAX_ENTRIES);
    }
  }

  private void change(RuleKey key, UnaryOperator<Rule> change) {
    database.write(
        tx -> {
          buses.require(tx, key.bus());
          rules.put(tx, key, change.apply(rules.require(tx, key)));
          return true;
        });
  }

  ListTargetsByRuleResponse list(Caller caller, ListTargetsByRuleRequest request) {
    RuleKey key = RuleKey.own(caller, request.eventBusName(), "rule", request.rule());
    Rule rule =
        database.read(
            snapshot -> {
              buses.require(snapshot, key.bus());
              return rules.require(snapshot, key);
            });
    EventPages.Page<RuleTarget> page =
        EventPages.Page.of(
            rule.targets().stream().sorted(Comparator.comparing(RuleTarget::id)).toList(),
            RuleTarget::id,
            EventPages.after(request.nextToken()),
            EventPages.size(request.limit()));
    return ListTargetsByRuleResponse.builder()
        .targets(page.items().stream().map(TargetOperations::shown).toList())
        .nextToken(page.token())
        .build();
  }

  private static Target shown(RuleTarget target) {
    Target.Builder shown =
        Target.builder()
            .id(target.id())
            .arn(target.arn())
            .input(target.input())
            .inputPath(target.inputPath());
    if (target.transformer() != null) {
      shown.inputTransformer(
          InputTransformer.builder()
              .inputPathsMap(target.transformer().variables())
              .inputTemplate(target.transformer().template())
              .build());
    }
    if (target.retries() != null || target.maxAgeSeconds() != null) {
      shown.retryPolicy(
          RetryPolicy.builder()
              .maximumRetryAttempts(target.retries())
              .maximumEventAgeInSeconds(target.maxAgeSeconds())
              .build());
    }
    if (target.deadLetterQueue() != null) {
      shown.deadLetterConfig(DeadLetterConfig.builder().arn(target.deadLetterQueue()).build());
    }
    return shown.build();
  }
}
