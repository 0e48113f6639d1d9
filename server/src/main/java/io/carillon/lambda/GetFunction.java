package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.lambda.Functions.FunctionRow;
import io.carillon.store.Database;
import software.amazon.awssdk.services.lambda.model.Concurrency;
import software.amazon.awssdk.services.lambda.model.FunctionCodeLocation;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionResponse;

/// GetFunction and GetFunctionConfiguration. The latter returns [FunctionConfiguration], which has
/// the members of the SDK's response.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
final class GetFunction {
  private final Database database;
  private final Functions functions;
  private final CodeLinks links;

  GetFunction(Database database, Functions functions, CodeLinks links) {
    this.database = database;
    this.functions = functions;
    this.links = links;
  }

  GetFunctionResponse run(Caller caller, GetFunctionRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot -> {
          FunctionVersion version = functions.requireVersion(snapshot, name);
          FunctionRow row = functions.require(snapshot, name);
          GetFunctionResponse.Builder response =
              GetFunctionResponse.builder()
                  .configuration(
                      FunctionResponses.current(version, name.qualifier().isPresent()).build())
                  .code(
                      FunctionCodeLocation.builder()
                          .repositoryType("S3")
                          .location(links.to(caller, version.deployment()).toString())
                          .build());
          if (!row.tags().isEmpty()) {
            response.tags(row.tags());
          }
          if (row.reservedConcurrency() != null) {
            response.concurrency(
                Concurrency.builder()
                    .reservedConcurrentExecutions(row.reservedConcurrency())
                    .build());
          }
          return response.build();
        });
  }

  FunctionConfiguration configuration(Caller caller, GetFunctionConfigurationRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    return database.read(
        snapshot ->
            FunctionResponses.current(
                    functions.requireVersion(snapshot, name), name.qualifier().isPresent())
                .build());
  }
}
