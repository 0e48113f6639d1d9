package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import java.time.InstantSource;

/// Finds the credentials that a request names, and tells unknown keys, wrong tokens and expired
/// sessions apart.
record AccessKeyLookup(Credentials.Source source, InstantSource clock) {

  /// @param token empty for none
  Credentials find(String accessKeyId, String token, SignatureErrors refusals) {
    Credentials credentials =
        source
            .find(accessKeyId, token)
            .filter(known -> belongs(token, known))
            .orElseThrow(
                () ->
                    token.isEmpty()
                        ? refusals.unknownKey(accessKeyId)
                        : refusals.wrongToken(token));
    if (!clock.instant().isBefore(credentials.expires())) {
      throw refusals.expiredToken(token);
    }
    return credentials;
  }

  private static boolean belongs(String token, Credentials credentials) {
    return credentials.sessionToken().map(own -> own.matches(token)).orElse(token.isEmpty());
  }
}
