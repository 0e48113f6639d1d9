package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.unsupported;

import io.carillon.aws.Caller;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Database;
import java.util.List;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.ListFunctionsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsResponse;

/// ListFunctions.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
final class ListFunctions {
  private static final int PAGE = 50;

  private final Database database;
  private final Functions functions;
  private final VersionOperations versions;

  ListFunctions(Database database, Functions functions, VersionOperations versions) {
    this.database = database;
    this.functions = functions;
    this.versions = versions;
  }

  ListFunctionsResponse run(Caller caller, ListFunctionsRequest r) {
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
}
