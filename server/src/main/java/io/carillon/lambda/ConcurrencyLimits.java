package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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

/// How many invocations of a function may run at a time: its reserved concurrency, or what its
/// account may run in a region.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
final class ConcurrencyLimits {
  static final int OF_ACCOUNT = 1000;
  private static final int UNRESERVED_AT_LEAST = 100;

  private final Database database;
  private final Functions functions;
  private final int asynchronous;

  /// Reserved concurrency by function ARN, as it was when last asked for. The dispatcher asks
  /// often.
  private final Map<String, Optional<Integer>> known = new ConcurrentHashMap<>();

  /// @param asynchronous how many asynchronous invocations of a function without reserved
  ///   concurrency are tried at a time
  ConcurrencyLimits(Database database, Functions functions, int asynchronous) {
    this.database = database;
    this.functions = functions;
    this.asynchronous = asynchronous;
  }

  static int of(FunctionRow row) {
    return row.reservedConcurrency() == null ? OF_ACCOUNT : row.reservedConcurrency();
  }

  /// How many asynchronous invocations of a function are to be tried at a time. One at least: what
  /// is not tried can be neither throttled nor buried.
  int ofLane(String functionArn) {
    Optional<Integer> reserved = known.get(functionArn);
    if (reserved == null) {
      reserved = read(functionArn);
    }
    return Math.max(1, Math.min(asynchronous, reserved.orElse(asynchronous)));
  }

  /// Remembers it for functions that are there: lanes of others may be any number.
  private Optional<Integer> read(String functionArn) {
    Optional<FunctionRow> row =
        Arn.tryParse(functionArn)
            .flatMap(FunctionName::of)
            .flatMap(name -> database.read(snapshot -> functions.find(snapshot, name)));
    Optional<Integer> reserved = row.flatMap(r -> Optional.ofNullable(r.reservedConcurrency()));
    row.ifPresent(_ -> known.put(functionArn, reserved));
    return reserved;
  }

  /// A function was deleted: one of its name that comes later has limits of its own.
  void forget(Arn function) {
    known.remove(function.toString());
  }

  /// How many functions are remembered.
  int known() {
    return known.size();
  }

  PutFunctionConcurrencyResponse put(Caller caller, PutFunctionConcurrencyRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    Integer asked = r.reservedConcurrentExecutions();
    if (asked == null || asked < 0) {
      throw LambdaError.constraint(
          asked,
          "reservedConcurrentExecutions",
          "Member must have value greater than or equal to 0");
    }
    set(name, asked);
    return PutFunctionConcurrencyResponse.builder().reservedConcurrentExecutions(asked).build();
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
            if (OF_ACCOUNT - others - reserved < UNRESERVED_AT_LEAST) {
              throw INVALID_PARAMETER_VALUE.because(
                  "Specified ReservedConcurrentExecutions for function decreases account's"
                      + " UnreservedConcurrentExecution below its minimum value of ["
                      + UNRESERVED_AT_LEAST
                      + "].");
            }
          }
          functions.put(tx, row.withReservedConcurrency(reserved));
          tx.afterCommit(() -> known.remove(name.arn().toString()));
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
          int unreserved = OF_ACCOUNT - all.stream().mapToInt(ConcurrencyLimits::reserved).sum();
          long codeBytes = all.stream().mapToLong(f -> codeBytes(snapshot, f)).sum();
          return GetAccountSettingsResponse.builder()
              .accountLimit(
                  AccountLimit.builder()
                      .totalCodeSize(80_530_636_800L)
                      .codeSizeUnzipped(262_144_000L)
                      .codeSizeZipped((long) DeploymentPackages.INLINE_LIMIT_BYTES)
                      .concurrentExecutions(OF_ACCOUNT)
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

  /// Each published version counts beside `$LATEST`, also with the same code.
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
