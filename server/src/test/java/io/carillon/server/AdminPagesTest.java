package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.http.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Pages and links that are no operation of AWS: no request to them ends in an error 500.
class AdminPagesTest {
  private static final String ZEROS = "0".repeat(64);
  private static final List<String> TARGETS =
      List.of(
          "/_lambda/code/" + ZEROS,
          "/SimpleNotificationService/confirmation.html?TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=a",
          "/SimpleNotificationService/unsubscribe.html?SubscriptionArn=arn:aws:sns:us-east-1:000000000000:t:u",
          "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
          "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=2336412f37",
          "/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:t:u",
          "/_carillon/health",
          "/_localstack/health",
          "/_carillon/inspect?table=s3.objects&limit=10",
          "/_carillon/trace?key=a&bucket=b",
          "/000000000000/queue?Action=ReceiveMessage",
          "/2015-03-31/functions/f/invocations",
          "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3"
              + "%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
              + "&X-Amz-Signature="
              + ZEROS,
          "/bucket/key?AWSAccessKeyId=test&Expires=1700000000&Signature=AAAA");

  private static final List<String> PIECES =
      List.of(
          "999999999999999999",
          "99999999999999999999999",
          "-1",
          "%",
          "%zz",
          "%00",
          "%ff%fe",
          "..",
          "//",
          "&&==",
          "a".repeat(3_000),
          "",
          "+");

  private Server server;

  @BeforeEach
  void start() throws IOException {
    server = InMemoryServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void codeLinksThatWereNotSealedHereAreRefused() throws IOException {
    assertThat(status("/_lambda/code/" + ZEROS)).isEqualTo(403);
  }

  /// Scripts that wait for LocalStack look for its spelling, spaces included.
  @Test
  void healthIsAnsweredAsByLocalStackToo() throws IOException {
    try (RawClient client = RawClient.connect(server.port())) {
      RawClient.Answer answer =
          client.send("GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n").answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text())
          .contains("\"status\": \"ready\"", "\"s3\": \"available\"", "\"sqs\": \"available\"");
      client.send("HEAD /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.answerWithoutBody().status()).isEqualTo(200);
    }
  }

  @Test
  void malformedRequestsNeverEndInAServerError() throws IOException {
    Random random = new Random(20261130);
    List<String> faults = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      String target = TARGETS.get(random.nextInt(TARGETS.size()));
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        int from = 1 + random.nextInt(target.length() - 1);
        int to = Math.min(target.length(), from + random.nextInt(20));
        target =
            target.substring(0, from)
                + PIECES.get(random.nextInt(PIECES.size()))
                + target.substring(to);
      }
      int status = status(target);
      if (status >= 500 && status != 501) {
        faults.add(status + " " + target);
      }
    }
    assertThat(faults).isEmpty();
  }

  private int status(String target) throws IOException {
    try (RawClient client = RawClient.connect(server.port())) {
      return client
          .send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
          .answer()
          .status();
    }
  }
}
