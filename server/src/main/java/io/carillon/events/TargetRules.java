package io.carillon.events;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.eventbridge.model.InputTransformer;
import software.amazon.awssdk.services.eventbridge.model.RetryPolicy;
import software.amazon.awssdk.services.eventbridge.model.Target;

/// Validates the targets of PutTargets.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
final class TargetRules {
  private static final int MAX_ARN = 1_600;
  private static final int MAX_INPUT = 8_192;
  private static final int MAX_PATH = 256;
  private static final int MAX_VARIABLES = 100;
  private static final Pattern ID = Pattern.compile("[.\\-_A-Za-z0-9]+");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z0-9_\\-]+");

  /// The services whose resources can be targets here, with what their resources begin with.
  private static final Map<String, String> KINDS =
      Map.of("lambda", "function:", "sqs", "", "sns", "", "logs", "log-group:");

  private TargetRules() {}

  /// @throws AwsException ValidationException
  static RuleTarget checked(Caller caller, Target target) {
    String id = EventsError.MEMBERS.text("targets.member.id", target.id(), 1, 64, ID);
    Arn arn = arn(caller, target.arn());
    refuseUnsupported(target);
    int inputs =
        count(target.input()) + count(target.inputPath()) + count(target.inputTransformer());
    if (inputs > 1) {
      throw EventsError.VALIDATION.because(
          "Only one of Input, InputPath, or InputTransformer must be provided for target "
              + id
              + ".");
    }
    if (inputs > 0 && arn.service().equals("logs")) {
      throw EventsError.unsupported("An input of its own for a log group (target " + id + ")");
    }
    Optional<RetryPolicy> retries = Optional.ofNullable(target.retryPolicy());
    return new RuleTarget(
        id,
        arn.toString(),
        input(id, target.input()),
        path(id, target.inputPath()),
        transformer(id, target.inputTransformer()),
        retries.map(RetryPolicy::maximumRetryAttempts).map(TargetRules::attempts).orElse(null),
        retries.map(RetryPolicy::maximumEventAgeInSeconds).map(TargetRules::age).orElse(null),
        deadLetterQueue(caller, target));
  }

  private static int count(@Nullable Object member) {
    return member == null ? 0 : 1;
  }

  private static Arn arn(Caller caller, @Nullable String text) {
    String given = EventsError.MEMBERS.length("targets.member.arn", text, 1, MAX_ARN);
    Arn arn =
        Arn.tryParse(given)
            .filter(parsed -> AccountId.isValid(parsed.account()))
            .orElseThrow(
                () -> EventsError.parameter(given, "Provided Arn is not in correct format."));
    String resource = KINDS.get(arn.service());
    if (resource == null) {
      throw EventsError.unsupported("A target of the service " + arn.service());
    }
    if (!arn.resource().startsWith(resource)) {
      throw EventsError.parameter(given, "Provided Arn is not in correct format.");
    }
    if (!arn.region().equals(caller.region().name())) {
      throw EventsError.parameter(given, "A target must be in the region of its rule.");
    }
    refuseFifo(arn);
    return arn;
  }

  private static void refuseFifo(Arn arn) {
    if (arn.resource().endsWith(".fifo")) {
      throw EventsError.unsupported("A FIFO queue or topic");
    }
  }

  private static void refuseUnsupported(Target target) {
    EventsError.refuseUnsupported("RoleArn of a target", target.roleArn());
    EventsError.refuseUnsupported("KinesisParameters", target.kinesisParameters());
    EventsError.refuseUnsupported("RunCommandParameters", target.runCommandParameters());
    EventsError.refuseUnsupported("EcsParameters", target.ecsParameters());
    EventsError.refuseUnsupported("BatchParameters", target.batchParameters());
    EventsError.refuseUnsupported("SqsParameters (MessageGroupId)", target.sqsParameters());
    EventsError.refuseUnsupported("HttpParameters", target.httpParameters());
    EventsError.refuseUnsupported("RedshiftDataParameters", target.redshiftDataParameters());
    EventsError.refuseUnsupported(
        "SageMakerPipelineParameters", target.sageMakerPipelineParameters());
    EventsError.refuseUnsupported("AppSyncParameters", target.appSyncParameters());
  }

  private static @Nullable String input(String id, @Nullable String input) {
    if (input == null) {
      return null;
    }
    EventsError.MEMBERS.length("targets.member.input", input, 0, MAX_INPUT);
    if (EventJson.parse(input).isEmpty()) {
      throw EventsError.VALIDATION.because("JSON syntax error in input for target " + id + ".");
    }
    return input;
  }

  private static @Nullable String path(String id, @Nullable String path) {
    if (path != null) {
      checkPath(id, path, "InputPath");
    }
    return path;
  }

  private static void checkPath(String id, String path, String member) {
    if (path.length() > MAX_PATH || JsonPath.parse(path).isEmpty()) {
      throw EventsError.VALIDATION.because(
          "Invalid %s for target %s: %s is not a JSON path with dots, array indices and wildcards."
              .formatted(member, id, path));
    }
  }

  private static RuleTarget.@Nullable Transformer transformer(
      String id, @Nullable InputTransformer transformer) {
    if (transformer == null) {
      return null;
    }
    String template =
        EventsError.MEMBERS.length(
            "targets.member.inputTransformer.inputTemplate",
            transformer.inputTemplate(),
            1,
            MAX_INPUT);
    Map<String, String> paths = new LinkedHashMap<>(transformer.inputPathsMap());
    if (paths.size() > MAX_VARIABLES) {
      throw EventsError.MEMBERS.unsatisfied(
          "targets.member.inputTransformer.inputPathsMap",
          "[" + paths.size() + " entries]",
          "Map value must have length less than or equal to " + MAX_VARIABLES);
    }
    paths.forEach(
        (name, path) -> {
          if (!VARIABLE.matcher(name).matches()
              || name.toLowerCase(Locale.ROOT).startsWith("aws.")) {
            throw EventsError.VALIDATION.because(
                "Invalid InputPathsMap for target " + id + ": the name " + name + ".");
          }
          checkPath(id, path, "InputPathsMap");
        });
    Set<String> undefined = new TreeSet<>(TargetInput.variables(template));
    undefined.removeAll(paths.keySet());
    undefined.removeAll(TargetInput.PREDEFINED);
    if (!undefined.isEmpty()) {
      throw EventsError.VALIDATION.because(
          "Invalid InputTemplate for target %s: InputPathsMap does not define %s."
              .formatted(id, String.join(", ", undefined)));
    }
    return new RuleTarget.Transformer(paths, template);
  }

  private static int attempts(int given) {
    return EventsError.MEMBERS.range(
        "targets.member.retryPolicy.maximumRetryAttempts", given, 0, TargetRetries.MAX_RETRIES);
  }

  private static int age(int given) {
    return EventsError.MEMBERS.range(
        "targets.member.retryPolicy.maximumEventAgeInSeconds",
        given,
        TargetRetries.MIN_AGE_SECONDS,
        TargetRetries.MAX_AGE_SECONDS);
  }

  private static @Nullable String deadLetterQueue(Caller caller, Target target) {
    if (target.deadLetterConfig() == null || target.deadLetterConfig().arn() == null) {
      return null;
    }
    String given = target.deadLetterConfig().arn();
    Optional<Arn> queue =
        Arn.tryParse(given)
            .filter(arn -> arn.service().equals("sqs") && AccountId.isValid(arn.account()))
            .filter(arn -> arn.region().equals(caller.region().name()));
    if (queue.isEmpty()) {
      throw EventsError.parameter(
          "DeadLetterConfig.Arn", given + " is not the Arn of an SQS queue in the rule's region.");
    }
    refuseFifo(queue.get());
    return given;
  }
}
