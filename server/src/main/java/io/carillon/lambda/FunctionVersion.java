package io.carillon.lambda;

import io.carillon.base.Arn;
import io.carillon.lambda.runtime.FunctionSpec;
import io.carillon.store.Blobs;
import io.carillon.store.Blobs.BlobRef;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One version of a function: `$LATEST`, or an immutable numbered version.
///
/// @param revisionId changes with code and configuration
/// @param shownRevision the revision that clients see, if different: on AWS a tag change makes a
///   new revision, but it does not need new environments
/// @param updated whether it was updated after its creation
record FunctionVersion(
    String account,
    String region,
    String name,
    String version,
    Configuration configuration,
    Deployment deployment,
    Instant modified,
    String revisionId,
    boolean updated,
    @Nullable String shownRevision) {

  /// The settings of a version.
  ///
  /// @param environment absent if none was ever sent; AWS returns an empty one if an empty one was
  ///   sent
  record Configuration(
      String runtime,
      String handler,
      String role,
      String description,
      int timeoutSeconds,
      int memoryMb,
      int temporaryMb,
      @Nullable Map<String, String> environment,
      List<String> architectures,
      @Nullable String deadLetterArn,
      String logGroup) {

    Map<String, String> variables() {
      return environment == null ? Map.of() : environment;
    }
  }

  /// The code.
  ///
  /// @param sha256 of the archive, in hexadecimal digits
  record Deployment(BlobRef archive, String sha256) {}

  FunctionName functionName() {
    return new FunctionName(account, region, name, java.util.Optional.of(version));
  }

  Arn arn() {
    return functionName().arn();
  }

  FunctionVersion with(Configuration other, Instant now, String revision) {
    return new FunctionVersion(
        account, region, name, version, other, deployment, now, revision, true, null);
  }

  FunctionVersion with(Deployment other, List<String> architectures, Instant now, String revision) {
    Configuration c = configuration;
    Configuration changed =
        new Configuration(
            c.runtime(),
            c.handler(),
            c.role(),
            c.description(),
            c.timeoutSeconds(),
            c.memoryMb(),
            c.temporaryMb(),
            c.environment(),
            architectures,
            c.deadLetterArn(),
            c.logGroup());
    return new FunctionVersion(
        account, region, name, version, changed, other, now, revision, true, null);
  }

  /// The revision as clients see it.
  String visibleRevision() {
    return shownRevision == null ? revisionId : shownRevision;
  }

  /// @throws io.carillon.aws.AwsException where a client requires another revision
  void requireRevision(@Nullable String required) {
    if (required != null && !required.equals(visibleRevision())) {
      throw LambdaError.PRECONDITION_FAILED.exception();
    }
  }

  FunctionVersion withShownRevision(String revision) {
    return new FunctionVersion(
        account,
        region,
        name,
        version,
        configuration,
        deployment,
        modified,
        revisionId,
        updated,
        revision);
  }

  FunctionVersion published(String number, String description, String revision) {
    Configuration c = configuration;
    Configuration described =
        new Configuration(
            c.runtime(),
            c.handler(),
            c.role(),
            description,
            c.timeoutSeconds(),
            c.memoryMb(),
            c.temporaryMb(),
            c.environment(),
            c.architectures(),
            c.deadLetterArn(),
            c.logGroup());
    return new FunctionVersion(
        account, region, name, number, described, deployment, modified, revision, false, null);
  }

  /// The specification from which an environment is started.
  FunctionSpec spec(Blobs blobs) {
    return new FunctionSpec(
        arn().toString(),
        account,
        region,
        name,
        version,
        revisionId,
        configuration.runtime(),
        configuration.architectures().getFirst(),
        configuration.handler(),
        configuration.memoryMb(),
        configuration.temporaryMb(),
        Duration.ofSeconds(configuration.timeoutSeconds()),
        configuration.variables(),
        configuration.role(),
        configuration.logGroup(),
        new FunctionSpec.Code(
            deployment.sha256(),
            () -> blobs.open(deployment.archive(), 0, deployment.archive().sizeBytes())));
  }
}
