package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Database;
import io.carillon.store.GuardedCache;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.lambda.model.AccountLimit;
import software.amazon.awssdk.services.lambda.model.AccountUsage;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionConcurrencyResponse;
import software.amazon.awssdk.services.lambda.model.GetAccountSettingsRequest;
import software.amazon.awssdk.services.lambda.model.GetAccountSettingsResponse;
import software.amazon.awssdk.services.lambda.model.GetFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionConcurrencyResponse;
import software.amazon.awssdk.services.lambda.model.PutFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionConcurrencyResponse;

/// How many invocations of a function may run at a time: its reserved concurrency, or else the
/// account's concurrency limit in the region.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
final class ConcurrencyLimits {
  static final int ACCOUNT_LIMIT = 1000;
  private static final int MIN_UNRESERVED = 100;

  private final Database database;
  private final Functions functions;
  private final int asyncLimit;

  /// By function ARN, since the dispatcher asks often.
  private final GuardedCache<String, Integer> cache = new GuardedCache<>(10_000);

  /// @param asyncLimit how many asynchronous invocations of a function without reserved concurrency
  ///   run at a time
  ConcurrencyLimits(Database database, Functions functions, int asyncLimit) {
    this.database = database;
    this.functions = functions;
    this.asyncLimit = asyncLimit;
  }

  static int of(FunctionRow row) {
    return row.reservedConcurrency() == null ? ACCOUNT_LIMIT : row.reservedConcurrency();
  }

  /// How many asynchronous invocations of a function to attempt at a time. At least one: an event
  /// has to be attempted to be throttled or to become a dead letter.
  int asyncAttemptLimit(Snapshot snapshot, String functionArn) {
    int limit =
        Arn.tryParse(functionArn)
            .flatMap(FunctionName::of)
            .flatMap(name -> asyncAttemptLimit(snapshot, name, functionArn))
            .orElse(asyncLimit);
    return Math.max(1, Math.min(asyncLimit, limit));
  }

  private Optional<Integer> asyncAttemptLimit(
      Snapshot snapshot, FunctionName name, String functionArn) {
    return cache.get(
        snapshot,
        functions.guard(name),
        functionArn,
        () -> functions.find(snapshot, name).map(ConcurrencyLimits::of));
  }

  PutFunctionConcurrencyResponse put(Caller caller, PutFunctionConcurrencyRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    Integer requested = r.reservedConcurrentExecutions();
    if (requested == null || requested < 0) {
      throw LambdaError.constraint(
          requested,
          "reservedConcurrentExecutions",
          "Member must have value greater than or equal to 0");
    }
    set(name, requested);
    return PutFunctionConcurrencyResponse.builder().reservedConcurrentExecutions(requested).build();
  }

  DeleteFunctionConcurrencyResponse delete(Caller caller, DeleteFunctionConcurrencyRequest r) {
    set(FunctionName.of(caller, r.functionName(), null).unqualified(), null);
    return DeleteFunctionConcurrencyResponse.builder().build();
  }

  private void set(FunctionName name, @Nullable Integer reserved) {
    database.write(
        tx -> {
          FunctionRow row = functions.require(tx, name);
          if (reserved != null) {
            int others =
                all(tx, name.account(), name.region()).stream()
                    .filter(other -> !other.latest().name().equals(name.name()))
                    .mapToInt(ConcurrencyLimits::reserved)
                    .sum();
            if (ACCOUNT_LIMIT - others - reserved < MIN_UNRESERVED) {
              throw INVALID_PARAMETER_VALUE.because(
                  "Specified ReservedConcurrentExecutions for function decreases account's"
                      + " UnreservedConcurrentExecution below its minimum value of ["
                      + MIN_UNRESERVED
                      + "].");
            }
          }
          functions.put(tx, row.withReservedConcurrency(reserved));
          return row;
        });
  }

  GetFunctionConcurrencyResponse get(Caller caller, GetFunctionConcurrencyRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    return database.read(
        snapshot ->
            GetFunctionConcurrencyResponse.builder()
                .reservedConcurrentExecutions(
                    functions.require(snapshot, name).reservedConcurrency())
                .build());
  }

  GetAccountSettingsResponse account(Caller caller, GetAccountSettingsRequest r) {
    return database.read(
        snapshot -> {
          List<FunctionRow> all = all(snapshot, caller.account().value(), caller.region().name());
          int unreserved = ACCOUNT_LIMIT - all.stream().mapToInt(ConcurrencyLimits::reserved).sum();
          long codeBytes = all.stream().mapToLong(f -> codeBytes(snapshot, f)).sum();
          return GetAccountSettingsResponse.builder()
              .accountLimit(
                  AccountLimit.builder()
                      .totalCodeSize(80_530_636_800L)
                      .codeSizeUnzipped(262_144_000L)
                      .codeSizeZipped((long) DeploymentPackages.INLINE_LIMIT_BYTES)
                      .concurrentExecutions(ACCOUNT_LIMIT)
                      .unreservedConcurrentExecutions(unreserved)
                      .build())
              .accountUsage(
                  AccountUsage.builder()
                      .totalCodeSize(codeBytes)
                      .functionCount((long) all.size())
                      .build())
              .build();
        });
  }

  /// Each published version counts in addition to `$LATEST`, even with the same code.
  ///
  /// Source: https://docs.aws.amazon.com/lambda/latest/api/API_AccountUsage.html and
  /// https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
  private long codeBytes(Snapshot snapshot, FunctionRow row) {
    FunctionVersion latest = row.latest();
    return Stream.concat(
            Stream.of(latest),
            functions.versions(snapshot, latest.functionName(), 0, Integer.MAX_VALUE).stream())
        .mapToLong(version -> version.deployment().archive().sizeBytes())
        .sum();
  }

  private List<FunctionRow> all(Snapshot snapshot, String account, String region) {
    return functions.list(snapshot, account, region, "", Integer.MAX_VALUE);
  }

  private static int reserved(FunctionRow row) {
    return row.reservedConcurrency() == null ? 0 : row.reservedConcurrency();
  }
}
