package io.carillon.base;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// Generates identifiers in AWS's formats. Secrets come from a secure random source, request ids
/// from a fast one, since they only have to be unique.
public final class Ids {
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final String BASE62 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private final SecureRandom secure = new SecureRandom();

  /// A version 4 UUID from the fast source, as Lambda, SNS and SQS use for request and message ids.
  public String uuid() {
    RandomGenerator random = java.util.concurrent.ThreadLocalRandom.current();
    long high = (random.nextLong() & ~0xF000L) | 0x4000L;
    long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }

  /// Sixteen capital letters and digits, as S3's `x-amz-request-id`.
  public String requestId() {
    return pick(java.util.concurrent.ThreadLocalRandom.current(), BASE32, 16);
  }

  /// An access key id: 20 characters that begin with `AKIA` or `ASIA`.
  public String accessKey(String prefix) {
    return prefix + pick(secure, BASE32, 16);
  }

  /// The unique id of a user, group, role or policy: 21 characters that begin with `AIDA`, `AGPA`,
  /// `AROA` or `ANPA`.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  public String unique(String prefix) {
    return prefix + pick(secure, BASE32, 17);
  }

  /// Letters and digits that cannot be guessed; six bits each.
  public Secret secret(int length) {
    return new Secret(pick(secure, BASE62, length));
  }

  /// Hexadecimal digits that cannot be guessed, as SNS's confirmation tokens.
  public String token(int bytes) {
    byte[] raw = new byte[bytes];
    secure.nextBytes(raw);
    return HexFormat.of().formatHex(raw);
  }

  private static String pick(RandomGenerator random, String alphabet, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
