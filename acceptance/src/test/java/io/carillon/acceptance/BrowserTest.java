package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/// A real browser on a machine where Carillon runs with the well-known keys: what pages of other
/// sites can do (nothing), and what a developer's own pages can. `WellKnownKeyTest` tests every
/// rule with raw requests; this shows that a browser sends the headers that the rules rely on.
@Tag("full")
class BrowserTest {
  private static final byte[] PHOTO =
      Base64.getDecoder()
          .decode(
              "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
  private static final String CREATE = "Action=CreateUser&UserName=eve&Version=2010-05-08";
  private static final Pattern LINK =
      Pattern.compile("https?://[^\\s\"\\\\]+/confirmation\\.html\\?[^\\s\"\\\\]+");

  /// Runs each of the attempts and returns the outcomes.
  private static final String TRY =
      """
      async attempts => {
        const loaded = element => new Promise(done => { element.onload = element.onerror = done; });
        const frame = async start => {
          const inner = document.createElement('iframe');
          inner.name = 'inner' + Math.random();
          document.body.append(inner);
          await new Promise(done => setTimeout(done, 0));
          const wait = loaded(inner);
          start(inner);
          await wait;
          try { return 'frame: ' + inner.contentDocument.body.innerText; } catch (e) { return 'frame: closed'; }
        };
        const ways = {
          fetch: async a => {
            const answer = await fetch(a.url, {method: a.method, mode: a.mode, body: a.body || undefined});
            return answer.type + ' ' + answer.status + ' ' + await answer.text();
          },
          image: async a => {
            const image = new Image();
            const wait = loaded(image);
            image.src = a.url;
            await wait;
            return 'image: ' + image.naturalWidth;
          },
          frame: a => frame(inner => { inner.src = a.url; }),
          form: a => frame(inner => {
            const form = document.createElement('form');
            Object.assign(form, {method: 'post', action: a.url, enctype: a.type, target: inner.name});
            for (const [name, value] of a.fields) {
              const input = document.createElement('input');
              Object.assign(input, {name, value, type: 'hidden'});
              form.append(input);
            }
            if (a.file) {
              const input = document.createElement('input');
              const data = new DataTransfer();
              data.items.add(new File([a.file], 'f.txt'));
              Object.assign(input, {name: 'file', type: 'file'});
              input.files = data.files;
              form.append(input);
            }
            document.body.append(form);
            form.submit();
          }),
        };
        const outcomes = {};
        for (const a of attempts) {
          try { outcomes[a.name] = await ways[a.way](a); } catch (e) { outcomes[a.name] = String(e); }
        }
        return outcomes;
      }
      """;

  @TempDir static Path folder;

  private static Carillon server;
  private static HttpServer pages;
  private static Playwright playwright;
  private static Browser browser;
  private static S3Client s3;
  private static IamClient iam;
  private static SqsClient sqs;

  @BeforeAll
  static void start() throws IOException {
    Requirements.program("chromium", "--version");
    server = Carillon.start(folder);
    s3 = Clients.root(server).s3();
    iam = Clients.root(server).iam();
    sqs = Clients.root(server).sqs();
    s3.createBucket(b -> b.bucket("shop"));
    s3.putObject(
        b -> b.bucket("shop").key("photo.png").contentType("image/png"),
        RequestBody.fromBytes(PHOTO));
    s3.putObject(
        b -> b.bucket("shop").key("page.html").contentType("text/html"),
        RequestBody.fromString("<title>uploaded</title><body></body>"));

    pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    pages.createContext(
        "/",
        exchange -> {
          byte[] page = "<title>page</title><body></body>".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/html");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    pages.start();

    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(Requirements.path("chromium"))
                    .setChromiumSandbox(false)
                    .setArgs(
                        List.of(
                            "--host-resolver-rules=MAP *.example 127.0.0.1",
                            // Some browsers do not block requests from pages of other networks to
                            // loopback.
                            "--disable-features=LocalNetworkAccessChecks",
                            "--disable-quic",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  @AfterAll
  static void stop() {
    List<AutoCloseable> all = new ArrayList<>();
    for (AutoCloseable resource : new AutoCloseable[] {browser, playwright, s3, iam, sqs, server}) {
      if (resource != null) {
        all.add(resource);
      }
    }
    all.forEach(
        resource -> {
          try {
            resource.close();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    if (pages != null) {
      pages.stop(0);
    }
  }

  /// One request that a page tries to make.
  private record Attempt(
      String name,
      String way,
      String url,
      String method,
      String mode,
      String body,
      String type,
      List<List<String>> fields,
      String file) {
    static Attempt fetch(String name, String mode, String method, String url, String body) {
      return new Attempt(name, "fetch", url, method, mode, body, "", List.of(), "");
    }

    static Attempt load(String name, String way, String url) {
      return new Attempt(name, way, url, "GET", "", "", "", List.of(), "");
    }

    Map<String, Object> arguments() {
      return Map.of(
          "name", name, "way", way, "url", url, "method", method, "mode", mode, "body", body,
          "type", type, "fields", fields, "file", file);
    }
  }

  private static Presigner root(String host) {
    return new Presigner(host + ":" + server.port(), "test", "test");
  }

  /// What another site's page tries with the well-known key.
  private static List<Attempt> attacks(String host) {
    Presigner root = root(host);
    String user = root.url("iam", "POST", "/", "", CREATE);
    String function =
        "{\"FunctionName\":\"eve\",\"Runtime\":\"python3.12\",\"Handler\":\"a.b\",\"Role\":\"arn:aws:iam::000000000000:role/x\",\"Code\":{\"ZipFile\":\"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\"}}";
    String queue = "Action=CreateQueue&QueueName=eve&Version=2012-11-05";
    String delete = "<Delete><Object><Key>photo.png</Key></Object></Delete>";
    return List.of(
        Attempt.fetch("blind post", "no-cors", "POST", user, CREATE),
        Attempt.fetch("post", "cors", "POST", user, CREATE),
        Attempt.fetch("blind get", "no-cors", "GET", root.url("iam", "GET", "/", CREATE, ""), ""),
        Attempt.fetch("queue", "no-cors", "GET", root.url("sqs", "GET", "/", queue, ""), ""),
        Attempt.fetch(
            "function",
            "no-cors",
            "POST",
            root.url("lambda", "POST", "/2015-03-31/functions", "", function),
            function),
        Attempt.fetch(
            "delete",
            "no-cors",
            "POST",
            root.url("s3", "POST", "/shop", "delete=", delete),
            delete),
        Attempt.fetch("read", "cors", "GET", root.url("s3", "GET", "/shop/page.html", "", ""), ""),
        Attempt.fetch("list", "cors", "GET", root.url("s3", "GET", "/shop", "", ""), ""),
        Attempt.fetch(
            "inspect",
            "cors",
            "GET",
            root.url("carillon", "GET", "/_carillon/inspect", "", ""),
            ""),
        Attempt.fetch(
            "confirm",
            "no-cors",
            "POST",
            root.url("carillon", "POST", "/_carillon/mail/confirm", "", ""),
            ""),
        new Attempt(
            "form",
            "form",
            user,
            "POST",
            "",
            "",
            "application/x-www-form-urlencoded",
            List.of(
                List.of("Action", "CreateUser"),
                List.of("UserName", "eve"),
                List.of("Version", "2010-05-08")),
            ""),
        Attempt.load("image", "image", root.url("iam", "GET", "/", CREATE, "")),
        Attempt.load("frame", "frame", root.url("iam", "GET", "/", CREATE, "")),
        Attempt.load("framed object", "frame", root.url("s3", "GET", "/shop/page.html", "", "")));
  }

  private static Attempt upload(String host, String key) {
    return new Attempt(
        "upload",
        "form",
        "http://" + host + ":" + server.port() + "/shop",
        "POST",
        "",
        "",
        "multipart/form-data",
        root(host).form("shop", key),
        "content");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, String> attempt(Page page, List<Attempt> attempts) {
    return (Map<String, String>)
        page.evaluate(TRY, attempts.stream().map(Attempt::arguments).toList());
  }

  /// Everything that the attempts could change.
  private static String state() {
    TreeSet<String> all = new TreeSet<>();
    iam.listUsers().users().forEach(user -> all.add("user " + user.userName()));
    s3.listObjectsV2(b -> b.bucket("shop"))
        .contents()
        .forEach(object -> all.add("object " + object.key()));
    sqs.listQueues().queueUrls().forEach(queue -> all.add("queue " + queue));
    return all.toString();
  }

  private static void assertNothingRead(Map<String, String> outcomes) {
    assertThat(outcomes).isNotEmpty();
    outcomes.forEach(
        (name, what) ->
            assertThat(what)
                .as(name)
                .doesNotContain("uploaded")
                .doesNotContain("CreateUserResult")
                .doesNotContain("<Contents>")
                .doesNotContain("iam.users"));
  }

  private static String page(String host) {
    return "http://" + host + ":" + pages.getAddress().getPort() + "/";
  }

  @Test
  void pagesOfOtherSitesChangeAndReadNothing() {
    String before = state();
    try (Page page = browser.newPage()) {
      for (String host : List.of("127.0.0.1", "localhost")) {
        page.navigate(page("evil.example"));
        List<Attempt> all = new ArrayList<>(attacks(host));
        all.add(upload(host, "eve"));
        assertNothingRead(attempt(page, all));
        page.evaluate(
            "url => { location.href = url; }", root(host).url("iam", "GET", "/", CREATE, ""));
        page.waitForURL(url -> url.contains("Action=CreateUser"));
        assertThat(page.content()).contains("Access Denied").contains("--allowed-origins");
      }
    }
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void pagesOnOtherPortsOfLoopbackCannotCallOtherServices() {
    String before = state();
    try (Page page = browser.newPage()) {
      for (String host : List.of("127.0.0.1", "localhost")) {
        page.navigate(page(host));
        assertNothingRead(attempt(page, attacks("127.0.0.1")));
        page.evaluate(
            "url => { location.href = url; }",
            root("127.0.0.1").url("iam", "GET", "/", CREATE, ""));
        page.waitForURL(url -> url.contains("Action=CreateUser"));
        assertThat(page.content()).contains("Access Denied");
      }
    }
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void uploadedPagesChangeAndReadNothing() {
    String before = state();
    try (Page page = browser.newPage()) {
      page.navigate(root("127.0.0.1").url("s3", "GET", "/shop/page.html", "", ""));
      assertThat(page.title()).isEqualTo("uploaded");
      assertThat(page.evaluate("() => self.origin")).isEqualTo("null");
      List<Attempt> all = new ArrayList<>(attacks("127.0.0.1"));
      all.add(upload("127.0.0.1", "eve"));
      assertNothingRead(attempt(page, all));
    }
    assertThat(state()).isEqualTo(before);
  }

  /// DNS rebinding: the site's name resolves to this machine, so the browser treats both as one
  /// origin.
  @Test
  void dnsRebindingGainsNothing() {
    String before = state();
    String start = "http://evil.example:" + server.port() + "/start";
    try (Page page = browser.newPage()) {
      page.route(
          start,
          route ->
              route.fulfill(
                  new Route.FulfillOptions()
                      .setContentType("text/html")
                      .setBody("<title>rebound</title><body></body>")));
      page.navigate(start);
      List<Attempt> all = new ArrayList<>(attacks("evil.example"));
      all.add(upload("evil.example", "eve"));
      Map<String, String> outcomes = attempt(page, all);
      assertNothingRead(outcomes);
      assertThat(outcomes.get("inspect")).contains("basic 403").contains("--allowed-hosts");
    }
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void frontEndsOnLoopbackShowPhotosAndUploadByForm() {
    try (Page page = browser.newPage()) {
      for (String host : List.of("localhost", "127.0.0.1")) {
        page.navigate(page(host));
        Map<String, String> outcomes =
            attempt(
                page,
                List.of(
                    Attempt.load(
                        "photo",
                        "image",
                        root("127.0.0.1").url("s3", "GET", "/shop/photo.png", "", "")),
                    upload("127.0.0.1", "by-form-from-" + host)));
        assertThat(outcomes.get("photo")).isEqualTo("image: 1");
        assertThat(state()).contains("object by-form-from-" + host);
        s3.deleteObject(b -> b.bucket("shop").key("by-form-from-" + host));
      }
    }
  }

  @Test
  void linksInMailsWorkFromWebmail() throws Exception {
    try (SnsClient sns = Clients.root(server).sns();
        Page page = browser.newPage()) {
      String topic = sns.createTopic(t -> t.name("news")).topicArn();
      sns.subscribe(s -> s.topicArn(topic).protocol("email").endpoint("reader@mail.example"));
      String link =
          await()
              .atMost(Duration.ofSeconds(30))
              .until(
                  () -> {
                    String mails = new ObjectMapper().readTree(server.admin("mail")).toString();
                    Matcher found = LINK.matcher(mails);
                    return found.find() ? found.group() : "";
                  },
                  found -> !found.isEmpty());
      page.navigate(page("webmail.example"));
      page.evaluate(
          "url => { const a = document.createElement('a'); a.href = url; a.id = 'link';"
              + " a.textContent = 'Confirm'; document.body.append(a); }",
          link);
      page.click("#link");
      page.waitForURL(url -> url.contains("confirmation.html"));
      assertThat(page.content()).contains("Subscription confirmed!");
      assertThat(sns.listSubscriptionsByTopic(t -> t.topicArn(topic)).subscriptions())
          .singleElement()
          .satisfies(s -> assertThat(s.subscriptionArn()).startsWith("arn:"));
    }
  }
}
