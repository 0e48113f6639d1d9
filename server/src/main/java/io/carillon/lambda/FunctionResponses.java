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

/// How functions look in answers. Creation and changes are complete here before they are answered;
/// they are nevertheless told as AWS tells them (`Pending`, `InProgress`), with a revision of their
/// own as each state has one on AWS, and the next look finds them done, so waiters work.
final class FunctionResponses {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private FunctionResponses() {}

  /// The function as it is.
  static FunctionConfiguration.Builder settled(FunctionVersion version, boolean qualified) {
    FunctionConfiguration.Builder answer = plain(version, qualified).state(State.ACTIVE);
    return answer.lastUpdateStatus(LastUpdateStatus.SUCCESSFUL);
  }

  /// The function in a list, which says nothing of states.
  ///
  /// Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
  static FunctionConfiguration.Builder listed(FunctionVersion version, boolean qualified) {
    return plain(version, qualified).runtimeVersionConfig((RuntimeVersionConfig) null);
  }

  /// The function as it has just been made, or published.
  ///
  /// @param revision of this passing state
  static FunctionConfiguration.Builder created(
      FunctionVersion version, boolean qualified, String revision) {
    return plain(version, qualified)
        .revisionId(revision)
        .state(State.PENDING)
        .stateReason("The function is being created.")
        .stateReasonCode(StateReasonCode.CREATING);
  }

  /// The function as it has just been changed.
  ///
  /// @param revision of this passing state
  static FunctionConfiguration.Builder changed(
      FunctionVersion version, boolean qualified, String revision) {
    return settled(version, qualified)
        .revisionId(revision)
        .lastUpdateStatus(LastUpdateStatus.IN_PROGRESS)
        .lastUpdateStatusReason("The function is being created.")
        .lastUpdateStatusReasonCode("Creating"); // which the model's list does not have
  }

  private static FunctionConfiguration.Builder plain(FunctionVersion version, boolean qualified) {
    Configuration c = version.configuration();
    FunctionName name = version.functionName();
    FunctionConfiguration.Builder answer =
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
            .revisionId(version.shown())
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
      answer.environment(EnvironmentResponse.builder().variables(c.environment()).build());
    }
    if (c.deadLetterArn() != null) {
      answer.deadLetterConfig(DeadLetterConfig.builder().targetArn(c.deadLetterArn()).build());
    }
    return answer;
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
