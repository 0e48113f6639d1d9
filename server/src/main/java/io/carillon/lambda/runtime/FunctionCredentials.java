package io.carillon.lambda.runtime;

import io.carillon.base.Secret;
import java.time.Instant;

/// Gets temporary credentials of a function's role, from STS (wired in `Server`).
@FunctionalInterface
public interface FunctionCredentials {

  /// A session of the role, with the function's name as session name.
  ///
  /// @throws io.carillon.aws.AwsException where the role is gone or does not trust Lambda
  Issued issue(String roleArn, String functionName, String functionArn);

  record Issued(String accessKeyId, Secret secret, Secret sessionToken, Instant expires) {}
}
