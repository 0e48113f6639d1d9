package io.carillon.lambda.runtime;

import io.carillon.base.Secret;
import java.time.Instant;

/// Gets temporary credentials of a function's role; STS, in `Server`'s wiring.
@FunctionalInterface
public interface FunctionCredentials {

  /// A session of the role, named like the function.
  ///
  /// @throws io.carillon.aws.AwsException where the role is gone or does not trust Lambda
  Issued issue(String roleArn, String functionName, String functionArn);

  record Issued(String accessKeyId, Secret secret, Secret sessionToken, Instant expires) {}
}
