package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.RESOURCE_CONFLICT;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.kernel.Kernel;
import io.carillon.lambda.FunctionVersion.Configuration;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Database;
import java.util.List;
import java.util.function.Consumer;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;

/// UpdateFunctionConfiguration. It returns [FunctionConfiguration], which has the members of the
/// SDK's response.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
final class UpdateFunctionConfiguration {
  private final Database database;
  private final Ids ids;
  private final Functions functions;
  private final ConfigurationRules rules;
  private final ExecutionRoles roles;
  private final Consumer<Arn> retire;

  /// @param retire called with each function whose environments are out of date
  UpdateFunctionConfiguration(
      Kernel kernel,
      Functions functions,
      ConfigurationRules rules,
      ExecutionRoles roles,
      Consumer<Arn> retire) {
    this.database = kernel.database();
    this.ids = kernel.ids();
    this.functions = functions;
    this.rules = rules;
    this.roles = roles;
    this.retire = retire;
  }

  /// A new role also needs iam:PassRole.
  static List<Need> needs(Caller caller, UpdateFunctionConfigurationRequest r) {
    Arn function = FunctionName.of(caller, r.functionName(), null).arn();
    Need update = Need.of("lambda:UpdateFunctionConfiguration", function);
    return r.role() == null
        ? List.of(update)
        : List.of(update, ExecutionRoles.passRole(r.role(), function));
  }

  FunctionConfiguration run(Caller caller, UpdateFunctionConfigurationRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    Configuration before =
        database.read(snapshot -> functions.require(snapshot, name).latest().configuration());
    // Outside the transaction, because it may run programs to find out whether a runtime works
    // here.
    Configuration after = rules.update(before, r);
    if (!after.role().equals(before.role())) {
      roles.requireTrust(after.role(), name);
    }
    if (r.role() != null || r.deadLetterConfig() != null) {
      roles.requireDeadLetters(after.role(), name, after.deadLetterArn());
    }
    FunctionConfiguration response =
        database.write(
            tx -> {
              FunctionRow row = functions.require(tx, name);
              row.latest().requireRevision(r.revisionId());
              if (!row.latest().configuration().equals(before)) {
                throw RESOURCE_CONFLICT.because(
                    "The operation cannot be performed at this time. An update is in progress for"
                        + " resource: "
                        + name.arn());
              }
              FunctionVersion changed = row.latest().with(after, caller.time(), ids.uuid());
              functions.put(tx, row.with(changed));
              return FunctionResponses.changed(changed, false, ids.uuid()).build();
            });
    retire.accept(name.arn());
    return response;
  }
}
