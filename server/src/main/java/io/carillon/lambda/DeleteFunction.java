package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.kernel.Kernel;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.util.function.Consumer;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionResponse;

/// DeleteFunction: deletes a version, or a function with its versions, aliases, policies and
/// asynchronous configurations.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
final class DeleteFunction {
  private final Database database;
  private final Blobs blobs;
  private final Functions functions;
  private final VersionOperations versions;
  private final FunctionPolicies policies;
  private final EventInvokeConfigs eventInvokeConfigs;
  private final Consumer<Arn> retire;

  /// @param retire called with each function whose environments are out of date
  DeleteFunction(
      Kernel kernel,
      Functions functions,
      VersionOperations versions,
      FunctionPolicies policies,
      EventInvokeConfigs eventInvokeConfigs,
      Consumer<Arn> retire) {
    this.database = kernel.database();
    this.blobs = kernel.blobs();
    this.functions = functions;
    this.versions = versions;
    this.policies = policies;
    this.eventInvokeConfigs = eventInvokeConfigs;
    this.retire = retire;
  }

  DeleteFunctionResponse run(Caller caller, DeleteFunctionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    database.write(
        tx -> {
          if (name.qualifier().isPresent()) {
            versions.delete(tx, name);
          } else {
            deleteFunction(tx, functions.require(tx, name));
          }
          return name;
        });
    retire.accept(name.arn());
    return DeleteFunctionResponse.builder().build();
  }

  private void deleteFunction(Tx tx, FunctionRow row) {
    FunctionName name = row.latest().functionName();
    versions.deleteAll(tx, name);
    policies.deleteAll(tx, name);
    eventInvokeConfigs.deleteAll(tx, name);
    blobs.release(tx, row.latest().deployment().archive());
    functions.delete(tx, name);
  }
}
