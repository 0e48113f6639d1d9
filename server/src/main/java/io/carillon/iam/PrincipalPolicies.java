package io.carillon.iam;

import io.carillon.aws.Principal;
import io.carillon.policy.NamedPolicy;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the tables say about principals: whether they still exist, and which policies they hold,
/// compiled.
final class PrincipalPolicies {
  private final Database database;
  private final Identities identities;
  private final ManagedPolicies policies;
  private final Accounts accounts;
  private final PolicyDocuments documents;
  private final IamCache<Holder, Held> known;

  private record Holder(IdentityType kind, String account, String name) {}

  /// @param identity the user or role, as its row was
  /// @param own its policies and those of its groups
  record Held(Identity identity, List<NamedPolicy> own, @Nullable NamedPolicy boundary) {}

  PrincipalPolicies(
      Database database,
      Identities identities,
      ManagedPolicies policies,
      Accounts accounts,
      PolicyDocuments documents,
      IamVersion changes) {
    this.database = database;
    this.identities = identities;
    this.policies = policies;
    this.accounts = accounts;
    this.documents = documents;
    this.known = new IamCache<>(changes);
  }

  /// What a user holds; empty if it is gone, or another has its name by now.
  Optional<Held> of(Principal.User user) {
    return held(IdentityType.USER, user.account().value(), user.name(), user.id());
  }

  /// What the role of a session holds; empty if it is gone, or another has its name by now.
  Optional<Held> of(Principal.AssumedRole session) {
    return held(IdentityType.ROLE, session.account().value(), session.roleName(), session.roleId());
  }

  boolean exists(Principal principal) {
    return switch (principal) {
      case Principal.User user -> of(user).isPresent();
      case Principal.AssumedRole session -> of(session).isPresent();
      case Principal.Root root ->
          database.read(snapshot -> accounts.isActive(snapshot, root.account().value()));
      case Principal.Service _, Principal.Anonymous _ -> true;
    };
  }

  Map<String, String> tagsOfPolicy(String arn) {
    return database.read(
        snapshot -> policies.find(snapshot, arn).map(ManagedPolicy::tags).orElse(Map.of()));
  }

  private Optional<Held> held(IdentityType kind, String account, String name, String id) {
    return known
        .get(
            new Holder(kind, account, name),
            () -> database.read(snapshot -> load(snapshot, kind, account, name)))
        .filter(held -> held.identity().id().equals(id));
  }

  private Optional<Held> load(Snapshot snapshot, IdentityType kind, String account, String name) {
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
              return new Held(identity, List.copyOf(own), boundary);
            });
  }

  private void collect(Snapshot snapshot, Identity identity, List<NamedPolicy> own) {
    String holder = " of " + identity.kind().word() + " " + identity.name();
    for (Map.Entry<String, String> inline : identity.inline().entrySet()) {
      own.add(
          new NamedPolicy(
              "inline policy " + inline.getKey() + holder,
              documents.of(inline.getValue(), Flavour.IDENTITY)));
    }
    for (String arn : identity.attached()) {
      own.add(managed(snapshot, arn));
    }
  }

  /// A policy of an account cannot be deleted while it is attached, but one of AWS may have been in
  /// a folder that this start was not told of. It may have held denials, so it denies everything.
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
