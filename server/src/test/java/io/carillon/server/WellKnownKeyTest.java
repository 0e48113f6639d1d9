package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.http.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What web pages may do with test/test, by the headers that their browsers send: raw requests to a
/// server with the settings of `./carillon start`. The headers are those of Chromium, as
/// `BrowserTest` sees them.
class WellKnownKeyTest {
  private static final String USERS = "/?Action=ListUsers&Version=2010-05-08";
  private static final String NEW_USER = "/?Action=CreateUser&UserName=eve&Version=2010-05-08";
  private static final String OBJECT = "/shop/page.html";
  private static final String CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0";

  private static Server server;

  @BeforeAll
  static void start() throws IOException {
    server = InMemoryServer.start();
    prepare(server, "test");
  }

  private static void prepare(Server server, String key) throws IOException {
    SigningClient caller = new SigningClient(server, key);
    assertThat(caller.signed("s3", "PUT", "/shop", Map.of(), "").status()).isEqualTo(200);
    assertThat(caller.signed("s3", "PUT", OBJECT, Map.of(), "<h1>hi</h1>").status()).isEqualTo(200);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static SigningClient root() {
    return new SigningClient(server, "test");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost:4566",
        "LOCALHOST.",
        "shop.localhost:80",
        "sqs.eu-west-1.localhost",
        "127.0.0.1",
        "127.1.2.3:4566",
        "192.168.1.7:4566",
        "[::1]:4566",
        "[::ffff:127.0.0.1]",
        "shop.s3.amazonaws.com",
        "sqs.eu-central-1.amazonaws.com",
        "sns.cn-north-1.amazonaws.com.cn",
        "lambda.us-east-1.api.aws"
      })
  void theKeyIsAcceptedUnderHostNamesThatNoOtherSiteCanOwn(String host) throws IOException {
    assertThat(root().signed("iam", "GET", USERS, Map.of("Host", host), "").status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:4566",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evillocalhost",
        "amazonaws.com.evil.example",
        "evilamazonaws.com"
      })
  void otherHostNamesAreRefusedWithTheSettingThatAllowsThem(String host) throws IOException {
    for (RawClient.Answer refused :
        List.of(
            root().signed("iam", "GET", USERS, Map.of("Host", host), ""),
            root().presigned("s3", "GET", OBJECT, Map.of("Host", host)),
            root().signed("carillon", "GET", "/_carillon/inspect", Map.of("Host", host), ""))) {
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.text())
          .contains("AccessDenied")
          .contains("--allowed-hosts " + host.replaceFirst(":.*", ""));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "https://evil.example:8443",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example:3000",
        "http://192.168.1.7:3000",
        "null",
        "file://",
        "garbage"
      })
  void requestsWithAnotherSitesOriginAreRefused(String origin) throws IOException {
    Map<String, String> fields = Map.of("Origin", origin, "Sec-Fetch-Site", "cross-site");
    for (RawClient.Answer refused :
        List.of(
            root().signed("iam", "POST", "/", fields, NEW_USER.substring(2)),
            root().presigned("iam", "GET", NEW_USER, fields),
            root().presigned("s3", "GET", OBJECT, fields),
            root().presigned("s3", "PUT", "/shop/new", fields),
            root().signed("sqs", "GET", "/?Action=ListQueues&Version=2012-11-05", fields, ""),
            root().signed("carillon", "POST", "/_carillon/mail/confirm", fields, ""),
            form(fields))) {
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.text())
          .contains("AccessDenied")
          .contains("--allowed-origins " + origin.toLowerCase(Locale.ROOT));
    }
    assertThat(users()).doesNotContain("eve");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "https://127.8.8.8",
        "http://[::1]:5173",
        "http://app.localhost:3000"
      })
  void loopbackPagesStoreAndReadObjects(String origin) throws IOException {
    Map<String, String> fields = Map.of("Origin", origin, "Sec-Fetch-Site", "same-site");
    assertThat(root().presigned("s3", "GET", OBJECT, fields).status()).isEqualTo(200);
    assertThat(root().presigned("s3", "PUT", "/shop/new", fields).status()).isEqualTo(200);
    assertThat(form(fields).status()).isEqualTo(204);
    assertThat(root().signed("iam", "GET", USERS, fields, "").status())
        .as("in headers, which need a CORS preflight")
        .isEqualTo(200);
  }

  @Test
  void withoutPreflightLoopbackPagesOnlyStoreAndReadObjects() throws IOException {
    Map<String, String> fields =
        Map.of("Origin", "http://127.0.0.1:3000", "Sec-Fetch-Site", "same-site");
    Map<String, String> image = Map.of("Sec-Fetch-Site", "same-site", "Sec-Fetch-Dest", "image");
    for (RawClient.Answer refused :
        List.of(
            root().presigned("iam", "GET", NEW_USER, fields),
            root().presigned("iam", "GET", NEW_USER, image),
            root().presigned("s3", "POST", "/shop?delete", fields),
            root().presigned("s3", "GET", "/shop", image),
            root().presigned("lambda", "POST", "/2015-03-31/functions/f/invocations", fields),
            root().presigned("carillon", "GET", "/_carillon/inspect", image),
            root().presigned("carillon", "POST", "/_carillon/mail/confirm", fields))) {
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.text()).contains("Access Denied").contains("--allowed-origins");
    }
    assertThat(users()).doesNotContain("eve");
  }

  @ParameterizedTest
  @CsvSource({
    "cross-site, document, 403, 200",
    "cross-site, image, 403, 200",
    "cross-site, empty, 403, 200",
    "same-site, document, 403, 200",
    "same-origin, empty, 200, 200",
    "none, document, 200, 200"
  })
  void withoutAnOriginOtherSitesOnlyReadObjects(
      String site, String destination, int users, int object) throws IOException {
    Map<String, String> fields =
        Map.of("Sec-Fetch-Site", site, "Sec-Fetch-Dest", destination, "User-Agent", CHROMIUM);
    assertThat(root().presigned("iam", "GET", USERS, fields).status()).isEqualTo(users);
    assertThat(root().presigned("carillon", "GET", "/_carillon/lanes", fields).status())
        .isEqualTo(users);
    assertThat(root().presigned("s3", "GET", OBJECT, fields).status()).isEqualTo(object);
    assertThat(root().presigned("s3", "HEAD", OBJECT, fields).status()).isEqualTo(object);
  }

  /// Over plain HTTP to a name other than localhost, browsers send no `Sec-Fetch-Site`.
  @Test
  void browsersWithoutFetchMetadataAreTreatedAsAnotherSite() throws IOException {
    Map<String, String> withoutFetchMetadata =
        Map.of("User-Agent", CHROMIUM, "Host", "s3.amazonaws.com", "Accept", "image/*");
    assertThat(root().presigned("iam", "GET", NEW_USER, withoutFetchMetadata).status())
        .isEqualTo(403);
    assertThat(root().presigned("s3", "GET", OBJECT, withoutFetchMetadata).status()).isEqualTo(200);
    assertThat(root().presigned("iam", "GET", USERS, Map.of("User-Agent", "curl/8")).status())
        .isEqualTo(200);
  }

  @Test
  void objectsRenderedAsPagesAreSandboxed() throws IOException {
    for (String destination : List.of("document", "iframe", "frame", "object", "embed")) {
      assertThat(isolation(server, "test", Map.of("Sec-Fetch-Dest", destination)))
          .isEqualTo("sandbox allow-scripts allow-forms");
    }
    assertThat(isolation(server, "test", Map.of("User-Agent", CHROMIUM)))
        .as("no Sec-Fetch-Dest")
        .isEqualTo("sandbox allow-scripts allow-forms");
    assertThat(isolation(server, "test", Map.of("Sec-Fetch-Dest", "image"))).isNull();
    RawClient.Answer pdf =
        root()
            .presigned(
                "s3",
                "GET",
                OBJECT + "?response-content-type=application%2Fpdf",
                Map.of("Sec-Fetch-Dest", "document"));
    assertThat(pdf.headers().first("Content-Type")).isEqualTo("application/pdf");
    assertThat(pdf.headers().first("Content-Security-Policy")).isNull();
    assertThat(isolation(server, "test", Map.of("User-Agent", "aws-sdk-java/2"))).isNull();
  }

  private static @Nullable String isolation(Server server, String key, Map<String, String> fields)
      throws IOException {
    RawClient.Answer object = new SigningClient(server, key).presigned("s3", "GET", OBJECT, fields);
    assertThat(object.text()).isEqualTo("<h1>hi</h1>");
    return object.headers().first("Content-Security-Policy");
  }

  @Test
  void requestsSignedWithAnotherKeyAreNotRestricted() throws IOException {
    try (Server own = InMemoryServer.start(Map.of("access-key-id", "mine"))) {
      prepare(own, "mine");
      Map<String, String> proxied =
          Map.of(
              "Host",
              "files.company.example",
              "Origin",
              "https://intranet.company.example",
              "Sec-Fetch-Site",
              "cross-site");
      SigningClient mine = new SigningClient(own, "mine");
      assertThat(mine.signed("iam", "GET", USERS, proxied, "").status()).isEqualTo(200);
      assertThat(mine.presigned("iam", "GET", NEW_USER, proxied).status()).isEqualTo(200);
      assertThat(mine.presigned("s3", "GET", OBJECT, proxied).status()).isEqualTo(200);
      assertThat(isolation(own, "mine", Map.of("Sec-Fetch-Dest", "document"))).isNull();
      assertThat(own.rootKeyNotice()).isEmpty();
    }
  }

  @Test
  void settingsAllowMoreHostsAndOrigins() throws IOException {
    try (Server open =
        InMemoryServer.start(
            Map.of(
                "allowed-hosts", "host.docker.internal, Box.Example",
                "allowed-origins", "http://app.example:3000,null",
                "public-url", "https://hooks.example",
                "base-hosts", "localhost,s3.dev.example",
                "isolate-objects", "false"))) {
      prepare(open, "test");
      SigningClient caller = new SigningClient(open, "test");
      for (String host :
          List.of(
              "host.docker.internal:4566",
              "box.example",
              "hooks.example",
              "s3.dev.example",
              "shop.s3.dev.example")) {
        assertThat(caller.signed("iam", "GET", USERS, Map.of("Host", host), "").status())
            .as(host)
            .isEqualTo(200);
      }
      for (String origin : List.of("http://app.example:3000", "HTTP://APP.EXAMPLE:3000", "null")) {
        assertThat(caller.presigned("iam", "GET", USERS, Map.of("Origin", origin)).status())
            .isEqualTo(200);
      }
      assertThat(
              caller
                  .presigned("iam", "GET", USERS, Map.of("Origin", "http://app.example:3001"))
                  .status())
          .isEqualTo(403);
      Map<String, String> link =
          Map.of("Sec-Fetch-Site", "cross-site", "Referer", "http://app.example:3000/a");
      assertThat(caller.presigned("iam", "GET", USERS, link).status()).isEqualTo(200);
      assertThat(isolation(open, "test", Map.of("Sec-Fetch-Dest", "document"))).isNull();
    }
  }

  /// The token in the link authorizes the request; but it has to be a navigation, not an image.
  @Test
  void mailPagesOpenByNavigationFromAnySiteButNotAsImages() throws IOException {
    String page = "/SimpleNotificationService/unsubscribe.html?SubscriptionArn=none";
    Map<String, String> click =
        Map.of("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document");
    assertThat(get(page, click).text()).contains("SubscriptionArn");
    assertThat(get(page, Map.of()).text()).contains("SubscriptionArn");
    for (Map<String, String> hidden :
        List.of(
            Map.of("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image"),
            Map.of("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"),
            Map.of("Origin", "http://evil.example", "Sec-Fetch-Dest", "empty"))) {
      RawClient.Answer refused = get(page, hidden);
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.text()).contains("--allowed-origins");
    }
  }

  private static RawClient.Answer get(String target, Map<String, String> fields)
      throws IOException {
    return root().plain("GET", target, fields, new byte[0]);
  }

  /// As root, functions run under user ids of their own even without a sandbox.
  @Test
  void theNoticeSaysWhetherFunctionsAreIdentified() throws IOException {
    Path self = Path.of("/proc/self");
    boolean root =
        Files.exists(self) && Integer.valueOf(0).equals(Files.getAttribute(self, "unix:uid"));
    assertThat(server.rootKeyNotice().orElseThrow())
        .contains(root ? "refused to functions" : "WHICH FUNCTIONS CAN USE TOO");
  }

  private static String users() throws IOException {
    return root().signed("iam", "GET", USERS, Map.of(), "").text();
  }

  /// A form as a browser posts it, signed with the well-known key as any page could.
  private static RawClient.Answer form(Map<String, String> fields) throws IOException {
    String policy =
        Base64.getEncoder()
            .encodeToString(
                "{\"expiration\":\"%s\",\"conditions\":[{\"bucket\":\"shop\"},{\"key\":\"form\"}]}"
                    .formatted(Instant.now().plusSeconds(600).toString().substring(0, 19) + "Z")
                    .getBytes(StandardCharsets.UTF_8));
    String body =
        field("key", "form")
            + field("AWSAccessKeyId", "test")
            + field("policy", policy)
            + field("signature", hmac(policy))
            + "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
            + "content\r\n--B--\r\n";
    Map<String, String> all = new HashMap<>(fields);
    all.put("Content-Type", "multipart/form-data; boundary=B");
    return root().plain("POST", "/shop", all, body.getBytes(StandardCharsets.UTF_8));
  }

  private static String field(String name, String value) {
    return "--B\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
        .formatted(name, value);
  }

  private static String hmac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec("test".getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
      return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
