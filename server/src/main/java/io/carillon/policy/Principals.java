package io.carillon.policy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// A statement's `Principal` or `NotPrincipal`.
///
/// Federated users and canonical user ids match no requester: Carillon has no identity providers,
/// and identifies S3 owners by account.
///
/// @param except whether it is a `NotPrincipal`
/// @param everyone whether it contains `*`
/// @param accounts named by id or root ARN: all their members to whom they delegate
/// @param federated whether it contains public identity providers, whose users can be anybody
/// @param identities ARNs and unique ids of users, roles and sessions
record Principals(
    boolean except,
    boolean everyone,
    boolean federated,
    Set<String> accounts,
    Set<String> identities,
    Set<String> services) {

  /// How closely a statement names the requester, which determines what its Allow grants.
  ///
  /// Source:
  /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
  enum Reach {
    NONE,
    /// Names the account: the requester's own policies have to allow too.
    ACCOUNT,
    /// Names the role: boundary and session policies still limit it.
    ROLE,
    /// Names the user, the session or everyone: sufficient within the account.
    FULL
  }

  Reach reachOfAllow(Requester requester) {
    if (except) {
      return namesOf(requester).stream().anyMatch(this::namesOneOf) ? Reach.NONE : Reach.FULL;
    }
    return reach(requester);
  }

  /// As on AWS, a NotPrincipal exempts a requester from a Deny only if it names the requester, its
  /// role and its account.
  boolean matchesDeny(Requester requester) {
    if (except) {
      return !namesOf(requester).stream().allMatch(this::namesOneOf);
    }
    return reach(requester) != Reach.NONE;
  }

  private Reach reach(Requester requester) {
    if (everyone) {
      return Reach.FULL;
    }
    return switch (requester) {
      case Requester.Root root -> accounts.contains(root.account()) ? Reach.FULL : Reach.NONE;
      case Requester.User user -> {
        boolean named = identities.contains(user.arn()) || identities.contains(user.id());
        yield named ? Reach.FULL : ofAccount(user);
      }
      case Requester.RoleSession session -> {
        if (identities.contains(session.sessionArn())) {
          yield Reach.FULL;
        }
        boolean role =
            identities.contains(session.roleArn()) || identities.contains(session.roleId());
        yield role ? Reach.ROLE : ofAccount(session);
      }
      case Requester.Service service ->
          services.contains(service.name()) || services.contains("*") ? Reach.FULL : Reach.NONE;
      case Requester.Anonymous _ -> Reach.NONE;
    };
  }

  private Reach ofAccount(Requester.Member member) {
    return accounts.contains(member.account()) ? Reach.ACCOUNT : Reach.NONE;
  }

  /// The requester, its role and its account, each with its names; NotPrincipal must name them all.
  private static List<List<String>> namesOf(Requester requester) {
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

  /// Whether it names specific accounts, identities or services only.
  boolean isFixed() {
    return !except && !everyone && !federated && !services.contains("*");
  }

  /// The same with some identities renamed.
  Principals renamed(Map<String, String> names) {
    Set<String> renamed =
        identities.stream()
            .map(identity -> names.getOrDefault(identity, identity))
            .collect(Collectors.toUnmodifiableSet());
    return new Principals(except, everyone, federated, accounts, renamed, services);
  }
}
