package io.carillon.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.base.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z"));

  @TempDir Path data;

  private Keys open() {
    return Keys.open(data.resolve("fresh"), CLOCK);
  }

  private Path file(String name) {
    return data.resolve("fresh/keys").resolve(name);
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void keysAreTheSameAfterAReopen() {
    Keys first = open();
    byte[] sealed = first.sealer().seal(new Secret("s3cr3t"));
    byte[] certificate = first.snsCertificate().pem();
    String authority = first.tlsIdentity(List.of()).authorityPem();

    Keys second = open();

    assertThat(second.adminToken()).isEqualTo(first.adminToken());
    assertThat(second.sealer().open(sealed)).contains(new Secret("s3cr3t"));
    assertThat(second.snsCertificate().pem()).isEqualTo(certificate);
    assertThat(second.tlsIdentity(List.of()).authorityPem()).isEqualTo(authority);
    assertThat(second.tlsIdentity(List.of()).chain())
        .isEqualTo(first.tlsIdentity(List.of()).chain());
  }

  @Test
  void onlyTheOwnerCanReadTheKeysAndEnterTheirFolder() throws IOException {
    Keys keys = open();
    keys.snsCertificate();
    keys.tlsIdentity(List.of());

    assertThat(permissions(data.resolve("fresh/keys"))).isEqualTo("rwx------");
    try (Stream<Path> files = Files.list(data.resolve("fresh/keys"))) {
      assertThat(files)
          .hasSize(7)
          .allSatisfy(file -> assertThat(permissions(file)).isEqualTo("rw-------"));
    }
  }

  @Test
  void accessByOthersToAKeyIsRemoved() throws IOException {
    open();
    Files.setPosixFilePermissions(
        file("sealing.key"), PosixFilePermissions.fromString("rw-r--r--"));
    Files.setPosixFilePermissions(
        data.resolve("fresh/keys"), PosixFilePermissions.fromString("rwxr-xr-x"));

    open();

    assertThat(permissions(file("sealing.key"))).isEqualTo("rw-------");
    assertThat(permissions(data.resolve("fresh/keys"))).isEqualTo("rwx------");
  }

  @Test
  void keyPairsAreGeneratedOnFirstUse() {
    open();

    assertThat(file("admin-token")).exists();
    assertThat(file("sealing.key")).exists();
    assertThat(file("sns-signing.pem")).doesNotExist();
    assertThat(file("tls-server.pem")).doesNotExist();
  }

  @Test
  void halfWrittenKeyFilesAreReplaced() throws IOException {
    Files.createDirectories(data.resolve("fresh/keys"));
    Files.writeString(file("sealing.key.new"), "half");

    Keys keys = open();

    assertThat(keys.sealer().open(keys.sealer().seal(new Secret("x")))).isPresent();
    assertThat(file("sealing.key.new")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"admin-token", "sealing.key"})
  void aDamagedKeyIsReportedAndLeftAlone(String name) throws IOException {
    open();
    Files.writeString(file(name), "short");

    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("keys/" + name);
    assertThat(file(name)).hasContent("short");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "nonsense"})
  void aDamagedCertificateIsReportedAndLeftAlone(String content) throws IOException {
    Keys keys = open();
    Files.writeString(file("sns-signing.pem"), content);

    assertThatThrownBy(keys::snsCertificate)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("keys/sns-signing.pem");
    assertThat(file("sns-signing.pem")).hasContent(content);
  }

  @Test
  void theAdminTokenIsGeneratedOnce() {
    Keys keys = open();

    assertThat(keys.adminToken().reveal()).hasSize(43);
    assertThat(open().adminToken()).isEqualTo(keys.adminToken());
  }

  @Test
  void eachInstallationHasKeysOfItsOwn() {
    Keys one = Keys.inMemory(CLOCK);
    Keys other = Keys.inMemory(CLOCK);

    assertThat(one.adminToken()).isNotEqualTo(other.adminToken());
    assertThat(other.sealer().open(one.sealer().seal(new Secret("x")))).isEmpty();
  }

  @Test
  void sealingASecretTwiceGivesDifferentBytes() {
    Keys keys = Keys.inMemory(CLOCK);

    assertThat(keys.sealer().seal(new Secret("x")))
        .isNotEqualTo(keys.sealer().seal(new Secret("x")));
  }

  @Test
  void aSealedSecretWithAnyByteChangedDoesNotOpen() {
    Keys keys = Keys.inMemory(CLOCK);
    byte[] sealed = keys.sealer().seal(new Secret("päss"));

    assertThat(keys.sealer().open(sealed)).contains(new Secret("päss"));
    for (int i = 0; i < sealed.length; i++) {
      byte[] other = sealed.clone();
      other[i] ^= 1;
      assertThat(keys.sealer().open(other)).as("byte %d", i).isEmpty();
    }
    assertThat(keys.sealer().open(new byte[0])).isEmpty();
    assertThat(keys.sealer().open(java.util.Arrays.copyOf(sealed, sealed.length - 1))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1,SHA1withRSA", "2,SHA256withRSA"})
  void snsSignaturesVerifyWithTheCertificate(String version, String algorithm)
      throws GeneralSecurityException {
    SnsCertificate sns = Keys.inMemory(CLOCK).snsCertificate();

    X509Certificate certificate = parse(sns.pem());
    assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=sns.amazonaws.com");
    certificate.checkValidity(java.util.Date.from(CLOCK.instant()));
    Signature signature = Signature.getInstance(algorithm);
    signature.initVerify(certificate);
    signature.update("Message\nhellö\n".getBytes(StandardCharsets.UTF_8));
    assertThat(signature.verify(Base64.getDecoder().decode(sns.sign(version, "Message\nhellö\n"))))
        .isTrue();
  }

  @Test
  void otherSnsSignatureVersionsAreRefused() {
    assertThatThrownBy(() -> Keys.inMemory(CLOCK).snsCertificate().sign("3", ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aCertificateNearItsExpiryIsRenewed() {
    byte[] first = open().snsCertificate().pem();
    X509Certificate server = open().tlsIdentity(List.of()).chain().getFirst();

    Keys aYearOn =
        Keys.open(data.resolve("fresh"), InstantSource.offset(CLOCK, Duration.ofDays(370)));
    Keys tenYearsOn =
        Keys.open(data.resolve("fresh"), InstantSource.offset(CLOCK, Duration.ofDays(3625)));

    assertThat(aYearOn.snsCertificate().pem()).isEqualTo(first);
    assertThat(aYearOn.tlsIdentity(List.of()).chain().getFirst()).isNotEqualTo(server);
    assertThat(tenYearsOn.snsCertificate().pem()).isNotEqualTo(first);
  }

  @Test
  void anAddedHostIsPutIntoTheCertificate() throws GeneralSecurityException {
    TlsIdentity before = open().tlsIdentity(List.of());

    TlsIdentity after = open().tlsIdentity(List.of("s3.example.test", "*.s3.example.test"));

    assertThat(after.chain().getFirst().getSubjectAlternativeNames().toString())
        .contains("s3.example.test", "*.s3.example.test", "localhost", "127.0.0.1");
    assertThat(after.authorityPem()).isEqualTo(before.authorityPem());
    assertThat(after.chain().getFirst()).isNotEqualTo(before.chain().getFirst());
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "bucket.localhost", "bucket.s3.localhost", "127.0.0.1"})
  void aClientThatTrustsTheAuthorityConnects(String host) throws Exception {
    TlsIdentity identity = Keys.inMemory(InstantSource.system()).tlsIdentity(List.of());

    try (SSLServerSocket server =
        (SSLServerSocket) serving(identity).getServerSocketFactory().createServerSocket(0)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (var peer = server.accept()) {
                  peer.getOutputStream().write('x');
                } catch (IOException e) {
                  // the client's assertion fails
                }
              });
      java.net.Socket plain =
          new java.net.Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
      try (SSLSocket client =
          (SSLSocket)
              trusting(identity)
                  .getSocketFactory()
                  .createSocket(plain, host, server.getLocalPort(), true)) {
        SSLParameters parameters = client.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        client.setSSLParameters(parameters);
        InputStream in = client.getInputStream();
        assertThat(in.read()).isEqualTo('x');
      }
    }
  }

  private static SSLContext serving(TlsIdentity identity) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "server", identity.key(), new char[0], identity.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private static SSLContext trusting(TlsIdentity identity) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(
        "authority", parse(identity.authorityPem().getBytes(StandardCharsets.US_ASCII)));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static X509Certificate parse(byte[] pem) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
  }
}
