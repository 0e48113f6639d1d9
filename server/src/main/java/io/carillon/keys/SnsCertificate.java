package io.carillon.keys;

import io.carillon.keys.RsaSigner.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Signs SNS messages so that the validators of AWS's SDKs accept them.
///
/// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
public final class SnsCertificate {
  private static final Logger LOG = LoggerFactory.getLogger(SnsCertificate.class);
  private static final String[] OPEN_SSL = {
    "libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib"
  };

  private final Pem pem;
  private final AtomicBoolean used = new AtomicBoolean();
  private volatile RsaSigner signer;

  SnsCertificate(Pem pem) {
    this.pem = pem;
    this.signer = RsaSigner.ofJdk(pem.key());
  }

  /// The certificate as served at `SigningCertURL`.
  public byte[] pem() {
    return Pem.certificate(pem.certificate()).getBytes(StandardCharsets.US_ASCII);
  }

  /// @param version the topic's `SignatureVersion`: `1` for RSA with SHA-1, `2` with SHA-256
  /// @return the signature of the text's UTF-8 bytes, in base64
  public String sign(String version, String text) {
    Hash hash =
        switch (version) {
          case "1" -> Hash.SHA_1;
          case "2" -> Hash.SHA_256;
          default -> throw new IllegalArgumentException("No SNS signature version: " + version);
        };
    if (!used.getAndSet(true)) {
      Thread.ofVirtual().name("openssl").start(this::useOpenSsl);
    }
    byte[] signature = signer.sign(hash, text.getBytes(StandardCharsets.UTF_8));
    return Base64.getEncoder().encodeToString(signature);
  }

  /// Takes OpenSSL where it is there and signs as the JDK does: some systems' policies refuse
  /// SHA-1.
  private void useOpenSsl() {
    try {
      RsaSigner jdk = signer;
      RsaSigner faster = OpenSslSigner.load(pem.key(), OPEN_SSL);
      byte[] text = "the same text has the same signature".getBytes(StandardCharsets.US_ASCII);
      for (Hash hash : Hash.values()) {
        if (!Arrays.equals(faster.sign(hash, text), jdk.sign(hash, text))) {
          throw new UnsupportedOperationException("OpenSSL signs otherwise than the JDK");
        }
      }
      signer = faster;
    } catch (UnsupportedOperationException | IllegalStateException e) {
      LOG.debug("SNS messages are signed by the JDK", e);
    }
  }
}
