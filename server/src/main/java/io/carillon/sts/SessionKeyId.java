package io.carillon.sts;

import io.carillon.base.Ids;
import java.time.Instant;
import java.util.Optional;

/// The access key id of a session, which contains its issue time: `ASIA`, seven characters of
/// seconds since 1970, nine random ones. So `aws:TokenIssueTime`, by which old sessions are
/// revoked, is known from the key id alone. The signature binds the id to the sealed token.
final class SessionKeyId {
  private static final String PREFIX = "ASIA";
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int TIME_LENGTH = 7;
  private static final int LENGTH = 20;

  private SessionKeyId() {}

  static String make(Instant issued, Ids ids) {
    StringBuilder id = new StringBuilder(ids.accessKey(PREFIX));
    long seconds = issued.getEpochSecond();
    for (int i = PREFIX.length() + TIME_LENGTH - 1; i >= PREFIX.length(); i--) {
      id.setCharAt(i, BASE32.charAt((int) (seconds & 31)));
      seconds >>>= 5;
    }
    return id.toString();
  }

  static boolean isSessionKey(String accessKeyId) {
    return accessKeyId.startsWith(PREFIX);
  }

  /// Empty if it is not the key id of a session.
  static Optional<Instant> issued(String accessKeyId) {
    if (!isSessionKey(accessKeyId) || accessKeyId.length() != LENGTH) {
      return Optional.empty();
    }
    long seconds = 0;
    for (int i = PREFIX.length(); i < PREFIX.length() + TIME_LENGTH; i++) {
      int digit = BASE32.indexOf(accessKeyId.charAt(i));
      if (digit < 0) {
        return Optional.empty();
      }
      seconds = seconds << 5 | digit;
    }
    return Optional.of(Instant.ofEpochSecond(seconds));
  }
}
