package io.carillon.sns.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.carillon.http.SelfSigned;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.sns.HttpPostTransport;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Endpoints refuse, hang, break connections and respond late; each attempt ends in time with a
/// named outcome. Expectations: aws-facts §6 and 6.1.
@Tag("slow")
class HttpTransportTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final HttpTransport longTimeout = transport(null, LONG);
  private final HttpTransport shortTimeout = transport(null, SHORT);

  private static HttpTransport transport(@Nullable SSLContext trust, Duration timeout) {
    return new HttpTransport(
        EndpointRule.standard(), trust, InetAddress::getAllByName, () -> NOW, timeout);
  }

  @AfterEach
  void close() {
    longTimeout.close();
    shortTimeout.close();
  }

  private DeliveryOutcome post(URI endpoint) {
    return post(longTimeout, endpoint);
  }

  private static DeliveryOutcome post(HttpTransport transport, URI endpoint) {
    return transport.post(
        new HttpPostTransport.Post(
            endpoint,
            Map.of(
                "Content-Type", "text/plain; charset=UTF-8",
                "User-Agent", "Amazon Simple Notification Service Agent",
                "x-amz-sns-message-type", "Notification"),
            "{\"a\":\"\u00e4\"}".getBytes(StandardCharsets.UTF_8)));
  }

  private static void write(OutputStream out, String latin1) throws Exception {
    out.write(latin1.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  @Test
  void requestsHaveTheFormOfAws() throws Exception {
    try (HostilePeer peer = HostilePeer.respondingWith(OK)) {
      assertThat(post(peer.uri("/hook//x%2Fy?a=b%20c&d"))).isInstanceOf(DeliveryOutcome.Done.class);
      String request = peer.requests().getFirst();
      assertThat(request).startsWith("POST /hook//x%2Fy?a=b%20c&d HTTP/1.1\r\n");
      assertThat(request)
          .contains("\r\nContent-Type: text/plain; charset=UTF-8\r\n")
          .contains("\r\nUser-Agent: Amazon Simple Notification Service Agent\r\n")
          .contains("\r\nx-amz-sns-message-type: Notification\r\n")
          .contains("\r\nHost: 127.0.0.1:" + peer.port() + "\r\n")
          .contains("\r\nContent-Length: 10\r\n")
          .doesNotContain("Accept-Encoding")
          .doesNotContain("Authorization")
          .endsWith("\r\n\r\n{\"a\":\"\u00e4\"}");
    }
  }

  @Test
  void theUserOfAnEndpointIsSentAsBasicAuthentication() throws Exception {
    try (HostilePeer peer = HostilePeer.respondingWith(OK)) {
      URI endpoint = URI.create("http://me:p%40ss@127.0.0.1:" + peer.port() + "/a@b");
      assertThat(post(endpoint)).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(peer.requests().getFirst())
          .startsWith("POST /a@b HTTP/1.1\r\n")
          .contains("\r\nAuthorization: Basic bWU6cEBzcw==\r\n")
          .doesNotContain("me:p");
    }
  }

  @Test
  void connectionsAreReused() throws Exception {
    try (HostilePeer peer = HostilePeer.respondingWith(OK)) {
      for (int i = 0; i < 10; i++) {
        assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
      }
      assertThat(peer.accepted()).isEqualTo(1);
    }
  }

  /// At once, before the connection is validated, and after a while.
  @ParameterizedTest
  @ValueSource(ints = {0, 150})
  void aClosedPooledConnectionIsRetriedWithinTheAttempt(int pauseMillis) throws Exception {
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, OK);
              return false; // Closes without `Connection: close`.
            })) {
      for (int i = 0; i < 5; i++) {
        assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
        await().until(() -> peer.open() == 0);
        Thread.sleep(pauseMillis);
      }
    }
  }

  @Test
  void aPooledConnectionWithoutResponseIsReplacedAtOnce() throws Exception {
    AtomicInteger unanswered = new AtomicInteger();
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, OK);
              HostilePeer.readRequest(in);
              unanswered.incrementAndGet();
              return false;
            })) {
      for (int i = 0; i < 3; i++) {
        assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
      }
      assertThat(unanswered).hasValue(2);
      assertThat(peer.accepted()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 202, 204, 299})
  void statusesFrom200To299AreAccepted(int status) throws Exception {
    try (HostilePeer peer =
        HostilePeer.respondingWith("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n\r\n")) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504, 599, 429})
  void serverErrorsAndThrottlingAreRetried(int status) throws Exception {
    try (HostilePeer peer =
        HostilePeer.respondingWith("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n\r\n")) {
      assertThat(post(peer.uri("/")))
          .isEqualTo(new DeliveryOutcome.Retry("the endpoint answered " + status));
      assertThat(peer.requests()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 304, 400, 401, 403, 404, 408, 410, 413, 499})
  void otherStatusesAreFinal(int status) throws Exception {
    try (HostilePeer peer =
        HostilePeer.respondingWith("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n\r\n")) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Rejected.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void redirectsAreNotFollowed(int status) throws Exception {
    try (HostilePeer secret = HostilePeer.respondingWith(OK);
        HostilePeer peer =
            HostilePeer.respondingWith(
                "HTTP/1.1 "
                    + status
                    + " X\r\nLocation: "
                    + secret.uri("/")
                    + "\r\nContent-Length: 0\r\n\r\n")) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Rejected.class);
      assertThat(secret.accepted()).isZero();
    }
  }

  @Test
  void retryAfterIsParsedAsSecondsAndAsDate() throws Exception {
    assertThat(retryAfter("7")).isEqualTo(Duration.ofSeconds(7));
    assertThat(retryAfter("0")).isEqualTo(Duration.ZERO);
    assertThat(retryAfter("999999999")).isEqualTo(Duration.ofHours(1));
    assertThat(retryAfter("Sun, 22 Nov 2026 10:00:30 GMT")).isEqualTo(Duration.ofSeconds(30));
    assertThat(retryAfter("Sun, 22 Nov 2026 09:00:00 GMT")).isEqualTo(Duration.ZERO);
    assertThat(retryAfter("soon")).isNull();
    assertThat(retryAfter("-1")).isNull();
    assertThat(retryAfter("99999999999999999999")).isNull();
  }

  private @Nullable Duration retryAfter(String value) throws Exception {
    try (HostilePeer peer =
        HostilePeer.respondingWith(
            "HTTP/1.1 429 X\r\nRetry-After: " + value + "\r\nContent-Length: 0\r\n\r\n")) {
      return post(peer.uri("/")) instanceof DeliveryOutcome.Postponed(String _, Duration wait)
          ? wait
          : null;
    }
  }

  @Test
  void refusedConnectionsAreRetried() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    assertThat(post(URI.create("http://127.0.0.1:" + port + "/")))
        .isInstanceOf(DeliveryOutcome.Retry.class);
  }

  @Test
  void unknownNamesAreRetried() {
    assertThat(post(URI.create("http://no-such-host.invalid/")))
        .isEqualTo(new DeliveryOutcome.Retry("the name no-such-host.invalid cannot be resolved"));
  }

  @Test
  void anEndpointThatNeverAcceptsTimesOut() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(post(shortTimeout, URI.create("http://127.0.0.1:" + full.getLocalPort() + "/")))
          .isEqualTo(new DeliveryOutcome.Retry("no answer within 200 ms"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nX: y\r\n"})
  void anEndpointThatHangsTimesOut(String before) throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, before);
              over.await();
              return false;
            })) {
      assertThat(post(shortTimeout, peer.uri("/")))
          .isEqualTo(new DeliveryOutcome.Retry("no answer within 200 ms"));
      over.countDown();
    }
  }

  @Test
  void aSlowResponseDoesNotExtendTheDeadline() throws Exception {
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, "HTTP/1.1 200 OK\r\nX: ");
              while (true) {
                write(out, "a");
                Thread.sleep(20);
              }
            })) {
      assertThat(post(shortTimeout, peer.uri("/"))).isInstanceOf(DeliveryOutcome.Retry.class);
      await().until(() -> peer.open() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1",
        "what?\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"
      })
  void truncatedAndMalformedResponsesAreRetried(String answer) throws Exception {
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, answer);
              return false;
            })) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Retry.class);
    }
  }

  @Test
  void aResetBeforeTheResponseIsRetried() throws Exception {
    try (HostilePeer peer = new HostilePeer((in, out) -> false)) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Retry.class);
      assertThat(peer.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nX: y",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ntorn",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end"
      })
  void theStatusCountsEvenIfTheBodyIsTruncated(String answer) throws Exception {
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, answer);
              return false;
            })) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n|1000\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n|"
      })
  void readingTheBodyIsBounded(String script) throws Exception {
    String[] parts = script.split("\\|", -1);
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, parts[0]);
              while (true) {
                write(out, parts[1] + "a".repeat(0x1000) + (parts[1].isEmpty() ? "" : "\r\n"));
              }
            })) {
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
      await().until(() -> peer.open() == 0);
      assertThat(post(peer.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"X: y\r\n", "X", "HTTP/1.1 100 Continue\r\n\r\n"})
  void readingTheHeadIsBounded(String piece) throws Exception {
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              HostilePeer.readRequest(in);
              write(out, piece.startsWith("HTTP") ? "" : "HTTP/1.1 200 OK\r\n");
              while (true) {
                write(out, piece.repeat(100));
              }
            })) {
      assertThat(post(shortTimeout, peer.uri("/"))).isInstanceOf(DeliveryOutcome.Retry.class);
      await().until(() -> peer.open() == 0);
    }
  }

  @Test
  void connectionsPerHostAreBoundedAndAHangingHostDelaysNoOther() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    ConcurrentLinkedQueue<DeliveryOutcome> outcomes = new ConcurrentLinkedQueue<>();
    try (HostilePeer hanging =
            new HostilePeer(
                (in, out) -> {
                  HostilePeer.readRequest(in);
                  over.await();
                  write(out, OK);
                  return true;
                });
        HostilePeer other = HostilePeer.respondingWith(OK)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        threads.add(Thread.startVirtualThread(() -> outcomes.add(post(hanging.uri("/")))));
      }
      await().until(() -> hanging.accepted() == 16);
      assertThat(post(other.uri("/"))).isInstanceOf(DeliveryOutcome.Done.class);
      over.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(outcomes).hasSize(40).allMatch(DeliveryOutcome.Done.class::isInstance);
      assertThat(hanging.accepted()).isEqualTo(16);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://127.0.0.1/",
        "mailto:a@b",
        "http:/x",
        "file:///etc/passwd",
        "/x",
        "http://a_b/"
      })
  void endpointsThatAreNotHttpUrlsAreRejected(String endpoint) {
    assertThat(post(URI.create(endpoint))).isInstanceOf(DeliveryOutcome.Rejected.class);
  }

  @Test
  void certificatesMustBeTrustedAndMatchTheHost() throws Exception {
    SSLContext context = SelfSigned.context();
    try (HttpTransport trusting = transport(context, LONG);
        HostilePeer peer =
            new HostilePeer(
                context.getServerSocketFactory(),
                (in, out) -> {
                  HostilePeer.readRequest(in);
                  write(out, OK);
                  return true;
                })) {
      URI named = URI.create("https://localhost:" + peer.port() + "/");
      URI otherName = URI.create("https://127.0.0.1:" + peer.port() + "/");
      assertThat(post(trusting, named)).isInstanceOf(DeliveryOutcome.Done.class);
      assertThat(post(trusting, otherName)).isInstanceOf(DeliveryOutcome.Retry.class);
      assertThat(post(named))
          .isInstanceOfSatisfying(
              DeliveryOutcome.Retry.class,
              outcome -> assertThat(outcome.why()).startsWith("no TLS with localhost"));
    }
  }

  @Test
  void aTlsHandshakeThatHangsTimesOut() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (HostilePeer peer =
        new HostilePeer(
            (in, out) -> {
              over.await();
              return false;
            })) {
      assertThat(post(shortTimeout, URI.create("https://127.0.0.1:" + peer.port() + "/")))
          .isEqualTo(new DeliveryOutcome.Retry("no answer within 200 ms"));
      over.countDown();
    }
  }
}
