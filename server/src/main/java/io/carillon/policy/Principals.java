package io.carillon.policy;

import java.util.List;
import java.util.Set;

/// A statement's `Principal` or `NotPrincipal`.
///
/// Federated users and canonical user ids name nobody here: Carillon has no identity providers, and
/// its S3 knows owners by account.
///
/// @param except whether it is a `NotPrincipal`
/// @param everyone whether `*` stands among them
/// @param accounts named by their number or their root's ARN: everyone in them, to whom they
///   delegate
/// @param identities ARNs and unique ids of users, roles and sessions
record Principals(
    boolean except,
    boolean everyone,
    Set<String> accounts,
    Set<String> identities,
    Set<String> services) {

  /// How closely a statement names the requester, and so how far its Allow carries.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
  enum Reach {
    NOT,
    /// Names the account, which still has to allow by the requester's own policies.
    ACCOUNT,
    /// Names the role: boundary and session policies still limit it.
    ROLE,
    /// Names the user, the session or everyone: decides alone within the account.
    SELF
  }

  Reach allowed(Requester requester) {
    if (except) {
      return chain(requester).stream().anyMatch(this::names) ? Reach.NOT : Reach.SELF;
    }
    return reach(requester);
  }

  /// An exception from a denial has to name the requester, its role and its account, as AWS asks:
  /// whoever is named in part only is denied.
  boolean denied(Requester requester) {
    if (except) {
      return !chain(requester).stream().allMatch(this::names);
    }
    return reach(requester) != Reach.NOT;
  }

  private Reach reach(Requester requester) {
    if (everyone) {
      return Reach.SELF;
    }
    return switch (requester) {
      case Requester.Root root -> accounts.contains(root.account()) ? Reach.SELF : Reach.NOT;
      case Requester.User user -> {
        boolean named = identities.contains(user.arn()) || identities.contains(user.id());
        yield named ? Reach.SELF : ofAccount(user);
      }
      case Requester.RoleSession session -> {
        if (identities.contains(session.sessionArn())) {
          yield Reach.SELF;
        }
        boolean role =
            identities.contains(session.roleArn()) || identities.contains(session.roleId());
        yield role ? Reach.ROLE : ofAccount(session);
      }
      case Requester.Service service ->
          services.contains(service.name()) || services.contains("*") ? Reach.SELF : Reach.NOT;
      case Requester.Anonymous _ -> Reach.NOT;
    };
  }

  private Reach ofAccount(Requester.Member member) {
    return accounts.contains(member.account()) ? Reach.ACCOUNT : Reach.NOT;
  }

  /// Everything that the requester goes by, each of which an exception must name.
  private static List<String> chain(Requester requester) {
    return switch (requester) {
      case Requester.Root root -> List.of(root.account());
      case Requester.User user -> List.of(user.arn(), user.account());
      case Requester.RoleSession session ->
          List.of(session.sessionArn(), session.roleArn(), session.account());
      case Requester.Service service -> List.of(service.name());
      case Requester.Anonymous _ -> List.of("*");
    };
  }

  private boolean names(String identity) {
    return everyone
        || accounts.contains(identity)
        || identities.contains(identity)
        || services.contains(identity);
  }
}
