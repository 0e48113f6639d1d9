package io.carillon.keys;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Base64;

/// Signs SNS messages so that the validators of AWS's SDKs accept them.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
public final class SnsCertificate {
  private final Pem pem;

  SnsCertificate(Pem pem) {
    this.pem = pem;
  }

  /// The certificate as served at `SigningCertURL`.
  public byte[] pem() {
    return Pem.certificate(pem.certificate()).getBytes(StandardCharsets.US_ASCII);
  }

  /// @param version the topic's `SignatureVersion`: `1` for RSA with SHA-1, `2` with SHA-256
  /// @return the signature of the text's UTF-8 bytes, in base64
  public String sign(String version, String text) {
    String algorithm =
        switch (version) {
          case "1" -> "SHA1withRSA";
          case "2" -> "SHA256withRSA";
          default -> throw new IllegalArgumentException("No SNS signature version: " + version);
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(pem.key());
      signature.update(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has " + algorithm, e);
    }
  }
}
