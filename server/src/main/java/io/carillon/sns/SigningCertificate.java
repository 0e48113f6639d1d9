package io.carillon.sns;

import io.carillon.base.Lazy;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The signing certificate and its URL.
///
/// Carillon serves it itself, so that signatures can be checked without the internet. The path
/// changes with the certificate, as AWS's does, so that validators may cache it. The validators of
/// AWS's SDKs require a host of the form `sns.<region>.amazonaws.com`; where such a name resolves
/// to this server, the URL is configured.
final class SigningCertificate {
  private final MessageSigner signer;
  private final SubscriptionLinks links;
  private final String template;

  /// Lazy: making the first key pair takes a while, and start-up need not wait for it.
  private final Lazy<String> path;

  /// @param template the URL with `{region}` and `{path}` in it; empty for this server's own
  SigningCertificate(MessageSigner signer, SubscriptionLinks links, String template) {
    this.signer = signer;
    this.links = links;
    this.template = template;
    this.path =
        new Lazy<>(() -> SubscriptionLinks.ROOT + "-" + fingerprint(signer.certificate()) + ".pem");
  }

  String sign(String version, String text) {
    return signer.sign(version, text);
  }

  byte[] pem() {
    return signer.certificate();
  }

  String path() {
    return path.get();
  }

  String url(String region) {
    return template.isEmpty()
        ? links.to(path())
        : template.replace("{region}", region).replace("{path}", path());
  }

  private static String fingerprint(byte[] pem) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(pem);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
