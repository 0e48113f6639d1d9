package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.util.Map;
import java.util.Optional;

/// Looks up the policy attached to a service's resource, and the resource's tags. `Server` gives
/// the authorizer one for each service that has resource policies.
@FunctionalInterface
public interface ResourcePolicies {

  /// Empty where there is no such resource: then only the caller's own policies apply.
  Optional<Owned> find(Snapshot snapshot, Arn resource);

  /// The tags of the resource of `need`, for the condition keys `aws:ResourceTag/…` and, of an
  /// object, `s3:ExistingObjectTag/…`.
  default Map<String, String> tags(Snapshot snapshot, Need need) {
    return find(snapshot, Arn.parse(need.resource())).map(Owned::tags).orElse(Map.of());
  }

  /// @param policy the policy document as JSON, if one is attached
  /// @param tags for conditions
  /// @param pinned the unique ids, by ARN, of the users and roles that the policy named when it was
  ///   written: it applies to them only, not to later ones of the same name
  /// @param restricted whether a policy that grants to the public grants only to the owner's
  ///   account and to services
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
