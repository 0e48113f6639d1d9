package io.carillon.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.store.Database;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.eventbridge.model.PutPermissionRequest;
import software.amazon.awssdk.services.eventbridge.model.PutPermissionResponse;
import software.amazon.awssdk.services.eventbridge.model.RemovePermissionRequest;
import software.amazon.awssdk.services.eventbridge.model.RemovePermissionResponse;

/// PutPermission and RemovePermission: the policies of event buses.
final class BusPermissions {
  private static final int MAX_POLICY = 10_240;
  private static final String PUT_EVENTS = "events:PutEvents";
  private static final Pattern STATEMENT_ID = Pattern.compile("[a-zA-Z0-9-_]+");
  private static final Pattern PRINCIPAL = Pattern.compile("[0-9]{12}|\\*");

  private final Database database;
  private final Buses buses;
  private final KnownPrincipals principals;
  private final InstantSource clock;

  BusPermissions(Database database, Buses buses, KnownPrincipals principals, InstantSource clock) {
    this.database = database;
    this.buses = buses;
    this.principals = principals;
    this.clock = clock;
  }

  PutPermissionResponse put(Caller caller, PutPermissionRequest request) {
    BusKey key = BusKey.own(caller, request.eventBusName());
    EventsError.refuseUnsupported("Condition, which is for organizations,", request.condition());
    if (request.policy() != null) {
      if (request.action() != null
          || request.principal() != null
          || request.statementId() != null) {
        throw EventsError.VALIDATION.because(
            "Policy can't be given together with Action, Principal or StatementId.");
      }
      Map<String, String> pinned = checkedPins(request.policy());
      change(key, bus -> bus.withPolicy(request.policy(), pinned, clock.instant()));
    } else {
      ObjectNode statement = statement(key, request);
      change(
          key, bus -> bus.withPolicy(withStatement(bus, statement), bus.pinned(), clock.instant()));
    }
    return PutPermissionResponse.builder().build();
  }

  private ObjectNode statement(BusKey key, PutPermissionRequest request) {
    String id = EventsError.MEMBERS.text("statementId", request.statementId(), 1, 64, STATEMENT_ID);
    String principal = EventsError.MEMBERS.text("principal", request.principal(), 1, 12, PRINCIPAL);
    if (!PUT_EVENTS.equals(request.action())) {
      throw EventsError.VALIDATION.because(
          "Provided value in parameter 'action' is not supported.");
    }
    ObjectNode statement = EventJson.MAPPER.createObjectNode();
    statement.put("Sid", id).put("Effect", "Allow");
    if (principal.equals("*")) {
      statement.put("Principal", "*");
    } else if (principals.hasAccount(principal)) {
      statement
          .putObject("Principal")
          .put("AWS", Arn.iam(new AccountId(principal), "root").toString());
    } else {
      throw EventsError.parameter("Principal", "There is no account " + principal + ".");
    }
    return statement.put("Action", PUT_EVENTS).put("Resource", key.arn().toString());
  }

  /// The bus's policy with a statement, which replaces one of the same id.
  private static String withStatement(EventBus bus, ObjectNode statement) {
    ObjectNode policy =
        EventJson.object(bus.policy())
            .orElseGet(() -> EventJson.MAPPER.createObjectNode().put("Version", "2012-10-17"));
    ArrayNode statements = others(policy, statement.path("Sid").asText());
    statements.add(statement);
    policy.set("Statement", statements);
    String changed = policy.toString();
    checkLength(changed);
    return changed;
  }

  /// The statements of a policy but those of an id.
  private static ArrayNode others(ObjectNode policy, String id) {
    ArrayNode others = EventJson.MAPPER.createArrayNode();
    JsonNode statements = policy.path("Statement");
    Iterable<JsonNode> each = statements.isObject() ? java.util.List.of(statements) : statements;
    for (JsonNode statement : each) {
      if (!statement.path("Sid").asText().equals(id)) {
        others.add(statement);
      }
    }
    return others;
  }

  private Map<String, String> checkedPins(String policy) {
    checkLength(policy);
    try {
      return principals.pin(
          policy,
          "events",
          () -> EventsError.parameter("Policy", "It allows actions of other services."));
    } catch (MalformedPolicyException e) {
      throw EventsError.parameter("Policy", String.valueOf(e.getMessage()));
    }
  }

  private static void checkLength(String policy) {
    if (policy.length() > MAX_POLICY) {
      throw EventsError.POLICY_LENGTH_EXCEEDED.exception();
    }
  }

  RemovePermissionResponse remove(Caller caller, RemovePermissionRequest request) {
    BusKey key = BusKey.own(caller, request.eventBusName());
    if (Boolean.TRUE.equals(request.removeAllPermissions())) {
      change(key, bus -> bus.withPolicy("", Map.of(), clock.instant()));
    } else {
      String id =
          EventsError.MEMBERS.text("statementId", request.statementId(), 1, 64, STATEMENT_ID);
      change(key, bus -> withoutStatement(bus, id));
    }
    return RemovePermissionResponse.builder().build();
  }

  private EventBus withoutStatement(EventBus bus, String id) {
    ObjectNode policy =
        EventJson.object(bus.policy())
            .orElseThrow(() -> missing("EventBus does not have a policy."));
    int before = others(policy, "").size();
    ArrayNode remaining = others(policy, id);
    if (remaining.size() == before) {
      throw missing("Statement with the provided id does not exist.");
    }
    policy.set("Statement", remaining);
    return remaining.isEmpty()
        ? bus.withPolicy("", Map.of(), clock.instant())
        : bus.withPolicy(policy.toString(), bus.pinned(), clock.instant());
  }

  private static AwsException missing(String what) {
    return EventsError.RESOURCE_NOT_FOUND.because(what);
  }

  private void change(BusKey key, UnaryOperator<EventBus> change) {
    database.write(
        tx -> {
          buses.put(tx, key, change.apply(buses.require(tx, key)));
          return true;
        });
  }
}
