package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Secret;
import java.time.Instant;
import java.util.Optional;

/// The credentials of an access key id.
///
/// @param sessionToken required in the request where present
/// @param expires [Instant#MAX] for long-term keys
public record Credentials(
    String accessKeyId,
    Secret secret,
    Optional<Secret> sessionToken,
    Principal principal,
    AccountId account,
    SessionTerms session,
    Instant expires) {

  /// Long-term keys.
  public Credentials(String accessKeyId, Secret secret, Principal principal, AccountId account) {
    this(accessKeyId, secret, Optional.empty(), principal, account, SessionTerms.NONE, Instant.MAX);
  }

  /// Looks access keys up. Implemented by `iam` (long-term keys, root) and `sts` (sessions).
  @FunctionalInterface
  public interface Source {
    /// Empty for unknown and inactive keys, and for a session token that does not belong to the key
    /// or was not issued here. Expired sessions are returned, since their error differs.
    ///
    /// @param sessionToken of the request, empty for none. It holds the session's data, sealed, so
    ///   the key id alone does not find a session.
    Optional<Credentials> find(String accessKeyId, String sessionToken);
  }
}
