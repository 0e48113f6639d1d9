package io.carillon.lambda;

import io.carillon.base.Arn;

/// Whether a role exists and trusts `lambda.amazonaws.com`: IAM's to say, in `Server`'s wiring.
@FunctionalInterface
public interface RoleTrust {
  boolean letsLambdaAssume(Arn role);
}
