package io.carillon.sns;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/// The URLs in messages with which a recipient confirms or unsubscribes.
///
/// Machines get AWS's form: a GET of the operation, answered with XML. People get pages; their
/// paths begin with a capital letter, which no bucket name can have.
final class SubscriptionLinks {
  static final String ROOT = "/SimpleNotificationService";
  static final String CONFIRMATION = ROOT + "/confirmation.html";
  static final String UNSUBSCRIBE = ROOT + "/unsubscribe.html";

  private final Supplier<URI> base;

  /// @param base the URL of this server for clients
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

  /// A colon is allowed in a query, and keeps the links readable.
  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("%3A", ":");
  }
}
