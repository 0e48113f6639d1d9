package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.POLICY_LENGTH_EXCEEDED;
import static io.carillon.lambda.LambdaError.PRECONDITION_FAILED;
import static io.carillon.lambda.LambdaError.RESOURCE_CONFLICT;
import static io.carillon.lambda.LambdaError.RESOURCE_NOT_FOUND;
import static io.carillon.lambda.LambdaError.constraint;
import static io.carillon.lambda.LambdaError.unsupported;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.policy.PolicyDocument;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.AddPermissionRequest;
import software.amazon.awssdk.services.lambda.model.AddPermissionResponse;
import software.amazon.awssdk.services.lambda.model.GetPolicyRequest;
import software.amazon.awssdk.services.lambda.model.GetPolicyResponse;
import software.amazon.awssdk.services.lambda.model.RemovePermissionRequest;
import software.amazon.awssdk.services.lambda.model.RemovePermissionResponse;

/// Resource-based policies: one for the function and one for each version and alias. Statements are
/// added and removed one at a time.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
final class FunctionPolicies {
  private static final int LIMIT_BYTES = 20 << 10;
  private static final Pattern STATEMENT_ID = Pattern.compile("[a-zA-Z0-9_-]{1,100}");
  private static final Pattern ACTION = Pattern.compile("lambda:[*]|lambda:[a-zA-Z]+|[*]");
  private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");

  /// @param statements JSON by statement id, in the order they were added; users and roles are
  ///   stored by their unique ids, so that a statement does not apply to one that is recreated
  ///   under the same name
  record PolicyRow(Map<String, String> statements, String revisionId) {}

  private final Table<Tuple, PolicyRow> policies =
      Table.of("lambda.policies", KeyCodec.TUPLE, PolicyRow.class).guardedBy(Functions.GUARD, 3);
  private final Database database;
  private final Functions functions;
  private final KnownPrincipals principals;
  private final Ids ids;

  FunctionPolicies(Database database, Functions functions, KnownPrincipals principals, Ids ids) {
    this.database = database;
    this.functions = functions;
    this.principals = principals;
    this.ids = ids;
  }

  AddPermissionResponse add(Caller caller, AddPermissionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    refuseLatest(name);
    ObjectNode statement = statement(name, r);
    String stored = withPrincipalIds(statement).toString();
    return database.write(
        tx -> {
          var _ = functions.requireVersion(tx, name);
          Optional<PolicyRow> old = policies.get(tx, key(name));
          requireRevision(r.revisionId(), old);
          Map<String, String> statements =
              new LinkedHashMap<>(old.map(PolicyRow::statements).orElse(Map.of()));
          if (statements.putIfAbsent(r.statementId(), stored) != null) {
            throw RESOURCE_CONFLICT.because(
                "The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement."
                    .formatted(r.statementId()));
          }
          int bytes = document(statements.values()).getBytes(StandardCharsets.UTF_8).length;
          if (bytes > LIMIT_BYTES) {
            throw POLICY_LENGTH_EXCEEDED.because(
                "The final policy size (%d) is bigger than the limit (%d)."
                    .formatted(bytes, LIMIT_BYTES));
          }
          policies.put(tx, key(name), new PolicyRow(statements, ids.uuid()));
          return AddPermissionResponse.builder().statement(statement.toString()).build();
        });
  }

  private static ObjectNode statement(FunctionName name, AddPermissionRequest r) {
    if (r.eventSourceToken() != null) {
      throw unsupported("EventSourceToken");
    }
    if (r.functionUrlAuthType() != null || r.invokedViaFunctionUrl() != null) {
      throw unsupported("FunctionUrlAuthType");
    }
    if (!STATEMENT_ID.matcher(r.statementId()).matches()) {
      throw constraint(
          r.statementId(),
          "statementId",
          "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)");
    }
    if (!ACTION.matcher(r.action()).matches()) {
      throw constraint(
          r.action(),
          "action",
          "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])");
    }
    ObjectNode statement = JsonNodeFactory.instance.objectNode();
    statement.put("Sid", r.statementId()).put("Effect", "Allow");
    putPrincipal(statement, r.principal());
    statement.put("Action", r.action()).put("Resource", name.qualifiedArn().toString());
    ObjectNode condition = JsonNodeFactory.instance.objectNode();
    if (r.sourceAccount() != null) {
      if (!ACCOUNT.matcher(r.sourceAccount()).matches()) {
        throw constraint(
            r.sourceAccount(),
            "sourceAccount",
            "Member must satisfy regular expression pattern: \\d{12}");
      }
      condition.putObject("StringEquals").put("AWS:SourceAccount", r.sourceAccount());
    }
    if (r.principalOrgID() != null) {
      condition.withObjectProperty("StringEquals").put("aws:PrincipalOrgID", r.principalOrgID());
    }
    if (r.sourceArn() != null) {
      if (Arn.tryParse(r.sourceArn()).isEmpty()) {
        throw constraint(
            r.sourceArn(), "sourceArn", "Member must satisfy regular expression pattern: arn:…");
      }
      condition.putObject("ArnLike").put("AWS:SourceArn", r.sourceArn());
    }
    if (!condition.isEmpty()) {
      statement.set("Condition", condition);
    }
    return statement;
  }

  /// Accepts a service, an account, an ARN, or `*`.
  private static void putPrincipal(ObjectNode statement, String principal) {
    if (principal.equals("*")) {
      statement.put("Principal", "*");
    } else if (ACCOUNT.matcher(principal).matches()) {
      statement
          .putObject("Principal")
          .put("AWS", Arn.iam(new AccountId(principal), "root").toString());
    } else if (Arn.tryParse(principal).isPresent()) {
      statement.putObject("Principal").put("AWS", principal);
    } else if (principal.matches("[a-z0-9.-]+\\.amazonaws\\.com(\\.cn)?")) {
      statement.putObject("Principal").put("Service", principal);
    } else {
      throw invalidPrincipal();
    }
  }

  private ObjectNode withPrincipalIds(ObjectNode statement) {
    String json = document(List.of(statement.toString()));
    try {
      Map<String, String> ids =
          principals.pin(PolicyDocument.parse(json, PolicyDocument.Flavour.RESOURCE));
      ObjectNode stored = statement.deepCopy();
      ids.forEach((_, id) -> stored.putObject("Principal").put("AWS", id));
      return stored;
    } catch (MalformedPolicyException e) {
      throw e.principal().isPresent()
          ? invalidPrincipal()
          : INVALID_PARAMETER_VALUE.because(e.getMessage());
    }
  }

  private static AwsException invalidPrincipal() {
    return INVALID_PARAMETER_VALUE.because(
        "The provided principal was invalid. Please check the principal and try again.");
  }

  RemovePermissionResponse remove(Caller caller, RemovePermissionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    database.write(
        tx -> {
          var _ = functions.requireVersion(tx, name);
          Optional<PolicyRow> old = policies.get(tx, key(name));
          requireRevision(r.revisionId(), old);
          Map<String, String> statements =
              new LinkedHashMap<>(old.map(PolicyRow::statements).orElse(Map.of()));
          if (statements.remove(r.statementId()) == null) {
            throw RESOURCE_NOT_FOUND.because(
                "Statement " + r.statementId() + " is not found in resource policy.");
          }
          if (statements.isEmpty()) {
            policies.delete(tx, key(name));
          } else {
            policies.put(tx, key(name), new PolicyRow(statements, ids.uuid()));
          }
          return name;
        });
    return RemovePermissionResponse.builder().build();
  }

  GetPolicyResponse get(Caller caller, GetPolicyRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot -> {
          var _ = functions.requireVersion(snapshot, name);
          PolicyRow row =
              policies.get(snapshot, key(name)).orElseThrow(RESOURCE_NOT_FOUND::exception);
          return GetPolicyResponse.builder()
              .policy(principals.shown(document(row.statements().values())))
              .revisionId(row.revisionId())
              .build();
        });
  }

  /// The policy of `resource`, for the authorizer.
  Optional<Owned> find(Snapshot snapshot, Arn resource) {
    Optional<FunctionName> name = FunctionName.of(resource);
    if (name.isEmpty()) {
      return Optional.empty();
    }
    return functions.findVersion(snapshot, name.get()).map(_ -> owned(snapshot, name.get()));
  }

  private Owned owned(Snapshot snapshot, FunctionName name) {
    return new Owned(
        new AccountId(name.account()),
        policies.get(snapshot, key(name)).map(row -> document(row.statements().values())),
        functions.require(snapshot, name).tags());
  }

  void deleteAll(Tx tx, FunctionName name) {
    Range all = Range.within(Tuple.of(name.account(), name.region(), name.name()));
    policies.list(tx, all, Integer.MAX_VALUE).forEach(row -> policies.delete(tx, row.key()));
  }

  private static String document(Collection<String> statements) {
    return "{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":["
        + String.join(",", statements)
        + "]}";
  }

  private static void refuseLatest(FunctionName name) {
    if (name.qualifier().filter(FunctionName.LATEST::equals).isPresent()) {
      throw INVALID_PARAMETER_VALUE.because(
          "We currently do not support adding policies for $LATEST.");
    }
  }

  private static void requireRevision(@Nullable String requested, Optional<PolicyRow> row) {
    if (requested != null && !row.map(PolicyRow::revisionId).orElse("").equals(requested)) {
      throw PRECONDITION_FAILED.exception();
    }
  }

  /// `$LATEST` has no policy of its own: the function's applies.
  private static Tuple key(FunctionName name) {
    String qualifier = name.qualifier().filter(q -> !q.equals(FunctionName.LATEST)).orElse("");
    return Tuple.of(name.account(), name.region(), name.name(), qualifier);
  }
}
