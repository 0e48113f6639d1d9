package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.RESOURCE_NOT_FOUND;
import static io.carillon.lambda.LambdaError.unsupported;

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
import java.util.Optional;
import java.util.Set;
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

/// How asynchronous invocations of a function, a version or an alias are tried, and who hears of
/// their outcome.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
final class EventInvokeConfigs {
  private static final int PAGE = 50;
  private static final Set<String> DESTINATIONS = Set.of("lambda", "sns", "sqs");

  /// Absent members have AWS's defaults.
  record ConfigRow(
      String qualifier,
      @Nullable Integer retries,
      @Nullable Integer maxAgeSeconds,
      @Nullable String onSuccess,
      @Nullable String onFailure,
      Instant modified) {

    RetryPolicy retryPolicy() {
      RetryPolicy usual = RetryPolicy.ASYNC_INVOCATION;
      List<RetryPolicy.Phase> phases =
          retries == null ? usual.phases() : usual.phases().subList(0, retries);
      Duration maxAge = maxAgeSeconds == null ? usual.maxAge() : Duration.ofSeconds(maxAgeSeconds);
      return new RetryPolicy(phases, maxAge, usual.postponed());
    }
  }

  private final Table<Tuple, ConfigRow> configs =
      Table.of("lambda.eventInvokeConfigs", KeyCodec.TUPLE, ConfigRow.class);
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
    ConfigRow row =
        new ConfigRow(
            qualifier(name),
            retries(r.maximumRetryAttempts()),
            maxAge(r.maximumEventAgeInSeconds()),
            onSuccess(r.destinationConfig()),
            onFailure(r.destinationConfig()),
            caller.time());
    requireSending(name, row.onSuccess(), row.onFailure());
    return store(name, old -> row);
  }

  FunctionEventInvokeConfig update(Caller caller, UpdateFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    Integer retries = retries(r.maximumRetryAttempts());
    Integer maxAge = maxAge(r.maximumEventAgeInSeconds());
    DestinationConfig destinations = r.destinationConfig();
    String success = onSuccess(destinations);
    String failure = onFailure(destinations);
    requireSending(name, success, failure);
    return store(
        name,
        old ->
            new ConfigRow(
                qualifier(name),
                retries == null ? old.retries() : retries,
                maxAge == null ? old.maxAgeSeconds() : maxAge,
                destinations == null ? old.onSuccess() : success,
                destinations == null ? old.onFailure() : failure,
                caller.time()));
  }

  private void requireSending(
      FunctionName name, @Nullable String onSuccess, @Nullable String onFailure) {
    String role =
        database.read(snapshot -> functions.requireVersion(snapshot, name)).configuration().role();
    roles.requireDestination(role, name, onSuccess);
    roles.requireDestination(role, name, onFailure);
  }

  private FunctionEventInvokeConfig store(
      FunctionName name, java.util.function.UnaryOperator<ConfigRow> change) {
    return database.write(
        tx -> {
          var _ = functions.requireVersion(tx, name);
          ConfigRow old =
              find(tx, name)
                  .orElse(new ConfigRow(qualifier(name), null, null, null, null, Instant.EPOCH));
          ConfigRow row = change.apply(old);
          configs.put(tx, key(name), row);
          return answer(name, row);
        });
  }

  FunctionEventInvokeConfig get(Caller caller, GetFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot -> {
          var _ = functions.requireVersion(snapshot, name);
          return answer(name, find(snapshot, name).orElseThrow(() -> none(name)));
        });
  }

  ListFunctionEventInvokeConfigsResponse list(
      Caller caller, ListFunctionEventInvokeConfigsRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    int limit = Pages.limit(r.maxItems(), PAGE);
    String after = Pages.after(r.marker());
    return database.read(
        snapshot -> {
          var _ = functions.require(snapshot, name);
          Range all = all(name);
          Range rest = after.isEmpty() ? all : all.after(key(name.withQualifier(after)));
          List<ConfigRow> found =
              configs.list(snapshot, rest, limit + 1).stream().map(Table.Entry::value).toList();
          return ListFunctionEventInvokeConfigsResponse.builder()
              .functionEventInvokeConfigs(
                  found.stream().limit(limit).map(row -> answer(name, row)).toList())
              .nextMarker(
                  found.size() > limit ? Pages.marker(found.get(limit - 1).qualifier()) : null)
              .build();
        });
  }

  DeleteFunctionEventInvokeConfigResponse delete(
      Caller caller, DeleteFunctionEventInvokeConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    database.write(
        tx -> {
          var _ = find(tx, name).orElseThrow(() -> none(name));
          configs.delete(tx, key(name));
          return name;
        });
    return DeleteFunctionEventInvokeConfigResponse.builder().build();
  }

  void deleteAll(Tx tx, FunctionName name) {
    configs.list(tx, all(name), Integer.MAX_VALUE).forEach(row -> configs.delete(tx, row.key()));
  }

  private static io.carillon.aws.AwsException none(FunctionName name) {
    return RESOURCE_NOT_FOUND.because(
        "The function " + name.qualifiedArn() + " doesn't have an EventInvokeConfig");
  }

  private static @Nullable Integer retries(@Nullable Integer retries) {
    if (retries != null && (retries < 0 || retries > 2)) {
      throw LambdaError.constraint(
          retries, "maximumRetryAttempts", "Member must have value between 0 and 2");
    }
    return retries;
  }

  private static @Nullable Integer maxAge(@Nullable Integer seconds) {
    if (seconds != null && (seconds < 60 || seconds > 21_600)) {
      throw LambdaError.constraint(
          seconds, "maximumEventAgeInSeconds", "Member must have value between 60 and 21600");
    }
    return seconds;
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
    Arn parsed =
        Arn.tryParse(arn)
            .orElseThrow(
                () ->
                    INVALID_PARAMETER_VALUE.because("The destination ARN " + arn + " is invalid."));
    if (!DESTINATIONS.contains(parsed.service())) {
      throw unsupported("A destination of " + parsed.service());
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

  private static FunctionEventInvokeConfig answer(FunctionName name, ConfigRow row) {
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
