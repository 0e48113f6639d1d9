package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.RESOURCE_NOT_FOUND;
import static io.carillon.lambda.LambdaError.unsupported;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.outbox.RetryPolicy;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionEventInvokeConfigResponse;
import software.amazon.awssdk.services.lambda.model.DestinationConfig;
import software.amazon.awssdk.services.lambda.model.FunctionEventInvokeConfig;
import software.amazon.awssdk.services.lambda.model.GetFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionEventInvokeConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionEventInvokeConfigsResponse;
import software.amazon.awssdk.services.lambda.model.OnFailure;
import software.amazon.awssdk.services.lambda.model.OnSuccess;
import software.amazon.awssdk.services.lambda.model.PutFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionEventInvokeConfigRequest;

/// Retry settings and destinations for asynchronous invocations of a function, a version or an
/// alias.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
final class EventInvokeConfigs {
  private static final int PAGE = 50;
  private static final Set<String> SUPPORTED_DESTINATIONS = Set.of("lambda", "sns", "sqs");
  private static final Set<String> AWS_DESTINATIONS =
      Set.of("events", "lambda", "s3", "sns", "sqs");

  /// Absent members have AWS's defaults.
  record ConfigRow(
      String qualifier,
      @Nullable Integer retries,
      @Nullable Integer maxAgeSeconds,
      @Nullable String onSuccess,
      @Nullable String onFailure,
      Instant modified) {

    RetryPolicy retryPolicy() {
      RetryPolicy defaults = RetryPolicy.ASYNC_INVOCATION;
      List<RetryPolicy.Phase> phases =
          retries == null ? defaults.phases() : defaults.phases().subList(0, retries);
      Duration maxAge =
          maxAgeSeconds == null ? defaults.maxAge() : Duration.ofSeconds(maxAgeSeconds);
      return new RetryPolicy(phases, maxAge, defaults.postponed());
    }
  }

  private final Table<Tuple, ConfigRow> configs =
      Table.of("lambda.eventInvokeConfigs", KeyCodec.TUPLE, ConfigRow.class)
          .guardedBy(Functions.GUARD, 3);
  private final Database database;
  private final Functions functions;
  private final ExecutionRoles roles;

  EventInvokeConfigs(Database database, Functions functions, ExecutionRoles roles) {
    this.database = database;
    this.functions = functions;
    this.roles = roles;
  }

  Optional<ConfigRow> find(Snapshot snapshot, FunctionName name) {
    return configs.get(snapshot, key(name));
  }

  FunctionEventInvokeConfig put(Caller caller, PutFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    requireAnySetting(
        r.maximumRetryAttempts(), r.maximumEventAgeInSeconds(), r.destinationConfig());
    requireValid(name, r.destinationConfig());
    ConfigRow row =
        new ConfigRow(
            qualifier(name),
            retries(r.maximumRetryAttempts()),
            maxAge(r.maximumEventAgeInSeconds()),
            onSuccess(r.destinationConfig()),
            onFailure(r.destinationConfig()),
            caller.time());
    requirePermissionToSend(name, row.onSuccess(), row.onFailure());
    return store(name, _ -> row, false);
  }

  FunctionEventInvokeConfig update(Caller caller, UpdateFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    DestinationConfig destinations = r.destinationConfig();
    requireAnySetting(r.maximumRetryAttempts(), r.maximumEventAgeInSeconds(), destinations);
    requireValid(name, destinations);
    Integer retries = retries(r.maximumRetryAttempts());
    Integer maxAge = maxAge(r.maximumEventAgeInSeconds());
    String onSuccess = onSuccess(destinations);
    String onFailure = onFailure(destinations);
    requirePermissionToSend(name, onSuccess, onFailure);
    return store(
        name,
        old ->
            new ConfigRow(
                qualifier(name),
                retries == null ? old.retries() : retries,
                maxAge == null ? old.maxAgeSeconds() : maxAge,
                destinations == null ? old.onSuccess() : onSuccess,
                destinations == null ? old.onFailure() : onFailure,
                caller.time()),
        true);
  }

  private static void requireAnySetting(
      @Nullable Integer retries, @Nullable Integer maxAge, @Nullable DestinationConfig config) {
    if (retries == null && maxAge == null && config == null) {
      throw INVALID_PARAMETER_VALUE.because(
          "You must specify at least one of error handling or destination setting.");
    }
  }

  /// Messages recorded from AWS (`test_lambda_eventinvokeconfig_exceptions` of
  /// localstack/localstack).
  private void requireValid(FunctionName name, @Nullable DestinationConfig config) {
    if (config == null) {
      return;
    }
    for (String destination :
        Stream.of(onSuccess(config), onFailure(config)).filter(Objects::nonNull).toList()) {
      Arn arn = Arn.tryParse(destination).orElseThrow(() -> invalid(destination));
      if (!AWS_DESTINATIONS.contains(arn.service())) {
        throw INVALID_PARAMETER_VALUE.because(
            "The provided destination config DestinationConfig(onSuccess=%s, onFailure=%s) is invalid."
                .formatted(
                    describe("OnSuccess", onSuccess(config)),
                    describe("OnFailure", onFailure(config))));
      }
      if (!SUPPORTED_DESTINATIONS.contains(arn.service())) {
        throw unsupported("A destination of " + arn.service());
      }
      FunctionName.of(arn).ifPresent(function -> requireOther(name, function, destination));
    }
  }

  private void requireOther(FunctionName name, FunctionName destination, String arn) {
    if (destination.arn().equals(name.arn())) {
      throw INVALID_PARAMETER_VALUE.because(
          "You can't specify the function as a destination for itself.");
    }
    if (database.read(snapshot -> functions.findVersion(snapshot, destination)).isEmpty()) {
      throw invalid(arn);
    }
  }

  private static AwsException invalid(String destination) {
    return INVALID_PARAMETER_VALUE.because("The destination ARN " + destination + " is invalid.");
  }

  private static String describe(String kind, @Nullable String destination) {
    return destination == null ? "null" : kind + "(destination=" + destination + ")";
  }

  private void requirePermissionToSend(
      FunctionName name, @Nullable String onSuccess, @Nullable String onFailure) {
    String role = database.read(snapshot -> requireVersion(snapshot, name)).configuration().role();
    roles.requireDestination(role, name, onSuccess);
    roles.requireDestination(role, name, onFailure);
  }

  private FunctionVersion requireVersion(Snapshot snapshot, FunctionName name) {
    return functions
        .findVersion(snapshot, name)
        .orElseThrow(() -> RESOURCE_NOT_FOUND.because("The function doesn't exist."));
  }

  /// @param mustExist whether a configuration must exist already
  private FunctionEventInvokeConfig store(
      FunctionName name, UnaryOperator<ConfigRow> change, boolean mustExist) {
    return database.write(
        tx -> {
          var _ = requireVersion(tx, name);
          Optional<ConfigRow> existing = find(tx, name);
          if (mustExist && existing.isEmpty()) {
            throw notFound(name);
          }
          ConfigRow old =
              existing.orElse(
                  new ConfigRow(qualifier(name), null, null, null, null, Instant.EPOCH));
          ConfigRow row = change.apply(old);
          configs.put(tx, key(name), row);
          return response(name, row);
        });
  }

  FunctionEventInvokeConfig get(Caller caller, GetFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot -> response(name, find(snapshot, name).orElseThrow(() -> notFound(name))));
  }

  ListFunctionEventInvokeConfigsResponse list(
      Caller caller, ListFunctionEventInvokeConfigsRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    int limit = LambdaPages.limit(r.maxItems(), PAGE);
    String after = LambdaPages.after(r.marker());
    return database.read(
        snapshot -> {
          var _ = requireVersion(snapshot, name);
          Range all = all(name);
          Range rest = after.isEmpty() ? all : all.after(key(name.withQualifier(after)));
          List<ConfigRow> found =
              configs.list(snapshot, rest, limit + 1).stream().map(Table.Entry::value).toList();
          return ListFunctionEventInvokeConfigsResponse.builder()
              .functionEventInvokeConfigs(
                  found.stream().limit(limit).map(row -> response(name, row)).toList())
              .nextMarker(
                  found.size() > limit
                      ? LambdaPages.marker(found.get(limit - 1).qualifier())
                      : null)
              .build();
        });
  }

  DeleteFunctionEventInvokeConfigResponse delete(
      Caller caller, DeleteFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    database.write(
        tx -> {
          var _ = find(tx, name).orElseThrow(() -> notFound(name));
          configs.delete(tx, key(name));
          return name;
        });
    return DeleteFunctionEventInvokeConfigResponse.builder().build();
  }

  void deleteAll(Tx tx, FunctionName name) {
    configs.list(tx, all(name), Integer.MAX_VALUE).forEach(row -> configs.delete(tx, row.key()));
  }

  private static AwsException notFound(FunctionName name) {
    String arn = name.withQualifier(qualifier(name)).qualifiedArn().toString();
    return RESOURCE_NOT_FOUND.because("The function " + arn + " doesn't have an EventInvokeConfig");
  }

  private static @Nullable Integer retries(@Nullable Integer retries) {
    return within(retries, "maximumRetryAttempts", 0, 2);
  }

  private static @Nullable Integer maxAge(@Nullable Integer seconds) {
    return within(seconds, "maximumEventAgeInSeconds", 60, 21_600);
  }

  private static @Nullable Integer within(
      @Nullable Integer value, String member, int min, int max) {
    if (value != null && value < min) {
      throw LambdaError.constraint(
          value, member, "Member must have value greater than or equal to " + min);
    }
    if (value != null && value > max) {
      throw LambdaError.constraint(
          value, member, "Member must have value less than or equal to " + max);
    }
    return value;
  }

  private static @Nullable String onSuccess(@Nullable DestinationConfig config) {
    return config == null || config.onSuccess() == null
        ? null
        : destination(config.onSuccess().destination());
  }

  private static @Nullable String onFailure(@Nullable DestinationConfig config) {
    return config == null || config.onFailure() == null
        ? null
        : destination(config.onFailure().destination());
  }

  private static @Nullable String destination(@Nullable String arn) {
    if (arn == null || arn.isEmpty()) {
      return null;
    }
    return arn;
  }

  private static String qualifier(FunctionName name) {
    return name.qualifier().orElse(FunctionName.LATEST);
  }

  private static Range all(FunctionName name) {
    return Range.within(Tuple.of(name.account(), name.region(), name.name()));
  }

  private static Tuple key(FunctionName name) {
    return Tuple.of(name.account(), name.region(), name.name(), qualifier(name));
  }

  private static FunctionEventInvokeConfig response(FunctionName name, ConfigRow row) {
    return FunctionEventInvokeConfig.builder()
        .functionArn(name.withQualifier(row.qualifier()).qualifiedArn().toString())
        .lastModified(row.modified())
        .maximumRetryAttempts(row.retries())
        .maximumEventAgeInSeconds(row.maxAgeSeconds())
        .destinationConfig(
            DestinationConfig.builder()
                .onSuccess(OnSuccess.builder().destination(row.onSuccess()).build())
                .onFailure(OnFailure.builder().destination(row.onFailure()).build())
                .build())
        .build();
  }
}
