package io.carillon.keys;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A private key with its certificate in one PEM file, so that a crash leaves both or neither.
///
/// @param algorithm of the key, `RSA` or `EC`
record Pem(String algorithm, PrivateKey key, X509Certificate certificate) {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z ]+)-----\\s+([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  byte[] toBytes() {
    try {
      return (block("PRIVATE KEY", key.getEncoded())
              + block("CERTIFICATE", certificate.getEncoded()))
          .getBytes(StandardCharsets.US_ASCII);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The certificate cannot be encoded", e);
    }
  }

  /// @throws IllegalStateException if the bytes were not written by [#toBytes]
  static Pem parse(String algorithm, byte[] bytes) {
    byte[] key = null;
    byte[] certificate = null;
    Matcher blocks = BLOCK.matcher(new String(bytes, StandardCharsets.US_ASCII));
    while (blocks.find()) {
      byte[] content = Base64.getMimeDecoder().decode(blocks.group(2));
      switch (blocks.group(1)) {
        case "PRIVATE KEY" -> key = content;
        case "CERTIFICATE" -> certificate = content;
        default -> throw new IllegalStateException("Unexpected PEM block " + blocks.group(1));
      }
    }
    if (key == null || certificate == null) {
      throw new IllegalStateException("Key or certificate is missing");
    }
    try {
      return new Pem(
          algorithm,
          KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(key)),
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(certificate)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Key or certificate is damaged", e);
    }
  }

  static String certificate(X509Certificate certificate) {
    try {
      return block("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The certificate cannot be encoded", e);
    }
  }

  private static String block(String name, byte[] content) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + name + "-----\n" + base64 + "\n-----END " + name + "-----\n";
  }
}
