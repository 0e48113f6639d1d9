package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.RESOURCE_CONFLICT;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.kernel.Kernel;
import io.carillon.lambda.DeploymentPackages.CodeLocation;
import io.carillon.lambda.FunctionVersion.Configuration;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.FunctionCode;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;

/// CreateFunction. It returns [FunctionConfiguration], which has the members of the SDK's response.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
final class CreateFunction {
  private final Database database;
  private final Blobs blobs;
  private final Ids ids;
  private final Functions functions;
  private final VersionOperations versions;
  private final DeploymentPackages packages;
  private final ConfigurationRules rules;
  private final ExecutionRoles roles;

  CreateFunction(
      Kernel kernel,
      Functions functions,
      VersionOperations versions,
      DeploymentPackages packages,
      ConfigurationRules rules,
      ExecutionRoles roles) {
    this.database = kernel.database();
    this.blobs = kernel.blobs();
    this.ids = kernel.ids();
    this.functions = functions;
    this.versions = versions;
    this.packages = packages;
    this.rules = rules;
    this.roles = roles;
  }

  /// It also needs iam:PassRole on the role, and read access to code in S3.
  static List<Need> needs(Caller caller, CreateFunctionRequest r) {
    Arn function = FunctionName.ofNew(caller, r.functionName()).arn();
    List<Need> needs = new ArrayList<>();
    needs.addAll(
        Need.of("lambda:CreateFunction", function).andTagging("lambda:TagResource", r.tags()));
    needs.add(ExecutionRoles.passRole(r.role(), function));
    if (r.code() != null) {
      needs.addAll(location(r.code()).needs());
    }
    return needs;
  }

  FunctionConfiguration run(Caller caller, CreateFunctionRequest r) {
    FunctionName name = FunctionName.ofNew(caller, r.functionName());
    if (name.qualifier().isPresent() || !name.account().equals(caller.account().value())) {
      throw INVALID_PARAMETER_VALUE.because("A new function needs a name: " + r.functionName());
    }
    Configuration configuration = rules.of(r, name);
    Map<String, String> checkedTags = FunctionTags.check(r.tags());
    roles.requireTrust(configuration.role(), name);
    roles.requireDeadLetters(configuration.role(), name, configuration.deadLetterArn());
    database.read(
        snapshot -> {
          refuseExisting(snapshot, name);
          return name;
        });
    FunctionCode code = r.code();
    if (code == null) {
      throw INVALID_PARAMETER_VALUE.because("Please provide a source for function code.");
    }
    DeploymentPackages.refuseUnsupported(
        code.imageUri(), code.sourceKMSKeyArn(), code.s3ObjectStorageMode());
    Deployment deployment = packages.store(caller, location(code));
    FunctionVersion latest =
        new FunctionVersion(
            name.account(),
            name.region(),
            name.name(),
            FunctionName.LATEST,
            configuration,
            deployment,
            caller.time(),
            ids.uuid(),
            false,
            null);
    return database.write(
        tx -> {
          refuseExisting(tx, name);
          blobs.retain(tx, deployment.archive());
          FunctionRow row = FunctionRow.of(latest, checkedTags);
          functions.put(tx, row);
          if (Boolean.TRUE.equals(r.publish())) {
            FunctionVersion published = versions.publish(tx, row, null);
            return FunctionResponses.created(published, false, ids.uuid()).build();
          }
          return FunctionResponses.created(latest, false, ids.uuid()).build();
        });
  }

  private static CodeLocation location(FunctionCode code) {
    return new CodeLocation(code.zipFile(), code.s3Bucket(), code.s3Key(), code.s3ObjectVersion());
  }

  private void refuseExisting(Snapshot snapshot, FunctionName name) {
    if (functions.find(snapshot, name).isPresent()) {
      throw RESOURCE_CONFLICT.because("Function already exist: " + name.name());
    }
  }
}
