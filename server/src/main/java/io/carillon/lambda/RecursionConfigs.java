package io.carillon.lambda;

import io.carillon.aws.Caller;
import io.carillon.store.Database;
import software.amazon.awssdk.services.lambda.model.GetFunctionRecursionConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRecursionConfigResponse;
import software.amazon.awssdk.services.lambda.model.PutFunctionRecursionConfigRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionRecursionConfigResponse;
import software.amazon.awssdk.services.lambda.model.RecursiveLoop;

/// Whether recursive invocations of a function are stopped. See [Recursion].
record RecursionConfigs(Database database, Functions functions) {

  PutFunctionRecursionConfigResponse put(Caller caller, PutFunctionRecursionConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    RecursiveLoop asked = r.recursiveLoop();
    if (asked == null || asked == RecursiveLoop.UNKNOWN_TO_SDK_VERSION) {
      throw LambdaError.constraint(
          r.recursiveLoopAsString(),
          "recursiveLoop",
          "Member must satisfy enum value set: [Allow, Terminate]");
    }
    boolean allow = asked == RecursiveLoop.ALLOW;
    database.write(
        tx -> {
          functions.put(tx, functions.require(tx, name).withMayLoop(allow));
          return name;
        });
    return PutFunctionRecursionConfigResponse.builder().recursiveLoop(asked).build();
  }

  GetFunctionRecursionConfigResponse get(Caller caller, GetFunctionRecursionConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null).unqualified();
    boolean allow =
        database.read(snapshot -> Boolean.TRUE.equals(functions.require(snapshot, name).mayLoop()));
    return GetFunctionRecursionConfigResponse.builder()
        .recursiveLoop(allow ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE)
        .build();
  }
}
