package io.carillon.aws;

import io.carillon.base.AccountId;
import io.carillon.base.Secret;
import java.time.Instant;
import java.util.List;
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
    List<String> sessionPolicies,
    Instant expires) {

  /// Looks access keys up. Implemented by `iam` (lasting keys, root) and `sts` (sessions).
  @FunctionalInterface
  public interface Source {
    /// Empty for unknown and for inactive keys.
    Optional<Credentials> find(String accessKeyId);
  }
}
