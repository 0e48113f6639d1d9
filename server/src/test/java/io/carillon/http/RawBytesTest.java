package io.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests reach the handler byte for byte, and responses the client. Expectations: RFC 9110 §5.5,
/// RFC 9112 §3.2, and that S3 keys may hold any byte.
class RawBytesTest extends EngineTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "//",
        "/a//b",
        "/a/../b",
        "/..",
        "/./",
        "/a%2Fb",
        "/a%2fb%2F",
        "/%00",
        "/a+b%20c",
        "/a/",
        "/a;v=1",
        "/a:b@c",
        "/a#b",
        "/[x]{y}|z^`\"<>\\",
        "/%",
        "/%zz",
        "/~!$&'()*,=",
        "/_carillon/health"
      })
  void pathsArriveUnchanged(String path) throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(get(path)).answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers().first("X-Path")).isEqualTo(path);
    }
  }

  @Test
  void everyEscapedByteIsAcceptedInAPath() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      for (int b = 0; b < 256; b++) {
        String path = "/bucket/k" + String.format("%%%02X", b) + "y";
        assertThat(client.send(get(path)).answer().headers().first("X-Path")).isEqualTo(path);
      }
    }
  }

  @Test
  void everyRawByteButControlsAndSpaceIsAcceptedInAPath() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      for (char c = 0x21; c < 256; c++) {
        if (c != 0x7F && c != '?') {
          String path = "/k" + c + "y";
          assertThat(client.send(get(path)).answer().headers().first("X-Path")).isEqualTo(path);
        }
      }
    }
  }

  @Test
  void controlBytesInATargetAreRejected() throws Exception {
    start(EngineTest::echo);
    for (char c = 0; c <= 0x7F; c = c == 0x20 ? 0x7F : (char) (c + 1)) {
      try (RawClient client = connect()) {
        assertThat(client.send(get("/k" + c + "y")).answer().status())
            .as("byte %d", (int) c)
            .isEqualTo(400);
        assertThat(client.atEnd()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/a?b=c&d,/a,b=c&d",
    "/a?,/a,''",
    "/a?b?c=/d,/a,b?c=/d",
    "/?list-type=2&prefix=a%2Fb+c,/,list-type=2&prefix=a%2Fb+c",
    "http://other:81/x//y?z,/x//y,z",
    "HTTPS://other,/,''",
    "http://other?q=http://x/,/,q=http://x/"
  })
  void theTargetIsSplitAtTheFirstQuestionMark(String target, String path, String query)
      throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      RawClient.Answer answer = client.send(get(target)).answer();
      assertThat(answer.headers().first("X-Path")).isEqualTo(path);
      assertThat(answer.headers().first("X-Query")).isEqualTo(query);
    }
  }

  @Test
  void anAbsoluteTargetsAuthorityReplacesHost() throws Exception {
    start(request -> Response.text(200, Objects.requireNonNull(request.headers().first("Host"))));
    try (RawClient client = connect()) {
      assertThat(client.send(get("http://b.localhost:9/k")).answer().text())
          .isEqualTo("b.localhost:9");
    }
  }

  @Test
  void headerBytesAbove127SurviveBothWays() throws Exception {
    StringBuilder all = new StringBuilder();
    for (char c = 0x21; c < 256; c++) {
      if (c != 0x7F) {
        all.append(c);
      }
    }
    String sent = all + "\t " + all;
    start(
        request ->
            Response.of(200)
                .header(
                    "x-amz-meta-back",
                    Objects.requireNonNull(request.headers().first("X-Amz-Meta-There"))));
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\nx-amz-meta-there: \t" + sent + " \t\r\n\r\n");
      assertThat(client.answer().headers().first("x-amz-meta-back")).isEqualTo(sent);
    }
  }

  @Test
  void headersKeepTheirOrderTheirCaseAndTheirRepetitions() throws Exception {
    ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    start(
        request -> {
          request.headers().forEach((name, value) -> seen.add(name + "=" + value));
          return Response.of(200);
        });
    try (RawClient client = connect()) {
      client.send("GET / HTTP/1.1\r\nB: 2\r\nhOsT:h\r\na: 1\r\nB:\r\nb: 3\r\n\r\n").answer();
      assertThat(seen).containsExactly("B=2", "hOsT=h", "a=1", "B=", "b=3");
    }
  }

  @Test
  void emptyLinesBeforeARequestAreIgnored() throws Exception {
    start(EngineTest::echo);
    try (RawClient client = connect()) {
      assertThat(client.send("\r\n\r\n" + get("/a")).answer().status()).isEqualTo(200);
      client.send("\r");
      client.send("\n" + get("/b"));
      assertThat(client.answer().headers().first("X-Path")).isEqualTo("/b");
    }
  }
}
