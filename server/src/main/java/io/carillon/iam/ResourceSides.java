package io.carillon.iam;

import io.carillon.aws.ConditionKeys;
import io.carillon.aws.DenialWording;
import io.carillon.aws.Need;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceDirectory;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.Arn;
import io.carillon.policy.NamedPolicy;
import io.carillon.policy.Policies.ResourceSide;
import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.policy.Requester;
import io.carillon.store.Snapshot;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a decision needs of the resource: its owner, its policy and its tags. The services know
/// their resources; IAM's own are roles, whose policy is the trust policy, users and managed
/// policies.
final class ResourceSides {
  /// Actions on a role for which its trust policy is the resource policy.
  private static final Set<String> TRUST_POLICY_ACTIONS =
      Set.of("sts:assumerole", "sts:tagsession");

  private static final ResourcePolicies NO_POLICIES = (_, _) -> Optional.empty();

  private final Identities identities;
  private final ManagedPolicies policies;
  private final PolicyDocuments documents;
  private final ServiceDirectory services;

  ResourceSides(
      Identities identities,
      ManagedPolicies policies,
      PolicyDocuments documents,
      ServiceDirectory services) {
    this.identities = identities;
    this.policies = policies;
    this.documents = documents;
    this.services = services;
  }

  /// The owner of the resource and its policy. An unknown resource belongs to the account of its
  /// ARN; without an account (`*`, a bucket that does not exist, AWS's own policies), only the
  /// caller's own policies decide.
  @Nullable ResourceSide of(
      Snapshot snapshot, Requester requester, String action, String resource) {
    Arn arn = Arn.tryParse(resource).orElse(null);
    if (arn == null) {
      return null;
    }
    if (TRUST_POLICY_ACTIONS.contains(action.toLowerCase(Locale.ROOT))) {
      return trustSide(snapshot, arn);
    }
    ResourcePolicies service = services.resourcePolicies(arn.service()).orElse(NO_POLICIES);
    if (service.creates(action)) {
      return null;
    }
    Optional<ResourcePolicies.Owned> owned = service.find(snapshot, arn);
    if (owned.isEmpty()) {
      boolean hasNoAccount = arn.account().isEmpty() || arn.account().equals(ManagedPolicy.OF_AWS);
      return hasNoAccount ? null : ResourceSide.withoutPolicy(arn.account());
    }
    String account = owned.get().owner().value();
    if (isRootOf(account, requester) && service.keepsForRoot(action)) {
      return ResourceSide.withoutPolicy(account);
    }
    Map<String, String> pinned = owned.get().pinned();
    boolean restricted = restriction(owned.get(), requester).isPresent();
    return owned
        .get()
        .policy()
        .map(json -> documents.of(json, Flavour.RESOURCE, pinned))
        .map(document -> restricted ? document.denyStatements() : document)
        .map(
            document ->
                ResourceSide.of(
                    account, new NamedPolicy("the policy of " + service.holder(arn), document)))
        .orElse(ResourceSide.withoutPolicy(account));
  }

  private static boolean isRootOf(String owner, Requester requester) {
    return requester instanceof Requester.Root(String account) && account.equals(owner);
  }

  ConditionKeys conditionKeys(String service) {
    return services.spec(service).map(ServiceSpec::conditionKeys).orElse(ConditionKeys.NONE);
  }

  DenialWording denials(String action) {
    return services
        .spec(action.substring(0, Math.max(0, action.indexOf(':'))))
        .map(ServiceSpec::denials)
        .orElse(DenialWording.AS_IN_POLICIES);
  }

  /// The restriction that prevents the policy of the need's resource from granting access to the
  /// requester.
  Optional<ResourcePolicies.Restriction> restriction(
      Snapshot snapshot, Requester requester, Need need) {
    return Arn.tryParse(need.resource())
        .flatMap(
            arn ->
                services
                    .resourcePolicies(arn.service())
                    .flatMap(service -> service.find(snapshot, arn)))
        .flatMap(owned -> restriction(owned, requester));
  }

  private Optional<ResourcePolicies.Restriction> restriction(
      ResourcePolicies.Owned owned, Requester requester) {
    return owned
        .restriction()
        .filter(
            restriction ->
                isOutside(requester, owned.owner().value())
                    && owned
                        .policy()
                        .map(json -> documents.of(json, Flavour.RESOURCE, owned.pinned()))
                        .filter(restriction.grants()::areIn)
                        .isPresent());
  }

  /// Whether the requester is neither in the account nor an AWS service.
  private static boolean isOutside(Requester requester, String account) {
    return switch (requester) {
      case Requester.Member member -> !member.account().equals(account);
      case Requester.Service _ -> false;
      case Requester.Anonymous _ -> true;
    };
  }

  /// The trust policy of a role. A role that does not exist trusts nobody, so that strangers cannot
  /// find out which roles exist.
  private ResourceSide trustSide(Snapshot snapshot, Arn role) {
    String resource = role.resource();
    String name = resource.substring(resource.lastIndexOf('/') + 1);
    return identities
        .find(snapshot, role.account(), IdentityType.ROLE, name)
        .filter(found -> found.arn().equals(role.toString()))
        .map(
            found ->
                ResourceSide.trust(
                    found.account(),
                    new NamedPolicy(
                        "the trust policy of role " + found.name(),
                        documents.of(
                            found.roleTerms().trust(),
                            Flavour.TRUST,
                            found.roleTerms().trusted()))))
        .orElse(new ResourceSide(role.account(), null, true));
  }

  Map<String, String> tags(Snapshot snapshot, Need need) {
    Arn arn = Arn.tryParse(need.resource()).orElse(null);
    if (arn == null) {
      return Map.of();
    }
    if (arn.service().equals("iam")) {
      return arn.resource().startsWith("policy/")
          ? policies.find(snapshot, need.resource()).map(ManagedPolicy::tags).orElse(Map.of())
          : identities.findByArn(snapshot, arn).map(Identity::tags).orElse(Map.of());
    }
    return services
        .resourcePolicies(arn.service())
        .map(service -> service.tags(snapshot, need))
        .orElse(Map.of());
  }
}
