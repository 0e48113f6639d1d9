package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.PRECONDITION_FAILED;
import static io.carillon.lambda.LambdaError.RESOURCE_CONFLICT;
import static io.carillon.lambda.LambdaError.unsupported;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.lambda.FunctionVersion.Configuration;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.lambda.runtime.RuntimeLifecycle.Use;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.Concurrency;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionResponse;
import software.amazon.awssdk.services.lambda.model.FunctionCode;
import software.amazon.awssdk.services.lambda.model.FunctionCodeLocation;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionResponse;
import software.amazon.awssdk.services.lambda.model.ListFunctionsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsResponse;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionCodeRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;

/// Creates, reads, updates and deletes functions.
///
/// Create and update return [FunctionConfiguration]: the SDK's response classes of these operations
/// have the same members.
final class FunctionOperations {
  private static final int PAGE = 50;

  private final Database database;
  private final Functions functions;
  private final VersionOperations versions;
  private final Blobs blobs;
  private final DeploymentPackages packages;
  private final ConfigurationRules rules;
  private final ExecutionRoles roles;
  private final CodeLinks links;
  private final FunctionTags tags;
  private final FunctionPolicies policies;
  private final EventInvokeConfigs eventInvokeConfigs;
  private final Ids ids;
  private final Consumer<Arn> retire;

  /// @param retire called with each function whose environments are out of date
  FunctionOperations(
      Database database,
      Functions functions,
      VersionOperations versions,
      Blobs blobs,
      DeploymentPackages packages,
      ConfigurationRules rules,
      ExecutionRoles roles,
      CodeLinks links,
      FunctionTags tags,
      FunctionPolicies policies,
      EventInvokeConfigs eventInvokeConfigs,
      Ids ids,
      Consumer<Arn> retire) {
    this.database = database;
    this.functions = functions;
    this.versions = versions;
    this.blobs = blobs;
    this.packages = packages;
    this.rules = rules;
    this.roles = roles;
    this.links = links;
    this.tags = tags;
    this.policies = policies;
    this.eventInvokeConfigs = eventInvokeConfigs;
    this.ids = ids;
    this.retire = retire;
  }

  FunctionConfiguration create(Caller caller, CreateFunctionRequest r) {
    FunctionName name = FunctionName.ofNew(caller, r.functionName());
    if (name.qualifier().isPresent() || !name.account().equals(caller.account().value())) {
      throw INVALID_PARAMETER_VALUE.because("A new function needs a name: " + r.functionName());
    }
    Configuration configuration = rules.of(r, name);
    Map<String, String> checkedTags = tags.check(r.tags());
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
    if (code.imageUri() != null) {
      throw unsupported("ImageUri");
    }
    if (code.sourceKMSKeyArn() != null) {
      throw unsupported("SourceKMSKeyArn");
    }
    if (code.s3ObjectStorageMode() != null) {
      throw unsupported("S3ObjectStorageMode");
    }
    Deployment deployment =
        packages.store(
            caller,
            new DeploymentPackages.CodeLocation(
                code.zipFile(), code.s3Bucket(), code.s3Key(), code.s3ObjectVersion()));
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

  private void refuseExisting(Snapshot snapshot, FunctionName name) {
    if (functions.find(snapshot, name).isPresent()) {
      throw RESOURCE_CONFLICT.because("Function already exist: " + name.name());
    }
  }

  GetFunctionResponse get(Caller caller, GetFunctionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot -> {
          FunctionVersion version = functions.requireVersion(snapshot, name);
          FunctionRow row = functions.require(snapshot, name);
          GetFunctionResponse.Builder response =
              GetFunctionResponse.builder()
                  .configuration(
                      FunctionResponses.current(version, name.qualifier().isPresent()).build())
                  .code(
                      FunctionCodeLocation.builder()
                          .repositoryType("S3")
                          .location(links.to(caller, version.deployment()).toString())
                          .build());
          if (!row.tags().isEmpty()) {
            response.tags(row.tags());
          }
          if (row.reservedConcurrency() != null) {
            response.concurrency(
                Concurrency.builder()
                    .reservedConcurrentExecutions(row.reservedConcurrency())
                    .build());
          }
          return response.build();
        });
  }

  FunctionConfiguration getConfiguration(Caller caller, GetFunctionConfigurationRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot ->
            FunctionResponses.current(
                    functions.requireVersion(snapshot, name), name.qualifier().isPresent())
                .build());
  }

  ListFunctionsResponse list(Caller caller, ListFunctionsRequest r) {
    if (r.masterRegion() != null) {
      throw unsupported("MasterRegion");
    }
    int limit = LambdaPages.limit(r.maxItems(), PAGE);
    String after = LambdaPages.after(r.marker());
    boolean allVersions = r.functionVersionAsString() != null;
    if (allVersions && !r.functionVersionAsString().equals("ALL")) {
      throw LambdaError.constraint(
          r.functionVersionAsString(),
          "functionVersion",
          "Member must satisfy enum value set: [ALL]");
    }
    return database.read(
        snapshot -> {
          List<FunctionRow> found =
              functions.list(
                  snapshot, caller.account().value(), caller.region().name(), after, limit + 1);
          List<FunctionConfiguration> page =
              found.stream()
                  .limit(limit)
                  .flatMap(row -> versions.of(snapshot, row.latest(), allVersions))
                  .map(version -> FunctionResponses.listEntry(version, allVersions).build())
                  .toList();
          return ListFunctionsResponse.builder()
              .functions(page)
              .nextMarker(
                  found.size() > limit
                      ? LambdaPages.marker(found.get(limit - 1).latest().name())
                      : null)
              .build();
        });
  }

  FunctionConfiguration updateCode(Caller caller, UpdateFunctionCodeRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    if (r.imageUri() != null) {
      throw unsupported("ImageUri");
    }
    if (r.sourceKMSKeyArn() != null) {
      throw unsupported("SourceKMSKeyArn");
    }
    if (r.publishTo() != null) {
      throw unsupported("PublishTo");
    }
    if (r.s3ObjectStorageMode() != null) {
      throw unsupported("S3ObjectStorageMode");
    }
    FunctionVersion before = database.read(snapshot -> functions.require(snapshot, name)).latest();
    rules.requireNotDeprecated(before.configuration().runtime(), Use.UPDATE);
    Deployment deployment =
        packages.store(
            caller,
            new DeploymentPackages.CodeLocation(
                r.zipFile(), r.s3Bucket(), r.s3Key(), r.s3ObjectVersion()));
    FunctionConfiguration response =
        database.write(
            tx -> {
              FunctionRow row = functions.require(tx, name);
              FunctionVersion old = row.latest();
              requireRevision(r.revisionId(), old);
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
              return put(tx, row.with(changed), Boolean.TRUE.equals(r.publish()));
            });
    retire.accept(name.arn());
    return response;
  }

  private FunctionConfiguration put(Tx tx, FunctionRow row, boolean publish) {
    functions.put(tx, row);
    return publish
        ? FunctionResponses.changed(versions.publish(tx, row, null), true, ids.uuid()).build()
        : FunctionResponses.changed(row.latest(), false, ids.uuid()).build();
  }

  FunctionConfiguration updateConfiguration(Caller caller, UpdateFunctionConfigurationRequest r) {
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
              requireRevision(r.revisionId(), row.latest());
              if (!row.latest().configuration().equals(before)) {
                throw RESOURCE_CONFLICT.because(
                    "The operation cannot be performed at this time. An update is in progress for"
                        + " resource: "
                        + name.arn());
              }
              return put(tx, row.with(row.latest().with(after, caller.time(), ids.uuid())), false);
            });
    retire.accept(name.arn());
    return response;
  }

  static void requireRevision(@Nullable String requested, FunctionVersion version) {
    if (requested != null && !Objects.equals(requested, version.visibleRevision())) {
      throw PRECONDITION_FAILED.exception();
    }
  }

  DeleteFunctionResponse delete(Caller caller, DeleteFunctionRequest r) {
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
