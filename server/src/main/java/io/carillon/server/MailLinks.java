package io.carillon.server;

import io.carillon.sns.smtp.Mailbox;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Follows the confirmation links in the built-in mailbox, as readers would by clicking.
final class MailLinks {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern SUBSCRIPTION =
      Pattern.compile("arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+:[0-9a-f-]{36}");

  /// @param subscriptionArn as the answer to the link shows it
  record Confirmed(String address, String subscriptionArn) {}

  private final Mailbox mailbox;
  private final Set<String> followed = new HashSet<>();

  MailLinks(Mailbox mailbox) {
    this.mailbox = mailbox;
  }

  /// Follows every link not followed before. Used and expired links are skipped.
  ///
  /// @param port where this server listens: the link may name a host that only its readers can
  ///   reach
  synchronized List<Confirmed> follow(int port) throws IOException, InterruptedException {
    List<Confirmed> confirmed = new ArrayList<>();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      for (Mailbox.Mail mail : mailbox.list()) {
        for (String link : Mailbox.confirmLinks(mail)) {
          if (followed.contains(link)) {
            continue;
          }
          Optional<URI> local = localPage(link, port);
          if (local.isEmpty()) {
            continue;
          }
          HttpResponse<String> answer =
              client.send(
                  HttpRequest.newBuilder(local.get()).timeout(TIMEOUT).build(),
                  HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == 200) {
            followed.add(link);
            Matcher arn = SUBSCRIPTION.matcher(answer.body());
            confirmed.add(
                new Confirmed(String.join(", ", mail.to()), arn.find() ? arn.group() : ""));
          }
        }
      }
    }
    return confirmed;
  }

  /// The confirmation page of this server that a link refers to. Any program on this machine,
  /// functions included, may have sent the mail, so only topic and token are taken from it: a whole
  /// link could be a signed request, which the server would then make as its own.
  static Optional<URI> localPage(String link, int port) {
    Optional<String> topic = parameter(link, "TopicArn");
    Optional<String> token = parameter(link, "Token");
    return topic.isEmpty() || token.isEmpty()
        ? Optional.empty()
        : Optional.of(
            URI.create(
                "http://127.0.0.1:%d/SimpleNotificationService/confirmation.html?TopicArn=%s&Token=%s"
                    .formatted(port, topic.get(), token.get())));
  }

  private static Optional<String> parameter(String link, String name) {
    return Pattern.compile("[?&]" + name + "=([A-Za-z0-9%:._-]+)")
        .matcher(link)
        .results()
        .map(found -> found.group(1))
        .findFirst();
  }
}
