package io.carillon.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carillon.keys.RsaSigner.Hash;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpenSslSignerTest {
  private static final String LIBRARY = "libcrypto.so.3";

  private KeyPair keys;

  @BeforeEach
  void makeKeys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    keys = generator.generateKeyPair();
  }

  private static OpenSslSigner load(PrivateKey key) {
    try {
      return OpenSslSigner.load(key, LIBRARY);
    } catch (UnsupportedOperationException e) {
      assumeTrue("true".equals(System.getenv("CI")), "this machine has no " + LIBRARY);
      throw e;
    }
  }

  @Test
  void itSignsAsTheJdkDoes() throws Exception {
    OpenSslSigner signer = load(keys.getPrivate());
    RsaSigner jdk = RsaSigner.ofJdk(keys.getPrivate());
    for (String text : List.of("", "Message\nhello\n", "ä".repeat(100_000))) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (Hash hash : Hash.values()) {
        assertThat(signer.sign(hash, bytes)).isEqualTo(jdk.sign(hash, bytes));
      }
    }
    Signature verifier = Signature.getInstance("SHA256withRSA");
    verifier.initVerify(keys.getPublic());
    verifier.update("text".getBytes(StandardCharsets.US_ASCII));
    assertThat(
            verifier.verify(signer.sign(Hash.SHA_256, "text".getBytes(StandardCharsets.US_ASCII))))
        .isTrue();
  }

  @Test
  void threadsSignAtTheSameTime() throws Exception {
    OpenSslSigner signer = load(keys.getPrivate());
    byte[] text = "text".getBytes(StandardCharsets.US_ASCII);
    byte[] expected = signer.sign(Hash.SHA_1, text);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<byte[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        tasks.add(() -> signer.sign(Hash.SHA_1, text));
      }
      for (Future<byte[]> signed : threads.invokeAll(tasks)) {
        assertThat(signed.get()).isEqualTo(expected);
      }
    }
  }

  @Test
  void withoutTheLibraryNothingIsLoaded() {
    assertThatThrownBy(() -> OpenSslSigner.load(keys.getPrivate(), "libcrypto.so.999"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void aKeyThatIsNoneIsRefused() throws Exception {
    load(keys.getPrivate());
    PrivateKey broken =
        new PrivateKey() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getAlgorithm() {
            return "RSA";
          }

          @Override
          public String getFormat() {
            return "PKCS#8";
          }

          @Override
          public byte[] getEncoded() {
            return new byte[] {1, 2, 3};
          }
        };
    assertThatThrownBy(() -> OpenSslSigner.load(broken, LIBRARY))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
