package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.sns.message.SdkValidator;
import com.amazonaws.services.sns.message.SnsMessage;
import com.amazonaws.services.sns.message.SnsNotification;
import com.amazonaws.services.sns.message.SnsSubscriptionConfirmation;
import com.amazonaws.services.sns.message.SnsUnsubscribeConfirmation;
import com.sun.net.httpserver.HttpServer;
import io.carillon.server.Settings.SettingException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.http.client.HttpClient;
import org.apache.http.impl.client.HttpClients;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sns.SnsClient;

/// The SDK's validator of SNS messages, set up as by a user who resolves
/// `sns.<region>.amazonaws.com` to Carillon and trusts its authority: it fetches the certificate
/// over TLS and accepts the messages.
class SnsCertificateTest {
  private static final String REGION = "eu-central-1";

  @TempDir Path data;
  private final BlockingQueue<String> delivered = new LinkedBlockingQueue<>();
  private HttpServer endpoint;
  private Server server;
  private SnsClient sns;

  @BeforeEach
  void start() throws Exception {
    endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.createContext(
        "/",
        exchange -> {
          delivered.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    endpoint.start();
    server =
        Server.start(
            config(
                Map.of(
                    "data", data.toString(),
                    "port", "0",
                    "https-port", "0",
                    "sandbox", "off",
                    "sns-certificate-host", "sns.{region}.amazonaws.com")));
    sns =
        SnsClient.builder()
            .endpointOverride(server.endpoint())
            .region(Region.of(REGION))
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .build();
  }

  private static Config config(Map<String, String> flags) {
    return Config.of(Settings.resolve(new HashMap<>(flags), Map.of(), Optional.empty()));
  }

  @AfterEach
  void stop() {
    sns.close();
    server.close();
    endpoint.stop(0);
  }

  @Test
  void theSdkAcceptsDeliveredMessagesAndNoOthers() throws Exception {
    SdkValidator sdk = new SdkValidator(REGION, client());
    String topic = sns.createTopic(r -> r.name("news")).topicArn();
    String url = "http://127.0.0.1:" + endpoint.getAddress().getPort() + "/hook";
    sns.subscribe(r -> r.topicArn(topic).protocol("http").endpoint(url));

    SnsSubscriptionConfirmation confirmation =
        (SnsSubscriptionConfirmation) sdk.validate(nextDelivered());
    follow(confirmation.getSubscribeUrl().toString());
    sns.publish(r -> r.topicArn(topic).subject("S").message("pay 10"));
    String text = nextDelivered();
    SnsNotification notification = (SnsNotification) sdk.validate(text);
    assertThat(notification.getMessage()).isEqualTo("pay 10");
    assertThatThrownBy(() -> sdk.validate(text.replace("pay 10", "pay 90")))
        .hasMessageContaining("Signature");

    follow(notification.getUnsubscribeUrl().toString());
    SnsMessage unsubscribed = sdk.validate(nextDelivered());
    assertThat(unsubscribed).isInstanceOf(SnsUnsubscribeConfirmation.class);
  }

  @Test
  void theCertificateHostMustBeAHostName() {
    for (String wrong : new String[] {"https://sns", "sns/x", "sns.{zone}.x", "sns:x"}) {
      assertThatThrownBy(() -> config(Map.of("sns-certificate-host", wrong)))
          .isInstanceOf(SettingException.class)
          .hasMessageContaining("sns-certificate-host");
    }
    assertThat(config(Map.of("sns-certificate-host", "sns.x:4443")).snsCertificateHost())
        .contains("sns.x:4443");
    assertThat(TlsListener.hosts(config(Map.of("sns-certificate-host", "sns.x:4443"))))
        .contains("sns.x", "*.localhost");
  }

  /// The SDK's own HTTP client, resolving the name to this server as a hosts file would, and
  /// trusting Carillon's authority only.
  private HttpClient client() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(data.resolve("keys/tls-authority.crt"))) {
      trusted.setCertificateEntry(
          "carillon", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, managers.getTrustManagers(), null);
    return HttpClients.custom()
        .setSSLContext(tls)
        .setDnsResolver(_ -> new InetAddress[] {InetAddress.getLoopbackAddress()})
        .setSchemePortResolver(_ -> server.httpsPort().orElseThrow())
        .build();
  }

  private String nextDelivered() throws InterruptedException {
    String text = delivered.poll(60, TimeUnit.SECONDS);
    assertThat(text).isNotNull();
    return text;
  }

  private static void follow(String link) throws Exception {
    try (java.net.http.HttpClient browser = java.net.http.HttpClient.newHttpClient()) {
      HttpResponse<String> page =
          browser.send(
              HttpRequest.newBuilder(URI.create(link)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
    }
  }
}
