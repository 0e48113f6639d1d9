package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import java.util.Map;
import java.util.Optional;

/// A service's look-up of the policy attached to one of its resources, and of the resource's tags.
/// `Server` hands the authorizer one for each service that has such policies.
@FunctionalInterface
public interface ResourcePolicies {

  /// Empty where there is no such resource: then nothing but the caller's own policies speaks.
  Optional<Owned> find(Arn resource);

  /// The tags of the resource of `need`, for policies that ask: `aws:ResourceTag/…`, of an object
  /// `s3:ExistingObjectTag/…`.
  default Map<String, String> tags(Need need) {
    return find(Arn.parse(need.resource())).map(Owned::tags).orElse(Map.of());
  }

  /// @param policy the policy document as JSON, if one is attached
  /// @param tags that count in policies
  /// @param pinned the unique ids of the users and roles that the policy named when it was written,
  ///   by ARN: it speaks of them alone
  /// @param restricted whether a policy that grants to the public grants to the owner's account and
  ///   to services only
  record Owned(
      AccountId owner,
      Optional<String> policy,
      Map<String, String> tags,
      Map<String, String> pinned,
      boolean restricted) {
    public Owned(AccountId owner, Optional<String> policy) {
      this(owner, policy, Map.of());
    }

    public Owned(AccountId owner, Optional<String> policy, Map<String, String> tags) {
      this(owner, policy, tags, Map.of());
    }

    public Owned(
        AccountId owner,
        Optional<String> policy,
        Map<String, String> tags,
        Map<String, String> pinned) {
      this(owner, policy, tags, pinned, false);
    }
  }
}
