package io.carillon.keys;

import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Seals with AES-256-GCM, with a derived key for each message: the HMAC of a random 16-byte salt,
/// which is stored with the message. GCM must never use a nonce twice under one key, and random
/// 12-byte nonces are safe for some billions of messages only; an installation issues session tokens
/// without limit.
///
///     version (1) · salt (16) · ciphertext · tag (16)
final class SealingKey implements Sealer {
  static final int SIZE_BYTES = 32;
  private static final byte VERSION = 1;
  private static final int SALT_BYTES = 16;
  private static final int TAG_BYTES = 16;
  private static final byte[] NONCE = new byte[12]; // each key encrypts one message

  private final SecretKeySpec master;
  private final SecureRandom random = new SecureRandom();

  SealingKey(byte[] master) {
    this.master = new SecretKeySpec(master, "HmacSHA256");
  }

  /// Distinguishes keys without revealing them.
  String fingerprint() {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(master);
      byte[] tag = mac.doFinal("fingerprint".getBytes(StandardCharsets.UTF_8)); // salts are longer
      return HexFormat.of().formatHex(tag, 0, 8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }

  @Override
  public byte[] seal(Secret secret) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] text = secret.reveal().getBytes(StandardCharsets.UTF_8);
    try {
      byte[] encrypted = cipher(Cipher.ENCRYPT_MODE, salt).doFinal(text);
      return ByteBuffer.allocate(1 + SALT_BYTES + encrypted.length)
          .put(VERSION)
          .put(salt)
          .put(encrypted)
          .array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has AES/GCM", e);
    }
  }

  @Override
  public Optional<Secret> open(byte[] sealed) {
    if (sealed.length < 1 + SALT_BYTES + TAG_BYTES || sealed[0] != VERSION) {
      return Optional.empty();
    }
    byte[] salt = new byte[SALT_BYTES];
    System.arraycopy(sealed, 1, salt, 0, SALT_BYTES);
    int start = 1 + SALT_BYTES;
    try {
      byte[] text = cipher(Cipher.DECRYPT_MODE, salt).doFinal(sealed, start, sealed.length - start);
      return Optional.of(new Secret(new String(text, StandardCharsets.UTF_8)));
    } catch (AEADBadTagException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has AES/GCM", e);
    }
  }

  private Cipher cipher(int mode, byte[] salt) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(master);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode,
        new SecretKeySpec(mac.doFinal(salt), "AES"),
        new GCMParameterSpec(TAG_BYTES * 8, NONCE));
    cipher.updateAAD(new byte[] {VERSION});
    return cipher;
  }
}
