package io.carillon.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// All policies that apply to a request.
///
/// @param identity the requester's own and those of its groups
/// @param boundary the requester's permissions boundary, if it has one
/// @param session session policies; an Allow in any of them suffices
/// @param resource the owner of the resource and its policy; null if only the requester's account
///   is concerned
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

  /// @param account the owner of the resource
  /// @param policy the resource policy, if there is one
  /// @param mustAllow whether the resource policy must allow even within the account, as the trust
  ///   policy of a role must
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
