package io.carillon.s3.model;

import io.carillon.base.AccountId;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The two ids that S3 shows for an account. Both are derived from the account id, so they survive
/// restarts.
public final class OwnerId {
  private static final Map<AccountId, byte[]> DIGESTS = new ConcurrentHashMap<>();

  private OwnerId() {}

  /// The canonical user id that listings and ACLs show: 64 hexadecimal digits.
  public static String canonical(AccountId account) {
    return HexFormat.of().formatHex(digest(account));
  }

  /// The id that events show as a bucket's owner: `A` and thirteen letters and digits.
  public static String principal(AccountId account) {
    String text = new BigInteger(1, digest(account)).toString(36).toUpperCase(Locale.ROOT);
    return "A" + text.substring(text.length() - 13);
  }

  private static byte[] digest(AccountId account) {
    return DIGESTS.computeIfAbsent(
        account,
        id -> {
          try {
            return MessageDigest.getInstance("SHA-256")
                .digest(("canonical user of account " + id).getBytes(StandardCharsets.UTF_8));
          } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
          }
        });
  }
}
