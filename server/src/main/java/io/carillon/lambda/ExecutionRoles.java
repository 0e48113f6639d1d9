package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.Region;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Execution roles: functions run with them, and Lambda sends to dead-letter queues and
/// destinations with the role's permissions.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
final class ExecutionRoles {
  private final Database database;
  private final RoleSource source;
  private final Authorizer authorizer;
  private final InstantSource clock;
  private final Ids ids;

  ExecutionRoles(
      Database database, RoleSource source, Authorizer authorizer, InstantSource clock, Ids ids) {
    this.database = database;
    this.source = source;
    this.authorizer = authorizer;
    this.clock = clock;
    this.ids = ids;
  }

  /// The permission to give a function its role.
  static Need passRole(String role, Arn function) {
    return new Need("iam:PassRole", role, Map.of())
        .with("iam:PassedToService", "lambda.amazonaws.com")
        .with("iam:AssociatedResourceArn", function);
  }

  /// Lambda in a session of `role`, for a function; empty if the role does not exist or does not
  /// trust Lambda.
  Optional<Caller> session(Snapshot snapshot, String role, FunctionName function) {
    return source
        .assume(snapshot, Arn.parse(role), function.name(), function.arn())
        .map(session -> caller(session, function));
  }

  private Caller caller(Principal.AssumedRole session, FunctionName function) {
    return new Caller(
        session,
        new AccountId(function.account()),
        new Region(function.region()),
        List.of(),
        ids.uuid(),
        "",
        "",
        true,
        "",
        clock.instant(),
        Instant.MAX,
        "");
  }

  /// @throws AwsException if Lambda may not assume the role
  void requireTrust(String role, FunctionName function) {
    var _ =
        database
            .read(snapshot -> session(snapshot, role, function))
            .orElseThrow(
                () ->
                    INVALID_PARAMETER_VALUE.because(
                        "The role defined for the function cannot be assumed by Lambda."));
  }

  /// @throws AwsException if the role may not send to the dead-letter queue
  void requireDeadLetters(String role, FunctionName function, @Nullable String target) {
    if (target != null && !maySend(role, function, Arn.parse(target))) {
      throw INVALID_PARAMETER_VALUE.because(
          "The provided execution role does not have permissions to call "
              + (target.startsWith("arn:aws:sns:") ? "Publish on SNS" : "SendMessage on SQS"));
    }
  }

  /// @throws AwsException if the role may not send to the destination
  void requireDestination(String role, FunctionName function, @Nullable String destination) {
    if (destination == null) {
      return;
    }
    Arn arn = Arn.parse(destination);
    if (!maySend(role, function, arn)) {
      String action = actionOn(arn);
      throw INVALID_PARAMETER_VALUE.because(
          "The function's execution role does not have permissions to call "
              + action.substring(action.indexOf(':') + 1)
              + " on "
              + destination);
    }
  }

  private boolean maySend(String role, FunctionName function, Arn target) {
    return database.read(snapshot -> maySend(snapshot, role, function, target));
  }

  private boolean maySend(Snapshot snapshot, String role, FunctionName function, Arn target) {
    Optional<Caller> session = session(snapshot, role, function);
    if (session.isEmpty()) {
      return false;
    }
    try {
      authorizer.require(snapshot, session.get(), List.of(Need.of(actionOn(target), target)));
      return true;
    } catch (AwsException _) {
      return false;
    }
  }

  private static String actionOn(Arn target) {
    return switch (target.service()) {
      case "sqs" -> "sqs:SendMessage";
      case "sns" -> "sns:Publish";
      case "lambda" -> "lambda:InvokeFunction";
      default -> throw new IllegalArgumentException("Nothing is sent to " + target);
    };
  }
}
