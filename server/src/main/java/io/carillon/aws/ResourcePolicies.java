package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import java.util.Optional;

/// A service's look-up of the policy attached to one of its resources. `Server` hands the
/// authorizer one for each service that has such policies.
@FunctionalInterface
public interface ResourcePolicies {

  /// Empty where there is no such resource: then nothing but the caller's own policies speaks.
  Optional<Owned> find(Arn resource);

  /// @param policy the policy document as JSON, if one is attached
  record Owned(AccountId owner, Optional<String> policy) {}
}
