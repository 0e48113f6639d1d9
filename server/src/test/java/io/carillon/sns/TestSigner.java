package io.carillon.sns;

import io.carillon.keys.Keys;
import java.time.InstantSource;

/// Signs with a certificate made for the test run.
enum TestSigner implements MessageSigner {
  INSTANCE;

  @SuppressWarnings("ImmutableEnumChecker") // set once
  private final io.carillon.keys.SnsCertificate certificate =
      Keys.inMemory(InstantSource.system()).snsCertificate();

  @Override
  public String sign(String version, String text) {
    return certificate.sign(version, text);
  }

  @Override
  public byte[] certificate() {
    return certificate.pem();
  }
}
