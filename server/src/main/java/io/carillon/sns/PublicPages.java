package io.carillon.sns;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Ids;
import io.carillon.base.Region;
import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionRequest;
import software.amazon.awssdk.services.sns.model.UnsubscribeRequest;

/// Pages without authentication: the targets of links in mails, and the signing certificate.
///
/// As on AWS, opening a link confirms or unsubscribes; possession of the link is the authorization.
final class PublicPages implements Handler {
  private static final AccountId NO_ACCOUNT = new AccountId("000000000000");

  private final Confirmations confirmations;
  private final SigningCertificate certificate;
  private final Ids ids;
  private final InstantSource clock;

  PublicPages(
      Confirmations confirmations, SigningCertificate certificate, Ids ids, InstantSource clock) {
    this.confirmations = confirmations;
    this.certificate = certificate;
    this.ids = ids;
    this.clock = clock;
  }

  @FunctionalInterface
  private interface Page {
    String render(Caller caller, Map<String, String> query);
  }

  @Override
  public Response handle(Request request) throws Exception {
    if (!request.method().equals("GET")) {
      return Response.text(405, "Only GET is supported.\n").header("Allow", "GET");
    }
    return switch (request.rawPath()) {
      case SubscriptionLinks.CONFIRMATION -> respond(request, this::confirm);
      case SubscriptionLinks.UNSUBSCRIBE -> respond(request, this::unsubscribe);
      case String path when path.equals(certificate.path()) ->
          Response.of(200, "application/x-pem-file", certificate.pem());
      default -> Response.text(404, "There is no such page.\n");
    };
  }

  /// What opening the confirmation page does, for links that this server follows itself.
  String confirm(String topicArn, String token) {
    return confirm(anonymous("127.0.0.1", false, ""), topicArn, token);
  }

  private String confirm(Caller caller, @Nullable String topicArn, @Nullable String token) {
    return confirmations
        .confirm(
            caller, ConfirmSubscriptionRequest.builder().topicArn(topicArn).token(token).build())
        .subscriptionArn();
  }

  private String confirm(Caller caller, Map<String, String> query) {
    return html(
        "Subscription confirmed!",
        "Your subscription's id is: " + confirm(caller, query.get("TopicArn"), query.get("Token")),
        "If it was not your intention to subscribe, every message has a link to unsubscribe.");
  }

  private String unsubscribe(Caller caller, Map<String, String> query) {
    String arn = query.getOrDefault("SubscriptionArn", "");
    confirmations.unsubscribe(caller, UnsubscribeRequest.builder().subscriptionArn(arn).build());
    return html(
        "Subscription removed!",
        "Your subscription's id was: " + arn,
        "If it was not your intention to unsubscribe, the confirmation that you are sent has a link"
            + " to subscribe again.");
  }

  private Response respond(Request request, Page page) {
    Caller caller =
        anonymous(
            request.remote().getHostString(),
            request.secure(),
            request.headers().find("User-Agent").orElse(""));
    Map<String, String> query = parse(request.rawQuery());
    try {
      return html(200, page.render(caller, query));
    } catch (AwsException e) {
      return html(e.error().status(), html("Request failed", e.getMessage(), ""));
    }
  }

  private Caller anonymous(String sourceAddress, boolean secureTransport, String userAgent) {
    return new Caller(
        new Principal.Anonymous(),
        NO_ACCOUNT,
        Region.US_EAST_1,
        List.of(),
        ids.uuid(),
        "",
        sourceAddress,
        secureTransport,
        userAgent,
        clock.instant(),
        Instant.MAX,
        "");
  }

  private static Response html(int status, String page) {
    return Response.of(status, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8))
        .header("Content-Security-Policy", "default-src 'none'")
        .header("Referrer-Policy", "no-referrer")
        .header("Cache-Control", "no-store");
  }

  private static String html(String title, String paragraph1, String paragraph2) {
    return """
    <!DOCTYPE html>
    <html lang="en"><head><title>%1$s</title></head>
    <body><h1>%1$s</h1><p>%2$s</p><p>%3$s</p></body></html>
    """
        .formatted(escapeHtml(title), escapeHtml(paragraph1), escapeHtml(paragraph2));
  }

  private static String escapeHtml(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /// A malformed query counts as an empty one.
  private static Map<String, String> parse(String rawQuery) {
    Map<String, String> query = new HashMap<>();
    for (String pair : rawQuery.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        try {
          query.put(
              pair.substring(0, equals),
              URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
          return Map.of();
        }
      }
    }
    return query;
  }
}
