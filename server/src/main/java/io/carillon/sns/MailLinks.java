package io.carillon.sns;

import io.carillon.aws.AwsException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Follows the confirmation links in the built-in mailbox, as readers would by clicking.
final class MailLinks {
  private final ReceivedMails mails;
  private final Confirm confirm;

  /// What opening the confirmation page does.
  @FunctionalInterface
  interface Confirm {
    /// Returns the ARN of the subscription.
    ///
    /// @throws AwsException if the token was used or has expired
    String confirm(String topicArn, String token);
  }

  record Confirmed(String address, String subscriptionArn) {}

  MailLinks(ReceivedMails mails, Confirm confirm) {
    this.mails = mails;
    this.confirm = confirm;
  }

  /// Follows every link not followed before, by any node. Used and expired links are skipped. Nodes
  /// that follow one at the same time confirm it once; only one of them reports it.
  ///
  /// Any program on this machine, functions included, may have sent a mail, so only topic and token
  /// are taken from it: a whole link could be a signed request, which the server would then make as
  /// its own.
  List<Confirmed> follow() {
    List<Confirmed> confirmed = new ArrayList<>();
    for (ReceivedMails.ConfirmationLink link : mails.confirmationLinks()) {
      Optional<String> topic = parameter(link.url(), "TopicArn");
      Optional<String> token = parameter(link.url(), "Token");
      if (topic.isPresent() && token.isPresent()) {
        try {
          String subscription = confirm.confirm(topic.get(), token.get());
          if (mails.markFollowed(link)) {
            confirmed.add(new Confirmed(link.address(), subscription));
          }
        } catch (AwsException _) {
          // used or expired; its reader would see a page that says so
        }
      }
    }
    return confirmed;
  }

  private static Optional<String> parameter(String link, String name) {
    return Pattern.compile("[?&]" + name + "=([A-Za-z0-9%:._-]+)")
        .matcher(link)
        .results()
        .map(found -> found.group(1))
        .findFirst()
        .flatMap(MailLinks::decode);
  }

  private static Optional<String> decode(String value) {
    try {
      return Optional.of(URLDecoder.decode(value, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
