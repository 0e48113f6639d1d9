package io.carillon.policy;

import io.carillon.policy.Policies.ResourceSide;
import io.carillon.policy.Principals.Reach;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides a request in AWS's evaluation order: any matching Deny denies; then every policy type
/// that has to allow must.
///
/// Within one account, a resource policy that names the user or session (or everyone) allows alone;
/// one that names the role is still limited by boundary and session policies; one that names the
/// account delegates to the requester's own policies. Between accounts, both the resource policy
/// and the requester's policies have to allow. A service or anonymous requester has no policies of
/// its own: only the resource policy decides.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
public final class PolicyEngine {
  private PolicyEngine() {}

  public static Decision evaluate(AuthorizationRequest request, Policies policies) {
    Decision denied = findDenial(request, policies);
    if (denied != null) {
      return denied;
    }
    Grant resource = resourceGrant(request, policies.resource());
    return request.requester() instanceof Requester.Member member
        ? decideForMember(request, policies, member, resource)
        : resource.reach() == Reach.NONE
            ? new Decision.ImplicitlyDenied(PolicyKind.RESOURCE)
            : new Decision.Allowed(resource.by());
  }

  private static Decision decideForMember(
      AuthorizationRequest request, Policies policies, Requester.Member member, Grant resource) {
    ResourceSide side = policies.resource();
    boolean sameAccount = side == null || side.account().equals(member.account());
    if (sameAccount && resource.reach() == Reach.FULL) {
      return new Decision.Allowed(resource.by());
    }
    boolean resourceMustAllow = !sameAccount || (side != null && side.mustAllow());
    if (resourceMustAllow && resource.reach() == Reach.NONE) {
      return new Decision.ImplicitlyDenied(PolicyKind.RESOURCE);
    }
    if (member instanceof Requester.Root root) {
      return new Decision.Allowed("the root user of account " + root.account());
    }
    String by = findAllow(request, policies.identity());
    if (by == null && sameAccount && resource.reach() == Reach.ROLE) {
      by = resource.by();
    }
    if (by == null) {
      return new Decision.ImplicitlyDenied(PolicyKind.IDENTITY);
    }
    NamedPolicy boundary = policies.boundary();
    if (boundary != null && findAllow(request, List.of(boundary)) == null) {
      return new Decision.ImplicitlyDenied(PolicyKind.BOUNDARY);
    }
    if (!policies.session().isEmpty() && findAllow(request, policies.session()) == null) {
      return new Decision.ImplicitlyDenied(PolicyKind.SESSION);
    }
    return new Decision.Allowed(by);
  }

  private static @Nullable Decision findDenial(AuthorizationRequest request, Policies policies) {
    Decision denied = findDenial(request, policies.identity(), PolicyKind.IDENTITY);
    if (denied == null && policies.boundary() != null) {
      denied = findDenial(request, List.of(policies.boundary()), PolicyKind.BOUNDARY);
    }
    if (denied == null) {
      denied = findDenial(request, policies.session(), PolicyKind.SESSION);
    }
    ResourceSide side = policies.resource();
    if (denied == null && side != null && side.policy() != null) {
      denied = findDenial(request, List.of(side.policy()), PolicyKind.RESOURCE);
    }
    return denied;
  }

  private static @Nullable Decision findDenial(
      AuthorizationRequest request, List<NamedPolicy> policies, PolicyKind kind) {
    for (NamedPolicy policy : policies) {
      for (Statement statement : policy.document().statements()) {
        Principals principals = statement.principals();
        if (!statement.allows()
            && (principals == null || principals.matchesDeny(request.requester()))
            && statement.appliesTo(request)) {
          return new Decision.ExplicitlyDenied(kind, policy.nameOf(statement));
        }
      }
    }
    return null;
  }

  /// The name of the first statement that allows; null if none does.
  private static @Nullable String findAllow(
      AuthorizationRequest request, List<NamedPolicy> policies) {
    for (NamedPolicy policy : policies) {
      for (Statement statement : policy.document().statements()) {
        if (statement.allows() && statement.appliesTo(request)) {
          return policy.nameOf(statement);
        }
      }
    }
    return null;
  }

  /// The Allow of the resource policy with the greatest reach for this requester.
  private static Grant resourceGrant(AuthorizationRequest request, @Nullable ResourceSide side) {
    Grant best = Grant.NONE;
    NamedPolicy policy = side == null ? null : side.policy();
    if (policy == null) {
      return best;
    }
    for (Statement statement : policy.document().statements()) {
      Principals principals = statement.principals();
      if (!statement.allows() || principals == null) {
        continue;
      }
      Reach reach = principals.reachOfAllow(request.requester());
      if (reach.compareTo(best.reach()) > 0 && statement.appliesTo(request)) {
        best = new Grant(reach, policy.nameOf(statement));
      }
    }
    return best;
  }

  private record Grant(Reach reach, String by) {
    static final Grant NONE = new Grant(Reach.NONE, "");
  }
}
