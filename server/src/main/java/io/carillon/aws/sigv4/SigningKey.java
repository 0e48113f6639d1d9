package io.carillon.aws.sigv4;

import io.carillon.base.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The signing key of one scope, derived from the secret and useless outside of the scope.
final class SigningKey {
  static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String HMAC = "HmacSHA256";

  private final SecretKeySpec key;

  private SigningKey(byte[] key) {
    this.key = new SecretKeySpec(key, HMAC);
  }

  static SigningKey derive(Secret secret, Scope scope) {
    byte[] start = ("AWS4" + secret.reveal()).getBytes(StandardCharsets.UTF_8);
    SigningKey day = new SigningKey(new SigningKey(start).hmac(scope.date()));
    SigningKey region = new SigningKey(day.hmac(scope.region()));
    SigningKey service = new SigningKey(region.hmac(scope.service()));
    return new SigningKey(service.hmac(Scope.TERMINATOR));
  }

  /// The signature of a string to sign, in lower-case hexadecimal digits.
  String sign(String stringToSign) {
    return HexFormat.of().formatHex(hmac(stringToSign));
  }

  private byte[] hmac(String text) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key);
      return mac.doFinal(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has " + HMAC, e);
    }
  }

  static String stringToSign(String timestamp, Scope scope, String canonicalRequest) {
    return ALGORITHM
        + "\n"
        + timestamp
        + "\n"
        + scope
        + "\n"
        + sha256(canonicalRequest.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(newSha256().digest(bytes));
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /// In constant time.
  static boolean matches(String computed, String given) {
    return MessageDigest.isEqual(
        computed.getBytes(StandardCharsets.ISO_8859_1),
        given.getBytes(StandardCharsets.ISO_8859_1));
  }
}
