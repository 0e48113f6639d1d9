package io.carillon.iam;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.Principal;
import io.carillon.policy.NamedPolicy;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.store.GuardedCache;
import io.carillon.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Principals in the tables: whether they still exist, and their compiled policies.
final class PrincipalPolicies {
  private final Identities identities;
  private final ManagedPolicies policies;
  private final Accounts accounts;
  private final PolicyDocuments documents;
  private final GuardedCache<Key, PolicySet> cache = new GuardedCache<>(10_000);

  private record Key(IdentityType kind, String account, String name) {}

  /// @param row the user or role
  /// @param identity its own policies and those of its groups
  record PolicySet(Identity row, List<NamedPolicy> identity, @Nullable NamedPolicy boundary) {}

  PrincipalPolicies(
      Identities identities,
      ManagedPolicies policies,
      Accounts accounts,
      PolicyDocuments documents) {
    this.identities = identities;
    this.policies = policies;
    this.accounts = accounts;
    this.documents = documents;
  }

  /// The policies of a user; empty if it was deleted or recreated.
  private Optional<PolicySet> of(Snapshot snapshot, Principal.User user) {
    return policiesOf(snapshot, IdentityType.USER, user.account().value(), user.name(), user.id());
  }

  /// The policies of a session's role; empty if it was deleted or recreated.
  private Optional<PolicySet> of(Snapshot snapshot, Principal.AssumedRole session) {
    return policiesOf(
        snapshot,
        IdentityType.ROLE,
        session.account().value(),
        session.roleName(),
        session.roleId());
  }

  boolean exists(Snapshot snapshot, Principal principal) {
    return switch (principal) {
      case Principal.User user -> of(snapshot, user).isPresent();
      case Principal.AssumedRole session -> of(snapshot, session).isPresent();
      case Principal.Root root -> accounts.isActive(snapshot, root.account().value());
      case Principal.Service _, Principal.Anonymous _ -> true;
    };
  }

  /// The policies of a user or of a session's role; empty for root users, who need none.
  ///
  /// @throws AwsException if the principal no longer exists
  Optional<PolicySet> require(Snapshot snapshot, Principal principal) {
    Optional<PolicySet> set =
        switch (principal) {
          case Principal.User user -> of(snapshot, user);
          case Principal.AssumedRole session -> of(snapshot, session);
          case Principal.Root _, Principal.Service _, Principal.Anonymous _ -> Optional.empty();
        };
    if (set.isEmpty() && !(principal instanceof Principal.Root && exists(snapshot, principal))) {
      throw CommonError.INVALID_CLIENT_TOKEN_ID.exception();
    }
    return set;
  }

  /// The policies that were given with a session.
  List<NamedPolicy> ofSession(List<String> texts) {
    List<NamedPolicy> session = new ArrayList<>(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      session.add(
          new NamedPolicy(
              "session policy " + (i + 1), documents.of(texts.get(i), Flavour.IDENTITY)));
    }
    return session;
  }

  private Optional<PolicySet> policiesOf(
      Snapshot snapshot, IdentityType kind, String account, String name, String id) {
    return cache
        .get(
            snapshot,
            Accounts.guard(account),
            new Key(kind, account, name),
            () -> load(snapshot, kind, account, name))
        .filter(set -> set.row().id().equals(id));
  }

  private Optional<PolicySet> load(
      Snapshot snapshot, IdentityType kind, String account, String name) {
    if (!accounts.isActive(snapshot, account)) {
      return Optional.empty();
    }
    return identities
        .find(snapshot, account, kind, name)
        .map(
            identity -> {
              List<NamedPolicy> own = new ArrayList<>();
              collect(snapshot, identity, own);
              for (String group : identity.userTerms().groups()) {
                identities
                    .find(snapshot, account, IdentityType.GROUP, group)
                    .ifPresent(found -> collect(snapshot, found, own));
              }
              NamedPolicy boundary =
                  identity.boundary() == null ? null : managed(snapshot, identity.boundary());
              return new PolicySet(identity, List.copyOf(own), boundary);
            });
  }

  private void collect(Snapshot snapshot, Identity identity, List<NamedPolicy> own) {
    String suffix = " of " + identity.kind().word() + " " + identity.name();
    for (Map.Entry<String, String> inline : identity.inline().entrySet()) {
      own.add(
          new NamedPolicy(
              "inline policy " + inline.getKey() + suffix,
              documents.of(inline.getValue(), Flavour.IDENTITY)));
    }
    for (String arn : identity.attached()) {
      own.add(managed(snapshot, arn));
    }
  }

  /// An attached policy cannot be deleted, but one of AWS may come from a folder that is no longer
  /// configured. It may have contained denials, so its replacement denies everything.
  private NamedPolicy managed(Snapshot snapshot, String arn) {
    return policies
        .find(snapshot, arn)
        .map(
            policy ->
                new NamedPolicy(
                    "managed policy " + arn, documents.of(policy.document(), Flavour.IDENTITY)))
        .orElseGet(
            () ->
                new NamedPolicy(
                    "managed policy " + arn + ", which this server does not have",
                    PolicyDocument.unreadable(Flavour.IDENTITY)));
  }
}
