package io.carillon.lambda;

import io.carillon.lambda.FunctionVersion.Configuration;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import software.amazon.awssdk.services.lambda.model.DeadLetterConfig;
import software.amazon.awssdk.services.lambda.model.EnvironmentResponse;
import software.amazon.awssdk.services.lambda.model.EphemeralStorage;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.LastUpdateStatus;
import software.amazon.awssdk.services.lambda.model.LogFormat;
import software.amazon.awssdk.services.lambda.model.LoggingConfig;
import software.amazon.awssdk.services.lambda.model.PackageType;
import software.amazon.awssdk.services.lambda.model.RuntimeVersionConfig;
import software.amazon.awssdk.services.lambda.model.SnapStartApplyOn;
import software.amazon.awssdk.services.lambda.model.SnapStartOptimizationStatus;
import software.amazon.awssdk.services.lambda.model.SnapStartResponse;
import software.amazon.awssdk.services.lambda.model.State;
import software.amazon.awssdk.services.lambda.model.StateReasonCode;
import software.amazon.awssdk.services.lambda.model.TracingConfigResponse;
import software.amazon.awssdk.services.lambda.model.TracingMode;

/// Functions in responses. Creation and updates are complete before the response is sent; it
/// nevertheless reports AWS's state (`Pending`, `InProgress`) with a revision id of its own, since
/// on AWS each state has one. The next request reports the final state, so waiters work.
final class FunctionResponses {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private FunctionResponses() {}

  /// The function in its final state.
  static FunctionConfiguration.Builder current(FunctionVersion version, boolean qualified) {
    FunctionConfiguration.Builder response = base(version, qualified).state(State.ACTIVE);
    return response.lastUpdateStatus(LastUpdateStatus.SUCCESSFUL);
  }

  /// The function in a list, which has no states.
  ///
  /// Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
  static FunctionConfiguration.Builder listEntry(FunctionVersion version, boolean qualified) {
    return base(version, qualified).runtimeVersionConfig((RuntimeVersionConfig) null);
  }

  /// The function just after creation or publication.
  ///
  /// @param revision of this temporary state
  static FunctionConfiguration.Builder created(
      FunctionVersion version, boolean qualified, String revision) {
    return base(version, qualified)
        .revisionId(revision)
        .state(State.PENDING)
        .stateReason("The function is being created.")
        .stateReasonCode(StateReasonCode.CREATING);
  }

  /// The function just after an update.
  ///
  /// @param revision of this temporary state
  static FunctionConfiguration.Builder changed(
      FunctionVersion version, boolean qualified, String revision) {
    return current(version, qualified)
        .revisionId(revision)
        .lastUpdateStatus(LastUpdateStatus.IN_PROGRESS)
        .lastUpdateStatusReason("The function is being created.")
        .lastUpdateStatusReasonCode("Creating"); // missing in the SDK's enum
  }

  private static FunctionConfiguration.Builder base(FunctionVersion version, boolean qualified) {
    Configuration c = version.configuration();
    FunctionName name = version.functionName();
    FunctionConfiguration.Builder response =
        FunctionConfiguration.builder()
            .functionName(version.name())
            .functionArn((qualified ? name.qualifiedArn() : name.arn()).toString())
            .runtime(c.runtime())
            .role(c.role())
            .handler(c.handler())
            .codeSize(version.deployment().archive().sizeBytes())
            .codeSha256(base64(version.deployment().sha256()))
            .description(c.description())
            .timeout(c.timeoutSeconds())
            .memorySize(c.memoryMb())
            .lastModified(time(version.modified()))
            .version(version.version())
            .revisionId(version.visibleRevision())
            .packageType(PackageType.ZIP)
            .architecturesWithStrings(c.architectures())
            .ephemeralStorage(EphemeralStorage.builder().size(c.temporaryMb()).build())
            .tracingConfig(TracingConfigResponse.builder().mode(TracingMode.PASS_THROUGH).build())
            .snapStart(
                SnapStartResponse.builder()
                    .applyOn(SnapStartApplyOn.NONE)
                    .optimizationStatus(SnapStartOptimizationStatus.OFF)
                    .build())
            .runtimeVersionConfig(
                RuntimeVersionConfig.builder().runtimeVersionArn(runtimeArn(version)).build())
            .loggingConfig(
                LoggingConfig.builder().logFormat(LogFormat.TEXT).logGroup(c.logGroup()).build());
    if (c.environment() != null) {
      response.environment(EnvironmentResponse.builder().variables(c.environment()).build());
    }
    if (c.deadLetterArn() != null) {
      response.deadLetterConfig(DeadLetterConfig.builder().targetArn(c.deadLetterArn()).build());
    }
    return response;
  }

  private static String runtimeArn(FunctionVersion version) {
    String runtime = version.configuration().runtime();
    UUID stable = UUID.nameUUIDFromBytes(runtime.getBytes(StandardCharsets.UTF_8));
    String digits = stable.toString().replace("-", "");
    return "arn:aws:lambda:" + version.region() + "::runtime:" + digits + digits;
  }

  static String base64(String hex) {
    return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
  }

  static String time(Instant instant) {
    return TIME.format(instant);
  }
}
