package io.carillon.sts;

import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The sealed content of a session token: everything that later requests of the session need. There
/// is no row, so assuming a role costs no sync and a session survives a restart. It ends when it
/// expires, its role is deleted or the sealing key is lost.
///
/// Times are seconds since 1970.
///
/// @param holder the principal of the session
/// @param policy the session policy document passed at its start; empty for none
/// @param policyArns managed session policies passed at its start
/// @param tags passed at its start, or inherited from the caller's session
/// @param transitive keys of the tags that the next session of a chain inherits
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

  /// Tokens of earlier versions have neither tags nor a function.
  Session {
    tags = Objects.requireNonNullElse(tags, Map.of());
    transitive = Objects.requireNonNullElse(transitive, List.of());
    function = Objects.requireNonNullElse(function, "");
  }

  /// The parameters of a new session.
  record Terms(
      String policy,
      List<String> policyArns,
      Map<String, String> tags,
      List<String> transitive,
      String function) {
    static final Terms NONE = new Terms("", List.of(), Map.of(), List.of(), "");

    /// For a session that a service holds for one of its resources.
    static Terms ofService(Arn source) {
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

    /// @throws IllegalArgumentException for an unknown kind
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
