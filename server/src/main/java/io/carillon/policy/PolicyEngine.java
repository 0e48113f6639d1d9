package io.carillon.policy;

import io.carillon.policy.Policies.ResourceSide;
import io.carillon.policy.Principals.Reach;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides a question by AWS's order: a matching Deny anywhere ends it; then every side that has to
/// allow must.
///
/// Within one account the resource's policy can allow alone if it names the user or session (or
/// everyone); if it names the role, boundary and session policies still limit; if it names the
/// account, that only hands the question to the requester's own policies. Between accounts both
/// sides have to allow. A service and an anonymous requester have no policies of their own: only
/// the resource's counts.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
public final class PolicyEngine {
  private PolicyEngine() {}

  public static Decision evaluate(AuthorizationRequest question, Policies policies) {
    Decision denied = denial(question, policies);
    if (denied != null) {
      return denied;
    }
    Grant resource = resourceGrant(question, policies.resource());
    return question.requester() instanceof Requester.Member member
        ? decide(question, policies, member, resource)
        : resource.reach() == Reach.NOT
            ? new Decision.ImplicitlyDenied(PolicyKind.RESOURCE)
            : new Decision.Allowed(resource.by());
  }

  private static Decision decide(
      AuthorizationRequest question, Policies policies, Requester.Member member, Grant resource) {
    ResourceSide side = policies.resource();
    boolean sameAccount = side == null || side.account().equals(member.account());
    if (sameAccount && resource.reach() == Reach.SELF) {
      return new Decision.Allowed(resource.by());
    }
    boolean resourceMustAllow = !sameAccount || (side != null && side.mustAllow());
    if (resourceMustAllow && resource.reach() == Reach.NOT) {
      return new Decision.ImplicitlyDenied(PolicyKind.RESOURCE);
    }
    if (member instanceof Requester.Root root) {
      return new Decision.Allowed("the root user of account " + root.account());
    }
    String by = allowing(question, policies.identity());
    if (by == null && sameAccount && resource.reach() == Reach.ROLE) {
      by = resource.by();
    }
    if (by == null) {
      return new Decision.ImplicitlyDenied(PolicyKind.IDENTITY);
    }
    NamedPolicy boundary = policies.boundary();
    if (boundary != null && allowing(question, List.of(boundary)) == null) {
      return new Decision.ImplicitlyDenied(PolicyKind.BOUNDARY);
    }
    if (!policies.session().isEmpty() && allowing(question, policies.session()) == null) {
      return new Decision.ImplicitlyDenied(PolicyKind.SESSION);
    }
    return new Decision.Allowed(by);
  }

  private static @Nullable Decision denial(AuthorizationRequest question, Policies policies) {
    Decision denied = denial(question, policies.identity(), PolicyKind.IDENTITY);
    if (denied == null && policies.boundary() != null) {
      denied = denial(question, List.of(policies.boundary()), PolicyKind.BOUNDARY);
    }
    if (denied == null) {
      denied = denial(question, policies.session(), PolicyKind.SESSION);
    }
    ResourceSide side = policies.resource();
    if (denied == null && side != null && side.policy() != null) {
      denied = denial(question, List.of(side.policy()), PolicyKind.RESOURCE);
    }
    return denied;
  }

  private static @Nullable Decision denial(
      AuthorizationRequest question, List<NamedPolicy> policies, PolicyKind kind) {
    for (NamedPolicy policy : policies) {
      for (Statement statement : policy.document().statements()) {
        Principals principals = statement.principals();
        if (!statement.allows()
            && (principals == null || principals.denied(question.requester()))
            && statement.appliesTo(question)) {
          return new Decision.ExplicitlyDenied(kind, policy.nameOf(statement));
        }
      }
    }
    return null;
  }

  /// Names the first statement that allows; null if none does.
  private static @Nullable String allowing(
      AuthorizationRequest question, List<NamedPolicy> policies) {
    for (NamedPolicy policy : policies) {
      for (Statement statement : policy.document().statements()) {
        if (statement.allows() && statement.appliesTo(question)) {
          return policy.nameOf(statement);
        }
      }
    }
    return null;
  }

  /// The statement of the resource's policy that carries furthest for this requester.
  private static Grant resourceGrant(AuthorizationRequest question, @Nullable ResourceSide side) {
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
      Reach reach = principals.allowed(question.requester());
      if (reach.compareTo(best.reach()) > 0 && statement.appliesTo(question)) {
        best = new Grant(reach, policy.nameOf(statement));
      }
    }
    return best;
  }

  private record Grant(Reach reach, String by) {
    static final Grant NONE = new Grant(Reach.NOT, "");
  }
}
