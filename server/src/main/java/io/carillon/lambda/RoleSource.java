package io.carillon.lambda;

import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.util.Optional;

/// Assumes execution roles for `lambda.amazonaws.com`, with IAM and STS (wired in `Server`).
@FunctionalInterface
public interface RoleSource {

  /// A session of a role; empty if the role does not exist or does not trust Lambda.
  ///
  /// @param function the value of `aws:SourceArn` in trust policies
  Optional<Principal.AssumedRole> assume(Snapshot snapshot, Arn role, String session, Arn function);
}
