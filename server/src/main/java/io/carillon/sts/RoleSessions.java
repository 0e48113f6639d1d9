package io.carillon.sts;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import java.time.Duration;
import java.util.Optional;

/// Sessions that a service holds in a role, as Lambda does for its functions. Only the role's trust
/// policy is asked.
public final class RoleSessions {
  private static final String ACTION = "sts:AssumeRole";

  private final Authorizer authorizer;
  private final StsService.Roles roles;
  private final SessionTokens tokens;

  RoleSessions(Authorizer authorizer, StsService.Roles roles, SessionTokens tokens) {
    this.authorizer = authorizer;
    this.roles = roles;
    this.tokens = tokens;
  }

  /// Who `service` is in a session of `role`, for acts of its own that need no credentials; empty
  /// where the role is gone or does not trust the service.
  ///
  /// @param service such as `lambda.amazonaws.com`
  /// @param source for whose sake, such as the function's ARN
  public Optional<Principal.AssumedRole> principal(
      String service, Arn role, String sessionName, Arn source) {
    return trusting(service, role, source).map(found -> principal(found, sessionName));
  }

  private Optional<StsService.Role> trusting(String service, Arn role, Arn source) {
    return roles
        .find(role)
        .filter(_ -> authorizer.allowsService(service, ACTION, role, source, source.account()));
  }

  /// Assumes `role` for `service`; empty where the role is gone or does not trust the service. A
  /// longer `duration` than the role allows is cut down to it.
  public Optional<Credentials> assume(
      String service, Arn role, String sessionName, Duration duration, Arn source) {
    return trusting(service, role, source)
        .map(
            found -> {
              Duration life =
                  duration.compareTo(found.maxSession()) > 0 ? found.maxSession() : duration;
              return tokens.issue(
                  principal(found, sessionName), life, Session.Terms.heldFor(source));
            });
  }

  static Principal.AssumedRole principal(StsService.Role role, String sessionName) {
    return new Principal.AssumedRole(
        role.account(), role.path(), role.name(), role.id(), sessionName);
  }
}
