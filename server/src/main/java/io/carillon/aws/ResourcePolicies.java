package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.policy.PublicGrants;
import io.carillon.store.Snapshot;
import java.util.Map;
import java.util.Optional;

/// Looks up the policy attached to a service's resource, and the resource's tags. `Server` gives
/// the authorizer one for each service that has resource policies.
@FunctionalInterface
public interface ResourcePolicies {

  /// Empty where there is no such resource: then only the caller's own policies apply.
  Optional<Owned> find(Snapshot snapshot, Arn resource);

  /// The tags of the resource of `need`, for the condition keys `aws:ResourceTag/…` and those of
  /// the service.
  default Map<String, String> tags(Snapshot snapshot, Need need) {
    return find(snapshot, Arn.parse(need.resource())).map(Owned::tags).orElse(Map.of());
  }

  /// The resource whose policy it is, where it also applies to others: of an object, its bucket.
  default Arn holder(Arn resource) {
    return resource;
  }

  /// Whether the action creates the resource. A policy that one of this name has does not apply to
  /// it.
  default boolean creates(String action) {
    return false;
  }

  /// Whether the policy cannot deny the action to the root user of the resource's account.
  default boolean keepsForRoot(String action) {
    return false;
  }

  /// @param policy the policy document as JSON, if one is attached
  /// @param tags for conditions
  /// @param pinned the unique ids, by ARN, of the users and roles that the policy named when it was
  ///   written: it applies to them only, not to later ones of the same name
  /// @param restriction if a policy that grants to the public grants only to the owner's account
  ///   and to services
  record Owned(
      AccountId owner,
      Optional<String> policy,
      Map<String, String> tags,
      Map<String, String> pinned,
      Optional<Restriction> restriction) {
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
      this(owner, policy, tags, pinned, Optional.empty());
    }
  }

  /// @param grants which policies grant to the public
  /// @param advice for whom it denies access, after the message
  record Restriction(PublicGrants grants, String advice) {}
}
