package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.InetAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

class TlsTest {

  @Test
  void requestsComeThroughTls() throws Exception {
    SSLContext tls = selfSigned();
    AtomicBoolean secure = new AtomicBoolean();
    try (HttpEngine engine =
            HttpEngine.start(
                EngineTest.LOOPBACK,
                Limits.standard(),
                tls,
                request -> {
                  secure.set(request.secure());
                  return EngineTest.echo(request);
                });
        RawClient client = connect(tls, engine.port())) {
      byte[] bytes = new byte[500_000];
      for (int i = 0; i < 3; i++) {
        client.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n").send(bytes);
        assertThat(client.answer().body()).isEqualTo(bytes);
      }
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(client.atEnd()).isTrue();
      assertThat(secure).isTrue();
    }
  }

  @Test
  void aClientThatDoesNotSpeakTlsLosesItsConnection() throws Exception {
    try (HttpEngine engine =
            HttpEngine.start(
                EngineTest.LOOPBACK, Limits.standard(), selfSigned(), EngineTest::echo);
        RawClient client = RawClient.connect(engine.port())) {
      client.send(EngineTest.get("/"));
      while (!client.atEnd()) {} // A TLS alert, then the end.
    }
  }

  private static RawClient connect(SSLContext tls, int port) throws Exception {
    SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    return new RawClient(socket);
  }

  private static SSLContext selfSigned() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair keys = generator.generateKeyPair();
    X500Name name = new X500Name("CN=localhost");
    Instant now = Instant.now();
    X509Certificate certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.ONE,
                        Date.from(now.minus(1, ChronoUnit.DAYS)),
                        Date.from(now.plus(1, ChronoUnit.DAYS)),
                        name,
                        keys.getPublic())
                    .build(
                        new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] password = {};
    store.setKeyEntry("key", keys.getPrivate(), password, new Certificate[] {certificate});
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(store, password);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("self", certificate);
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }
}
