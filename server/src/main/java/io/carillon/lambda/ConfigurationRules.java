package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.constraint;
import static io.carillon.lambda.LambdaError.unsupported;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.carillon.base.Arn;
import io.carillon.lambda.FunctionVersion.Configuration;
import io.carillon.lambda.runtime.RuntimeLifecycle;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeadLetterConfig;
import software.amazon.awssdk.services.lambda.model.Environment;
import software.amazon.awssdk.services.lambda.model.EphemeralStorage;
import software.amazon.awssdk.services.lambda.model.LogFormat;
import software.amazon.awssdk.services.lambda.model.LoggingConfig;
import software.amazon.awssdk.services.lambda.model.PackageType;
import software.amazon.awssdk.services.lambda.model.Runtime;
import software.amazon.awssdk.services.lambda.model.SnapStart;
import software.amazon.awssdk.services.lambda.model.SnapStartApplyOn;
import software.amazon.awssdk.services.lambda.model.TracingConfig;
import software.amazon.awssdk.services.lambda.model.TracingMode;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.VpcConfig;

/// Validates a function's configuration: AWS's limits, and what this server does not support.
///
/// Sources: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
/// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
final class ConfigurationRules {
  private static final int DEFAULT_TIMEOUT_SECONDS = 3;
  private static final int DEFAULT_MEMORY_MB = 128;
  private static final int DEFAULT_TEMPORARY_MB = 512;
  private static final int ENVIRONMENT_LIMIT_BYTES = 4096;
  private static final Pattern VARIABLE = Pattern.compile("[a-zA-Z][a-zA-Z0-9_]+");
  private static final Pattern HANDLER = Pattern.compile("[^\\s]{1,128}");
  private static final Pattern ROLE =
      Pattern.compile("arn:aws[a-zA-Z-]*:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@\\-/]+");
  private static final Pattern LOG_GROUP = Pattern.compile("[.\\-_/#A-Za-z0-9]{1,512}");
  private static final Pattern SUPPORTED_RUNTIME =
      Pattern.compile(
          "python3\\.[0-9]+|nodejs([0-9]+\\.x|[468]\\.[0-9]+)"
              + "|java(8|11|17|21|25)(\\.al[0-9]+)?|provided(\\.al[0-9]+)?");

  /// Reserved environment variables. Source:
  /// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  private static final Set<String> RESERVED =
      Set.of(
          "_HANDLER",
          "_X_AMZN_TRACE_ID",
          "AWS_REGION",
          "AWS_DEFAULT_REGION",
          "AWS_EXECUTION_ENV",
          "AWS_LAMBDA_FUNCTION_NAME",
          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
          "AWS_LAMBDA_FUNCTION_VERSION",
          "AWS_LAMBDA_INITIALIZATION_TYPE",
          "AWS_LAMBDA_LOG_GROUP_NAME",
          "AWS_LAMBDA_LOG_STREAM_NAME",
          "AWS_ACCESS_KEY",
          "AWS_ACCESS_KEY_ID",
          "AWS_SECRET_ACCESS_KEY",
          "AWS_SESSION_TOKEN",
          "AWS_LAMBDA_RUNTIME_API",
          "LAMBDA_TASK_ROOT",
          "LAMBDA_RUNTIME_DIR",
          "AWS_LAMBDA_METADATA_API",
          "AWS_LAMBDA_METADATA_TOKEN");

  /// Describes what this machine lacks for a runtime; empty if nothing.
  private final Function<String, Optional<String>> missingFor;

  private final BiFunction<String, RuntimeLifecycle.Use, Optional<String>> deprecated;

  /// @param deprecated AWS's error for a deprecated runtime; empty if it is accepted here
  ConfigurationRules(
      Function<String, Optional<String>> missingFor,
      BiFunction<String, RuntimeLifecycle.Use, Optional<String>> deprecated) {
    this.missingFor = missingFor;
    this.deprecated = deprecated;
  }

  /// Refuses a runtime that AWS has deprecated, if this server is configured to.
  void requireNotDeprecated(String runtime, RuntimeLifecycle.Use use) {
    deprecated
        .apply(runtime, use)
        .ifPresent(
            message -> {
              throw INVALID_PARAMETER_VALUE.because(message);
            });
  }

  /// The configuration of a new function.
  Configuration of(CreateFunctionRequest r, FunctionName name) {
    refuseUnsupported(r);
    if (r.runtimeAsString() != null) {
      requireNotDeprecated(r.runtimeAsString(), RuntimeLifecycle.Use.CREATION);
    }
    return new Configuration(
        runtime(r.runtimeAsString(), r.runtime()),
        handler(r.handler(), r.runtimeAsString()),
        role(r.role()),
        description(r.description(), ""),
        timeout(r.timeout(), DEFAULT_TIMEOUT_SECONDS),
        memory(r.memorySize(), DEFAULT_MEMORY_MB),
        temporary(r.ephemeralStorage(), DEFAULT_TEMPORARY_MB),
        environment(r.environment(), null),
        architectures(r.architecturesAsStrings(), r.runtimeAsString(), List.of("x86_64")),
        deadLetter(r.deadLetterConfig(), null),
        logGroup(r.loggingConfig(), "/aws/lambda/" + name.name()));
  }

  /// Applies an update to a configuration; members absent from the request keep their values.
  Configuration update(Configuration old, UpdateFunctionConfigurationRequest r) {
    refuseUnsupported(r);
    String runtime =
        r.runtime() == null ? old.runtime() : runtime(r.runtimeAsString(), r.runtime());
    requireNotDeprecated(runtime, RuntimeLifecycle.Use.UPDATE);
    return new Configuration(
        runtime,
        r.handler() == null ? old.handler() : handler(r.handler(), runtime),
        r.role() == null ? old.role() : role(r.role()),
        description(r.description(), old.description()),
        timeout(r.timeout(), old.timeoutSeconds()),
        memory(r.memorySize(), old.memoryMb()),
        temporary(r.ephemeralStorage(), old.temporaryMb()),
        environment(r.environment(), old.environment()),
        old.architectures(),
        deadLetter(r.deadLetterConfig(), old.deadLetterArn()),
        logGroup(r.loggingConfig(), old.logGroup()));
  }

  private static void refuseUnsupported(CreateFunctionRequest r) {
    if (r.packageType() == PackageType.IMAGE || r.imageConfig() != null) {
      throw unsupported("PackageType Image");
    }
    refuse("CodeSigningConfigArn", present(r.codeSigningConfigArn()));
    refuse("TenancyConfig", r.tenancyConfig() != null);
    refuse("PublishTo", r.publishToAsString() != null);
    refuse("KMSKeyArn", present(r.kmsKeyArn()));
    refuse("Layers", r.hasLayers() && !r.layers().isEmpty());
    refuse("FileSystemConfigs", r.hasFileSystemConfigs() && !r.fileSystemConfigs().isEmpty());
    refuse("CapacityProviderConfig", r.capacityProviderConfig() != null);
    refuse("DurableConfig", r.durableConfig() != null);
    refuseUnsupported(r.vpcConfig(), r.tracingConfig(), r.snapStart(), r.loggingConfig());
  }

  private static void refuseUnsupported(UpdateFunctionConfigurationRequest r) {
    refuse("ImageConfig", r.imageConfig() != null);
    refuse("KMSKeyArn", present(r.kmsKeyArn()));
    refuse("Layers", r.hasLayers() && !r.layers().isEmpty());
    refuse("FileSystemConfigs", r.hasFileSystemConfigs() && !r.fileSystemConfigs().isEmpty());
    refuse("CapacityProviderConfig", r.capacityProviderConfig() != null);
    refuse("DurableConfig", r.durableConfig() != null);
    refuseUnsupported(r.vpcConfig(), r.tracingConfig(), r.snapStart(), r.loggingConfig());
  }

  /// Members that are accepted as long as they enable nothing.
  private static void refuseUnsupported(
      @Nullable VpcConfig vpc,
      @Nullable TracingConfig tracing,
      @Nullable SnapStart snapStart,
      @Nullable LoggingConfig logging) {
    refuse(
        "VpcConfig",
        vpc != null
            && (!vpc.subnetIds().isEmpty()
                || !vpc.securityGroupIds().isEmpty()
                || Boolean.TRUE.equals(vpc.ipv6AllowedForDualStack())));
    refuse("TracingConfig Active", tracing != null && tracing.mode() == TracingMode.ACTIVE);
    refuse(
        "SnapStart",
        snapStart != null
            && snapStart.applyOn() != null
            && snapStart.applyOn() != SnapStartApplyOn.NONE);
    if (logging != null) {
      refuse("LogFormat JSON", logging.logFormat() == LogFormat.JSON);
      refuse("ApplicationLogLevel", logging.applicationLogLevelAsString() != null);
      refuse("SystemLogLevel", logging.systemLogLevelAsString() != null);
    }
  }

  private static void refuse(String member, boolean requested) {
    if (requested) {
      throw unsupported(member);
    }
  }

  private static boolean present(@Nullable String text) {
    return text != null && !text.isEmpty();
  }

  private String runtime(@Nullable String name, @Nullable Runtime known) {
    if (name == null) {
      throw INVALID_PARAMETER_VALUE.because(
          "Runtime and Handler are mandatory parameters for functions created with deployment"
              + " packages.");
    }
    boolean supported = SUPPORTED_RUNTIME.matcher(name).matches();
    if (known == Runtime.UNKNOWN_TO_SDK_VERSION && !supported) {
      throw INVALID_PARAMETER_VALUE.because(
          "Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: %s or be a valid ARN"
              .formatted(name, Runtime.knownValues()));
    }
    if (!supported) {
      throw unsupported("The runtime " + name);
    }
    missingFor
        .apply(name)
        .ifPresent(
            what -> {
              throw INVALID_PARAMETER_VALUE.because(what);
            });
    return name;
  }

  private static String handler(@Nullable String handler, @Nullable String runtime) {
    if (handler == null) {
      if (runtime != null && runtime.startsWith("provided")) {
        return "bootstrap";
      }
      throw INVALID_PARAMETER_VALUE.because(
          "Runtime and Handler are mandatory parameters for functions created with deployment"
              + " packages.");
    }
    if (!HANDLER.matcher(handler).matches()) {
      throw constraint(
          handler, "handler", "Member must satisfy regular expression pattern: [^\\s]+");
    }
    return handler;
  }

  private static String role(@Nullable String role) {
    if (role == null || !ROLE.matcher(role).matches()) {
      throw constraint(
          role,
          "role",
          "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?"
              + "[a-zA-Z_0-9+=,.@\\-_/]+");
    }
    return role;
  }

  private static String description(@Nullable String description, String old) {
    if (description == null) {
      return old;
    }
    if (description.length() > 256) {
      throw constraint(
          description, "description", "Member must have length less than or equal to 256");
    }
    return description;
  }

  private static int timeout(@Nullable Integer seconds, int old) {
    return within(seconds, old, "timeout", 1, 900);
  }

  private static int memory(@Nullable Integer mb, int old) {
    return within(mb, old, "memorySize", 128, 10_240);
  }

  private static int temporary(@Nullable EphemeralStorage storage, int old) {
    return within(
        storage == null ? null : storage.size(), old, "ephemeralStorage.size", 512, 10_240);
  }

  private static int within(@Nullable Integer value, int old, String member, int min, int max) {
    if (value == null) {
      return old;
    }
    if (value < min) {
      throw constraint(value, member, "Member must have value greater than or equal to " + min);
    }
    if (value > max) {
      throw constraint(value, member, "Member must have value less than or equal to " + max);
    }
    return value;
  }

  private static @Nullable Map<String, String> environment(
      @Nullable Environment environment, @Nullable Map<String, String> old) {
    if (environment == null) {
      return old;
    }
    Map<String, String> variables = environment.variables();
    TreeSet<String> reserved = new TreeSet<>(variables.keySet());
    reserved.retainAll(RESERVED);
    if (!reserved.isEmpty()) {
      throw INVALID_PARAMETER_VALUE.because(
          "Lambda was unable to configure your environment variables because the environment"
              + " variables you have provided contains reserved keys that are currently not"
              + " supported for modification. Reserved keys used in this request: "
              + String.join(", ", reserved));
    }
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      if (!VARIABLE.matcher(variable.getKey()).matches()) {
        throw constraint(
            variable.getKey(),
            "environment.variables",
            "Map keys must satisfy constraint: [Member must satisfy regular expression pattern:"
                + " [a-zA-Z]([a-zA-Z0-9_])+]");
      }
      if (variable.getValue().indexOf('\0') >= 0) {
        throw INVALID_PARAMETER_VALUE.because(
            "The environment variable " + variable.getKey() + " holds a zero byte.");
      }
    }
    int bytes = measure(variables);
    if (bytes > ENVIRONMENT_LIMIT_BYTES) {
      throw INVALID_PARAMETER_VALUE.because(
          "Lambda was unable to configure your environment variables because the environment"
              + " variables you have provided exceeded the 4KB limit. Measured size: "
              + bytes
              + " bytes");
    }
    return new TreeMap<>(variables);
  }

  /// AWS measures the variables as JSON. Source: answers recorded from AWS
  /// (`test_large_environment_variables_fails` of localstack/localstack); message as of autumn 2026
  private static int measure(Map<String, String> variables) {
    JsonStringEncoder json = JsonStringEncoder.getInstance();
    int bytes = 1 + Math.max(1, variables.size()); // braces and commas
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      bytes += 5; // quotes and a colon
      bytes += json.quoteAsUTF8(variable.getKey()).length;
      bytes += json.quoteAsUTF8(variable.getValue()).length;
    }
    return bytes;
  }

  static List<String> architectures(
      @Nullable List<String> requested, @Nullable String runtime, List<String> old) {
    if (requested == null || requested.isEmpty()) {
      return old;
    }
    if (requested.size() > 1) {
      throw constraint(
          requested, "architectures", "Member must have length less than or equal to 1");
    }
    String architecture = requested.getFirst();
    if (!(architecture.equals("x86_64") || architecture.equals("arm64"))) {
      throw constraint(
          requested,
          "architectures",
          "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64],"
              + " Member must not be null]");
    }
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    if (runtime != null && runtime.startsWith("provided") && arm != architecture.equals("arm64")) {
      throw unsupported("The architecture " + architecture + " with the runtime " + runtime);
    }
    return List.of(architecture);
  }

  private static @Nullable String deadLetter(
      @Nullable DeadLetterConfig config, @Nullable String old) {
    if (config == null) {
      return old;
    }
    String target = config.targetArn();
    if (target == null || target.isEmpty()) {
      return null;
    }
    Arn arn =
        Arn.tryParse(target)
            .filter(a -> a.service().equals("sqs") || a.service().equals("sns"))
            .orElseThrow(
                () ->
                    INVALID_PARAMETER_VALUE.because(
                        "The dead letter queue must be an SQS queue or an SNS topic: " + target));
    return arn.toString();
  }

  private static String logGroup(@Nullable LoggingConfig logging, String old) {
    if (logging == null || logging.logGroup() == null) {
      return old;
    }
    if (!LOG_GROUP.matcher(logging.logGroup()).matches()) {
      throw constraint(
          logging.logGroup(),
          "loggingConfig.logGroup",
          "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
    }
    return logging.logGroup();
  }
}
