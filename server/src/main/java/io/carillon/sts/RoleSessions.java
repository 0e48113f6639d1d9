package io.carillon.sts;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.Duration;
import java.util.Optional;

/// Sessions that a service holds in a role, as Lambda does for its functions. Only the role's trust
/// policy decides.
public final class RoleSessions {
  private static final String ACTION = "sts:AssumeRole";

  private final Database database;
  private final Authorizer authorizer;
  private final StsService.Roles roles;
  private final SessionTokens tokens;

  RoleSessions(
      Database database, Authorizer authorizer, StsService.Roles roles, SessionTokens tokens) {
    this.database = database;
    this.authorizer = authorizer;
    this.roles = roles;
    this.tokens = tokens;
  }

  /// The principal of a session of `service` in `role`, for actions that need no credentials; empty
  /// if the role does not exist or does not trust the service.
  ///
  /// @param service such as `lambda.amazonaws.com`
  /// @param source the resource that the service acts for, such as the function's ARN
  public Optional<Principal.AssumedRole> principal(
      Snapshot snapshot, String service, Arn role, String sessionName, Arn source) {
    return findTrusting(snapshot, service, role, source)
        .map(found -> principal(found, sessionName));
  }

  private Optional<StsService.Role> findTrusting(
      Snapshot snapshot, String service, Arn role, Arn source) {
    return roles
        .find(snapshot, role)
        .filter(
            _ ->
                authorizer.allowsService(
                    snapshot, service, ACTION, role, source, source.account()));
  }

  /// Assumes `role` for `service`; empty if the role does not exist or does not trust the service.
  /// `duration` is cut to the role's maximum.
  public Optional<Credentials> assume(
      String service, Arn role, String sessionName, Duration duration, Arn source) {
    return database
        .read(snapshot -> findTrusting(snapshot, service, role, source))
        .map(
            found -> {
              Duration allowed =
                  duration.compareTo(found.maxSession()) > 0 ? found.maxSession() : duration;
              return tokens.issue(
                  principal(found, sessionName), allowed, Session.Terms.ofService(source));
            });
  }

  static Principal.AssumedRole principal(StsService.Role role, String sessionName) {
    return new Principal.AssumedRole(
        role.account(), role.path(), role.name(), role.id(), sessionName);
  }
}
