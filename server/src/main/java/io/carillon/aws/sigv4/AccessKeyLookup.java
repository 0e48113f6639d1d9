package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import java.time.InstantSource;

/// Finds the credentials of a request, with different errors for unknown keys, wrong tokens and
/// expired sessions.
record AccessKeyLookup(Credentials.Source source, InstantSource clock) {

  /// @param token empty for none
  Credentials find(String accessKeyId, String token, SignatureErrors errors) {
    Credentials credentials =
        source
            .find(accessKeyId, token)
            .filter(known -> belongs(token, known))
            .orElseThrow(
                () -> token.isEmpty() ? errors.unknownKey(accessKeyId) : errors.wrongToken(token));
    if (!clock.instant().isBefore(credentials.expires())) {
      throw errors.expiredToken(token);
    }
    return credentials;
  }

  private static boolean belongs(String token, Credentials credentials) {
    return credentials.sessionToken().map(own -> own.matches(token)).orElse(token.isEmpty());
  }
}
