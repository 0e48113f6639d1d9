package io.carillon.acceptance;

import java.io.IOException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.CreateFunctionResponse;
import software.amazon.awssdk.services.lambda.model.Runtime;

/// Short functions in Python.
final class Functions {
  private Functions() {}

  /// Creates the function and waits until it is active.
  ///
  /// @param body the lines of `handler(event, context)`; `os` and `json` are imported
  static CreateFunctionResponse create(
      LambdaClient lambda, String name, String role, String... body) throws IOException {
    SdkBytes code = zip(body);
    CreateFunctionResponse made =
        lambda.createFunction(
            r ->
                r.functionName(name)
                    .runtime(Runtime.PYTHON3_12)
                    .handler("m.handler")
                    .timeout(30)
                    .role(role)
                    .code(c -> c.zipFile(code)));
    lambda.waiter().waitUntilFunctionActiveV2(r -> r.functionName(name));
    return made;
  }

  static SdkBytes zip(String... body) throws IOException {
    return SdkBytes.fromByteArray(
        Zip.of(
            "m.py",
            "import os, json\n\ndef handler(event, context):\n    " + String.join("\n    ", body)));
  }

  /// The policy of a role that a service may assume.
  static String trust(String service) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
     "Principal": {"Service": "%s"}, "Action": "sts:AssumeRole"}]}\
    """
        .formatted(service);
  }
}
