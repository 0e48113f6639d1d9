package io.carillon.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// All policies that have a say in a question.
///
/// @param identity those of the requester itself and of its groups
/// @param boundary the requester's permissions boundary, if it has one
/// @param session those passed when the session began; what any of them allows, they allow
/// @param resource the side of the resource; null where nobody but the requester's account is
///   concerned
public record Policies(
    List<NamedPolicy> identity,
    @Nullable NamedPolicy boundary,
    List<NamedPolicy> session,
    @Nullable ResourceSide resource) {

  public static final Policies NONE = new Policies(List.of(), null, List.of(), null);

  public static Policies ofIdentity(NamedPolicy... policies) {
    return new Policies(List.of(policies), null, List.of(), null);
  }

  public static Policies ofResource(ResourceSide resource) {
    return new Policies(List.of(), null, List.of(), resource);
  }

  public Policies withBoundary(NamedPolicy policy) {
    return new Policies(identity, policy, session, resource);
  }

  public Policies withSession(List<NamedPolicy> policies) {
    return new Policies(identity, boundary, policies, resource);
  }

  public Policies withResource(@Nullable ResourceSide side) {
    return new Policies(identity, boundary, session, side);
  }

  /// @param account whose resource it is
  /// @param policy attached to the resource, if one is
  /// @param mustAllow whether the requester's own policies are not enough even within the account,
  ///   as with the trust policy of a role
  public record ResourceSide(String account, @Nullable NamedPolicy policy, boolean mustAllow) {
    public static ResourceSide of(String account, NamedPolicy policy) {
      return new ResourceSide(account, policy, false);
    }

    public static ResourceSide withoutPolicy(String account) {
      return new ResourceSide(account, null, false);
    }

    /// A role and its trust policy.
    public static ResourceSide trust(String account, NamedPolicy policy) {
      return new ResourceSide(account, policy, true);
    }
  }
}
