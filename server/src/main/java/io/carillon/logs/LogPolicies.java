package io.carillon.logs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.Caller;
import io.carillon.aws.PageToken;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.kernel.Kernel;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.store.Database;
import io.carillon.store.GuardedCache;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteResourcePolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteResourcePolicyResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeResourcePoliciesRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeResourcePoliciesResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.PolicyScope;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutResourcePolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutResourcePolicyResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.ResourcePolicy;

/// The resource policies of an account's log groups, by which services such as EventBridge write to
/// them. They belong to the account and region, not to a group; a group's policy is all of them.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
final class LogPolicies {
  private static final int MAX_POLICIES = 10;
  private static final int MAX_DOCUMENT = 5_120;
  private static final int CACHED_ACCOUNTS = 1_000;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// @param pinned the unique ids of the users and roles that the document named when it was
  ///   written, by ARN
  private record LogPolicy(String document, Map<String, String> pinned, long updatedMillis) {}

  /// All policies of an account in one document.
  private record Combined(String document, Map<String, String> pinned) {}

  private static final Table<Tuple, LogPolicy> TABLE =
      Table.of("logs.policies", KeyCodec.TUPLE, LogPolicy.class).guardedBy("logs.policies", 2);

  private final Database database;
  private final KnownPrincipals principals;
  private final InstantSource clock;
  private final GuardedCache<Tuple, Combined> cache = new GuardedCache<>(CACHED_ACCOUNTS);

  LogPolicies(Kernel kernel) {
    this.database = kernel.database();
    this.principals = kernel.principals();
    this.clock = kernel.clock();
  }

  /// The look-up of log groups, with the policies of their account.
  ResourcePolicies with(ResourcePolicies groups) {
    return (snapshot, arn) ->
        groups
            .find(snapshot, arn)
            .map(
                group ->
                    of(snapshot, arn.account(), arn.region())
                        .map(
                            policy ->
                                new Owned(
                                    group.owner(),
                                    Optional.of(policy.document()),
                                    group.tags(),
                                    policy.pinned()))
                        .orElse(group));
  }

  /// The policies of an account; empty if it has none.
  private Optional<Combined> of(Snapshot snapshot, String account, String region) {
    Tuple parent = Tuple.of(account, region);
    return cache.get(snapshot, TABLE.guard(parent), parent, () -> combine(all(snapshot, parent)));
  }

  private static List<Table.Entry<Tuple, LogPolicy>> all(Snapshot snapshot, Tuple parent) {
    return TABLE.list(snapshot, Range.within(parent), MAX_POLICIES);
  }

  private static Optional<Combined> combine(List<Table.Entry<Tuple, LogPolicy>> policies) {
    if (policies.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode document = JSON.createObjectNode().put("Version", "2012-10-17");
    ArrayNode statements = document.putArray("Statement");
    Map<String, String> pinned = new HashMap<>();
    for (Table.Entry<Tuple, LogPolicy> policy : policies) {
      JsonNode own = parse(policy.value().document()).path("Statement");
      if (own.isArray()) {
        own.forEach(statements::add);
      } else {
        statements.add(own);
      }
      pinned.putAll(policy.value().pinned());
    }
    return Optional.of(new Combined(document.toString(), pinned));
  }

  private static JsonNode parse(String document) {
    try {
      return JSON.readTree(document);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e); // it was checked when it was put
    }
  }

  PutResourcePolicyResponse put(Caller caller, PutResourcePolicyRequest input) {
    refuseScope(input.resourceArn(), input.expectedRevisionId());
    Tuple key = key(caller, input.policyName());
    String document =
        LogsError.MEMBERS.length("policyDocument", input.policyDocument(), 1, MAX_DOCUMENT);
    LogPolicy policy = new LogPolicy(document, checkedPins(document), clock.millis());
    database.write(
        tx -> {
          if (TABLE.get(tx, key).isEmpty() && all(tx, parent(caller)).size() >= MAX_POLICIES) {
            throw LogsError.LIMIT_EXCEEDED.because("Resource limit exceeded.");
          }
          TABLE.put(tx, key, policy);
          return true;
        });
    return PutResourcePolicyResponse.builder()
        .resourcePolicy(shown(input.policyName(), policy))
        .build();
  }

  private Map<String, String> checkedPins(String document) {
    try {
      return principals.pin(
          document,
          "logs",
          () ->
              LogsError.INVALID_PARAMETER.because(
                  "The policy document allows actions of other services."));
    } catch (MalformedPolicyException e) {
      throw LogsError.INVALID_PARAMETER.because(String.valueOf(e.getMessage()));
    }
  }

  DescribeResourcePoliciesResponse describe(Caller caller, DescribeResourcePoliciesRequest input) {
    refuseScope(input.resourceArn(), null);
    if (input.policyScope() != null && input.policyScope() != PolicyScope.ACCOUNT) {
      LogGroups.refuseUnsupported("policyScope", input.policyScopeAsString());
    }
    int limit = LogGroups.limit(input.limit(), MAX_POLICIES);
    String after = PageToken.lastKey(input.nextToken(), LogsError::invalidToken);
    List<Table.Entry<Tuple, LogPolicy>> rest =
        database.read(snapshot -> all(snapshot, parent(caller))).stream()
            .filter(entry -> entry.key().string(2).compareTo(after) > 0)
            .toList();
    List<Table.Entry<Tuple, LogPolicy>> page = rest.subList(0, Math.min(limit, rest.size()));
    return DescribeResourcePoliciesResponse.builder()
        .resourcePolicies(
            page.stream().map(entry -> shown(entry.key().string(2), entry.value())).toList())
        .nextToken(
            page.size() < rest.size() ? PageToken.after(page.getLast().key().string(2)) : null)
        .build();
  }

  private ResourcePolicy shown(String name, LogPolicy policy) {
    return ResourcePolicy.builder()
        .policyName(name)
        .policyDocument(principals.shown(policy.document(), policy.pinned()))
        .lastUpdatedTime(policy.updatedMillis())
        .policyScope(PolicyScope.ACCOUNT)
        .build();
  }

  DeleteResourcePolicyResponse delete(Caller caller, DeleteResourcePolicyRequest input) {
    refuseScope(input.resourceArn(), input.expectedRevisionId());
    Tuple key = key(caller, input.policyName());
    database.write(
        tx -> {
          if (TABLE.get(tx, key).isEmpty()) {
            throw LogsError.NO_SUCH_RESOURCE_POLICY.because(
                "Policy with name [" + input.policyName() + "] does not exist.");
          }
          TABLE.delete(tx, key);
          return true;
        });
    return DeleteResourcePolicyResponse.builder().build();
  }

  /// Policies of a single group are those with revisions.
  private static void refuseScope(@Nullable String resourceArn, @Nullable String revision) {
    LogGroups.refuseUnsupported("resourceArn", resourceArn);
    LogGroups.refuseUnsupported("expectedRevisionId", revision);
  }

  private static Tuple parent(Caller caller) {
    return Tuple.of(caller.account().value(), caller.region().name());
  }

  private static Tuple key(Caller caller, @Nullable String name) {
    return parent(caller).and(LogsError.MEMBERS.length("policyName", name, 1, 255));
  }
}
