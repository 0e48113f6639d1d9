package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.unsupported;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.kernel.Kernel;
import io.carillon.lambda.DeploymentPackages.CodeLocation;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.lambda.runtime.RuntimeLifecycle;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionCodeRequest;

/// UpdateFunctionCode. It returns [FunctionConfiguration], which has the members of the SDK's
/// response.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
final class UpdateFunctionCode {
  private final Database database;
  private final Blobs blobs;
  private final Ids ids;
  private final Functions functions;
  private final VersionOperations versions;
  private final DeploymentPackages packages;
  private final ConfigurationRules rules;
  private final Consumer<Arn> retire;

  /// @param retire called with each function whose environments are out of date
  UpdateFunctionCode(
      Kernel kernel,
      Functions functions,
      VersionOperations versions,
      DeploymentPackages packages,
      ConfigurationRules rules,
      Consumer<Arn> retire) {
    this.database = kernel.database();
    this.blobs = kernel.blobs();
    this.ids = kernel.ids();
    this.functions = functions;
    this.versions = versions;
    this.packages = packages;
    this.rules = rules;
    this.retire = retire;
  }

  /// It also needs read access to code in S3.
  static List<Need> needs(Caller caller, UpdateFunctionCodeRequest r) {
    Arn function = FunctionName.of(caller, r.functionName(), null).arn();
    List<Need> needs = new ArrayList<>();
    needs.add(Need.of("lambda:UpdateFunctionCode", function));
    needs.addAll(location(r).needs());
    return needs;
  }

  FunctionConfiguration run(Caller caller, UpdateFunctionCodeRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    DeploymentPackages.refuseUnsupported(
        r.imageUri(), r.sourceKMSKeyArn(), r.s3ObjectStorageMode());
    if (r.publishTo() != null) {
      throw unsupported("PublishTo");
    }
    FunctionVersion before = database.read(snapshot -> functions.require(snapshot, name)).latest();
    rules.requireNotDeprecated(before.configuration().runtime(), RuntimeLifecycle.Use.UPDATE);
    Deployment deployment = packages.store(caller, location(r));
    FunctionConfiguration response =
        database.write(
            tx -> {
              FunctionRow row = functions.require(tx, name);
              FunctionVersion old = row.latest();
              old.requireRevision(r.revisionId());
              List<String> architectures =
                  ConfigurationRules.architectures(
                      r.architecturesAsStrings(),
                      old.configuration().runtime(),
                      old.configuration().architectures());
              FunctionVersion changed =
                  old.with(deployment, architectures, caller.time(), ids.uuid());
              if (Boolean.TRUE.equals(r.dryRun())) {
                return FunctionResponses.current(changed, false).build();
              }
              blobs.retain(tx, deployment.archive());
              blobs.release(tx, old.deployment().archive());
              FunctionRow updated = row.with(changed);
              functions.put(tx, updated);
              return Boolean.TRUE.equals(r.publish())
                  ? FunctionResponses.changed(versions.publish(tx, updated, null), true, ids.uuid())
                      .build()
                  : FunctionResponses.changed(changed, false, ids.uuid()).build();
            });
    retire.accept(name.arn());
    return response;
  }

  private static CodeLocation location(UpdateFunctionCodeRequest r) {
    return new CodeLocation(r.zipFile(), r.s3Bucket(), r.s3Key(), r.s3ObjectVersion());
  }
}
