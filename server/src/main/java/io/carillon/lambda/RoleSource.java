package io.carillon.lambda;

import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import java.util.Optional;

/// Assumes execution roles for `lambda.amazonaws.com`: IAM's and STS's to do, in `Server`'s wiring.
@FunctionalInterface
public interface RoleSource {

  /// A session of a role; empty where the role is gone or does not trust Lambda.
  ///
  /// @param function for whose sake: trust policies may ask for `aws:SourceArn`
  Optional<Principal.AssumedRole> assume(Arn role, String session, Arn function);
}
