package io.carillon.sns;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/// The addresses that messages carry so that whoever gets them can confirm or leave.
///
/// Machines get AWS's own form, a GET of the operation, answered with XML. People get pages. Those
/// lie under a name with capital letters, which no bucket can have.
final class SubscriptionLinks {
  static final String ROOT = "/SimpleNotificationService";
  static final String CONFIRMATION = ROOT + "/confirmation.html";
  static final String UNSUBSCRIBE = ROOT + "/unsubscribe.html";

  private final Supplier<URI> base;

  /// @param base how the outside reaches this server
  SubscriptionLinks(Supplier<URI> base) {
    this.base = base;
  }

  String confirm(String topicArn, String token) {
    return base()
        + "/?Action=ConfirmSubscription&TopicArn="
        + encoded(topicArn)
        + "&Token="
        + encoded(token);
  }

  String unsubscribe(String subscriptionArn) {
    return base() + "/?Action=Unsubscribe&SubscriptionArn=" + encoded(subscriptionArn);
  }

  String confirmationPage(String topicArn, String token) {
    return base() + CONFIRMATION + "?TopicArn=" + encoded(topicArn) + "&Token=" + encoded(token);
  }

  String unsubscribePage(String subscriptionArn) {
    return base() + UNSUBSCRIBE + "?SubscriptionArn=" + encoded(subscriptionArn);
  }

  String to(String path) {
    return base() + path;
  }

  private String base() {
    String text = base.get().toString();
    return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
  }

  /// A colon may stand in a query; links stay readable with it.
  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("%3A", ":");
  }
}
