package io.carillon.keys;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;

/// Signs with an RSA key by PKCS #1 v1.5, which gives one signature for each text.
@FunctionalInterface
interface RsaSigner {
  /// The hash that is signed.
  enum Hash {
    SHA_1("SHA1withRSA"),
    SHA_256("SHA256withRSA");

    private final String algorithm;

    Hash(String algorithm) {
      this.algorithm = algorithm;
    }
  }

  byte[] sign(Hash hash, byte[] text);

  /// By the JDK.
  static RsaSigner ofJdk(PrivateKey key) {
    return (hash, text) -> {
      try {
        Signature signature = Signature.getInstance(hash.algorithm);
        signature.initSign(key);
        signature.update(text);
        return signature.sign();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("Every JDK has " + hash.algorithm, e);
      }
    };
  }
}
