package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Secret;
import java.time.Instant;
import java.util.Optional;

/// What an access key id stands for.
///
/// @param sessionToken must come with the request where present
/// @param expires [Instant#MAX] for lasting keys
public record Credentials(
    String accessKeyId,
    Secret secret,
    Optional<Secret> sessionToken,
    Principal principal,
    AccountId account,
    SessionTerms session,
    Instant expires) {

  /// Lasting keys.
  public Credentials(String accessKeyId, Secret secret, Principal principal, AccountId account) {
    this(accessKeyId, secret, Optional.empty(), principal, account, SessionTerms.NONE, Instant.MAX);
  }

  /// Looks access keys up. Implemented by `iam` (lasting keys, root) and `sts` (sessions).
  @FunctionalInterface
  public interface Source {
    /// Empty for unknown and for inactive keys, and for a session token that does not belong to the
    /// key or was not issued here. Expired sessions are answered: the error differs.
    ///
    /// @param sessionToken as the request carries it, empty for none. A session's data travels in
    ///   it, sealed, so the key id alone does not find a session.
    Optional<Credentials> find(String accessKeyId, String sessionToken);
  }
}
