package io.carillon.sts;

import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What a session token holds, sealed: everything that later requests of the session need. There is
/// no row, so assuming a role costs no sync and a session outlives a restart; it ends with its
/// time, its role, or the key that seals.
///
/// Times are seconds since 1970.
///
/// @param holder whose session it is
/// @param policy the policy document passed when it began; empty for none
/// @param policyArns managed policies passed when it began
/// @param tags passed when it began, and handed down from the session before it
/// @param transitive keys of the tags that go on to the next session of a chain
/// @param function ARN of the function that Lambda holds it for; empty for none
record Session(
    String accessKeyId,
    String secret,
    Holder holder,
    String policy,
    List<String> policyArns,
    Map<String, String> tags,
    List<String> transitive,
    String function,
    long issued,
    long expires) {

  /// Tokens of earlier programs have no tags and name no function.
  Session {
    tags = Objects.requireNonNullElse(tags, Map.of());
    transitive = Objects.requireNonNullElse(transitive, List.of());
    function = Objects.requireNonNullElse(function, "");
  }

  /// What is agreed on when a session begins.
  record Terms(
      String policy,
      List<String> policyArns,
      Map<String, String> tags,
      List<String> transitive,
      String function) {
    static final Terms NONE = new Terms("", List.of(), Map.of(), List.of(), "");

    /// Of a session that a service holds for one of its resources.
    static Terms heldFor(Arn source) {
      String function = source.service().equals("lambda") ? source.toString() : "";
      return new Terms("", List.of(), Map.of(), List.of(), function);
    }
  }

  /// @param kind `role`, `user` or `root`
  /// @param session the session's name; empty but for roles
  record Holder(String kind, String account, String path, String name, String id, String session) {

    static Holder of(Principal principal) {
      return switch (principal) {
        case Principal.AssumedRole role ->
            new Holder(
                "role",
                role.account().value(),
                role.rolePath(),
                role.roleName(),
                role.roleId(),
                role.session());
        case Principal.User user ->
            new Holder("user", user.account().value(), user.path(), user.name(), user.id(), "");
        case Principal.Root root -> new Holder("root", root.account().value(), "", "", "", "");
        case Principal.Service _, Principal.Anonymous _ ->
            throw new IllegalArgumentException("No sessions for " + principal.arn());
      };
    }

    /// @throws IllegalArgumentException for a kind that this program does not know
    Principal principal() {
      AccountId id = new AccountId(account);
      return switch (kind) {
        case "role" -> new Principal.AssumedRole(id, path, name, this.id, session);
        case "user" -> new Principal.User(id, path, name, this.id);
        case "root" -> new Principal.Root(id);
        default -> throw new IllegalArgumentException("Unknown kind of session: " + kind);
      };
    }
  }
}
