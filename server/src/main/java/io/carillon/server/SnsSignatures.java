package io.carillon.server;

import io.carillon.keys.Keys;
import io.carillon.sns.MessageSigner;

/// Signs SNS messages with the installation's key. The key pair is generated with the first
/// message, not at the start.
record SnsSignatures(Keys keys) implements MessageSigner {
  @Override
  public String sign(String version, String text) {
    return keys.snsCertificate().sign(version, text);
  }

  @Override
  public byte[] certificate() {
    return keys.snsCertificate().pem();
  }
}
