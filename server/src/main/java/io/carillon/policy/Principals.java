package io.carillon.policy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// A statement's `Principal` or `NotPrincipal`.
///
/// Federated users and canonical user ids name nobody here: Carillon has no identity providers, and
/// its S3 knows owners by account.
///
/// @param except whether it is a `NotPrincipal`
/// @param everyone whether `*` stands among them
/// @param accounts named by their number or their root's ARN: everyone in them, to whom they
///   delegate
/// @param federated whether public identity providers stand among them, whose users are anybody
/// @param identities ARNs and unique ids of users, roles and sessions
record Principals(
    boolean except,
    boolean everyone,
    boolean federated,
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
      return chain(requester).stream().anyMatch(this::namesOneOf) ? Reach.NOT : Reach.SELF;
    }
    return reach(requester);
  }

  /// An exception from a denial has to name the requester, its role and its account, as AWS asks:
  /// whoever is named in part only is denied.
  boolean denied(Requester requester) {
    if (except) {
      return !chain(requester).stream().allMatch(this::namesOneOf);
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

  /// What the requester is, each of which an exception must name by one of its names.
  private static List<List<String>> chain(Requester requester) {
    return switch (requester) {
      case Requester.Root root -> List.of(List.of(root.account()));
      case Requester.User user -> List.of(List.of(user.arn(), user.id()), List.of(user.account()));
      case Requester.RoleSession session ->
          List.of(
              List.of(session.sessionArn()),
              List.of(session.roleArn(), session.roleId()),
              List.of(session.account()));
      case Requester.Service service -> List.of(List.of(service.name()));
      case Requester.Anonymous _ -> List.of(List.of("*"));
    };
  }

  private boolean namesOneOf(List<String> names) {
    return everyone
        || names.stream()
            .anyMatch(
                name ->
                    accounts.contains(name)
                        || identities.contains(name)
                        || services.contains(name));
  }

  /// Whether it names certain accounts, identities or services, and nobody else.
  boolean areFixed() {
    return !except && !everyone && !federated && !services.contains("*");
  }

  /// The same with some identities under other names.
  Principals renamed(Map<String, String> names) {
    Set<String> renamed =
        identities.stream()
            .map(identity -> names.getOrDefault(identity, identity))
            .collect(Collectors.toUnmodifiableSet());
    return new Principals(except, everyone, federated, accounts, renamed, services);
  }
}
