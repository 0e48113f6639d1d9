package io.carillon.sts;

import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import java.util.List;

/// What a session token holds, sealed: everything that later requests of the session need. There is
/// no row, so assuming a role costs no sync and a session outlives a restart; it ends with its
/// time, its role, or the key that seals.
///
/// Times are seconds since 1970.
///
/// @param holder whose session it is
/// @param policy the policy document passed when it began; empty for none
/// @param policyArns managed policies passed when it began
record Session(
    String accessKeyId,
    String secret,
    Holder holder,
    String policy,
    List<String> policyArns,
    long issued,
    long expires) {

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
