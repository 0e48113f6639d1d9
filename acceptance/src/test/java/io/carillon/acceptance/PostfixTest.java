package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sns.SnsClient;

/// E-mail through a real Postfix, read from the maildir by Python's `email`.
@Tag("full")
class PostfixTest {
  private static final String READ =
      """
      import email, email.policy, json, sys
      with open(sys.argv[1], "rb") as f:
          mail = email.message_from_binary_file(f, policy=email.policy.default)
      defects = [repr(d) for part in mail.walk() for d in part.defects]
      print(json.dumps({"subject": mail["Subject"], "from": mail["From"], "to": mail["To"], "id": mail["Message-ID"],
                        "sender": mail["Return-Path"], "body": mail.get_content(), "defects": defects}))
      """;
  private static final Pattern LINK = Pattern.compile("http://\\S+/SimpleNotificationService/\\S+");

  @TempDir static Path folder;
  private static Postfix postfix;
  private static Carillon server;
  private static SnsClient sns;

  @BeforeAll
  static void start() throws Exception {
    Postfix.need();
    Requirements.program("python3", "-c", "import email");
    postfix = Postfix.start(folder);
    server =
        Carillon.start(
            folder,
            "--smtp-host",
            "127.0.0.1",
            "--smtp-port",
            Integer.toString(postfix.port()),
            "--smtp-from",
            "notices@carillon.test",
            "--retry-time-scale",
            "0.01");
    sns = Clients.root(server).sns();
  }

  @AfterAll
  static void stop() throws Exception {
    if (sns != null) {
      sns.close();
    }
    if (server != null) {
      server.close();
    }
    if (postfix != null) {
      postfix.close();
    }
  }

  @Test
  void subscribersConfirmAndUnsubscribeByLink() throws Exception {
    String topic = topic("news", "reader@example.test");
    String body = "Grüße ✓\n.\n..two dots\nFrom here\n" + "x".repeat(5_000) + "\n";
    sns.publish(r -> r.topicArn(topic).subject("Über: \"a, b\" =?x?=").message(body));

    JsonNode mail = mail("reader@example.test", 2);
    assertThat(mail.path("subject").asText()).isEqualTo("Über: \"a, b\" =?x?=");
    assertThat(mail.path("body").asText()).startsWith(body);
    assertThat(mail.path("from").asText()).endsWith("<notices@carillon.test>");
    assertThat(mail.path("to").asText()).isEqualTo("reader@example.test");
    assertThat(mail.path("sender").asText()).isEqualTo("<notices@carillon.test>");
    assertThat(mail.path("defects")).isEmpty();

    follow(mail);
    assertThat(mail("reader@example.test", 3).path("subject").asText())
        .contains("Unsubscribe Confirmation");
    sns.publish(r -> r.topicArn(topic).message("nobody receives this"));
    assertThat(sns.listSubscriptionsByTopic(r -> r.topicArn(topic)).subscriptions()).isEmpty();
    assertThat(postfix.mails("reader@example.test")).hasSize(3);
  }

  @Test
  void eachOfManyMailsArrivesOnce() throws Exception {
    String topic = topic("many", "many@example.test");
    for (int i = 0; i < 30; i++) {
      int number = i;
      sns.publish(r -> r.topicArn(topic).message("number " + number + "."));
    }

    mail("many@example.test", 31);
    List<String> numbers = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (int i = 2; i <= 31; i++) {
      JsonNode mail = mail("many@example.test", i);
      ids.add(mail.path("id").asText());
      numbers.add(mail.path("body").asText().lines().findFirst().orElseThrow());
    }
    assertThat(numbers).doesNotHaveDuplicates().contains("number 0.", "number 29.");
    assertThat(ids).doesNotHaveDuplicates();
  }

  @Test
  void temporaryRejectionsAreRetried() throws Exception {
    postfix.greylist("grey@example.test", 2);
    topic("grey", "grey@example.test");

    assertThat(postfix.attempts("grey@example.test")).isEqualTo(3);
    assertThat(postfix.mails("grey@example.test")).hasSize(1);
  }

  @Test
  void permanentRejectionsBecomeDeadLettersWithTheReason() throws Exception {
    String topic = topic("gone", "gone@example.test");
    postfix.rule("gone@example.test", "REJECT moved away");
    sns.publish(r -> r.topicArn(topic).message("too late"));

    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(server.cli("dead-letters").expectSuccess().output())
                    .contains("moved away", "554"));
    assertThat(postfix.attempts("gone@example.test")).isEqualTo(2);
    assertThat(postfix.mails("gone@example.test")).hasSize(1);
  }

  /// A topic with a subscriber who has followed the link in the confirmation mail.
  private static String topic(String name, String address) throws Exception {
    String topic = sns.createTopic(r -> r.name(name)).topicArn();
    sns.subscribe(r -> r.topicArn(topic).protocol("email").endpoint(address));
    JsonNode confirmation = mail(address, 1);
    assertThat(confirmation.path("subject").asText()).contains("Subscription Confirmation");
    follow(confirmation);
    assertThat(sns.listSubscriptionsByTopic(r -> r.topicArn(topic)).subscriptions())
        .singleElement()
        .satisfies(s -> assertThat(s.subscriptionArn()).startsWith(topic));
    return topic;
  }

  /// The recipient's n-th mail as Python parses it, once it has arrived.
  private static JsonNode mail(String address, int number) throws Exception {
    await(address)
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(postfix.mails(address))
                    .as(postfix.log())
                    .hasSizeGreaterThanOrEqualTo(number));
    Path file = postfix.mails(address).get(number - 1);
    FinishedProcess read =
        FinishedProcess.of(List.of("python3", "-c", READ, file.toString()), Map.of(), folder);
    return new ObjectMapper().readTree(read.expectSuccess().output());
  }

  private static void follow(JsonNode mail) throws Exception {
    Matcher link = LINK.matcher(mail.path("body").asText());
    assertThat(link.find()).as(mail.toString()).isTrue();
    try (HttpClient browser = HttpClient.newHttpClient()) {
      HttpResponse<String> page =
          browser.send(
              HttpRequest.newBuilder(URI.create(link.group())).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
    }
  }
}
