package io.carillon.sns;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.carillon.base.Arn;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Pattern;

/// A delivery protocol.
enum SubscriptionProtocol {
  HTTP("http", "sns.http"),
  HTTPS("https", "sns.http"),
  EMAIL("email", "sns.email"),
  EMAIL_JSON("email-json", "sns.email"),
  SMS("sms", "sns.sms"),
  SQS("sqs", "sns.sqs"),
  LAMBDA("lambda", "sns.lambda");

  /// A mailbox that needs no quoting in SMTP's envelope. Control characters, spaces and brackets
  /// cannot occur, so an address can be written into a header or a command unchanged.
  private static final Pattern MAILBOX =
      Pattern.compile(
          "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@"
              + "[A-Za-z0-9][A-Za-z0-9-]{0,62}(\\.[A-Za-z0-9-]{1,63})*");

  private static final Pattern PHONE_NUMBER = Pattern.compile("\\+[1-9][0-9]{3,14}");

  /// Digits with single separators between them.
  private static final Pattern PHONE_SPELLING = Pattern.compile("\\+?[0-9]+([./-][0-9]+)*");

  private final String text;
  private final String kind;

  SubscriptionProtocol(String text, String kind) {
    this.text = text;
    this.kind = kind;
  }

  /// The protocol's name in the API.
  @JsonValue
  String text() {
    return text;
  }

  /// The kind of outbox work that delivers by this protocol.
  String kind() {
    return kind;
  }

  @JsonCreator
  static SubscriptionProtocol named(String text) {
    for (SubscriptionProtocol protocol : values()) {
      if (protocol.text.equals(text)) {
        return protocol;
      }
    }
    throw switch (text) {
      case "application", "firehose" -> SnsError.unsupported("The protocol " + text);
      default -> SnsError.invalid("Amazon SNS does not support this protocol string: " + text);
    };
  }

  boolean takesRaw() {
    return this == HTTP || this == HTTPS || this == SQS;
  }

  /// Phones do not confirm; queues and functions do if they belong to another account.
  boolean mustConfirm(String endpoint, String subscriber) {
    return switch (this) {
      case HTTP, HTTPS, EMAIL, EMAIL_JSON -> true;
      case SMS -> false;
      case SQS, LAMBDA -> !Arn.parse(endpoint).account().equals(subscriber);
    };
  }

  /// The endpoint in its stored form.
  ///
  /// @throws io.carillon.aws.AwsException InvalidParameter if it does not match the protocol
  String checkEndpoint(String endpoint) {
    switch (this) {
      case HTTP, HTTPS -> {
        if (!isUrl(endpoint)) {
          throw SnsError.invalid("Endpoint must match the specified protocol");
        }
      }
      case EMAIL, EMAIL_JSON -> {
        if (endpoint.length() > 320 || !isMailbox(endpoint)) {
          throw SnsError.invalid("Email address");
        }
      }
      case SMS -> {
        return phoneNumber(endpoint)
            .orElseThrow(() -> SnsError.invalid("Invalid SMS endpoint: " + endpoint));
      }
      case SQS -> checkArn(endpoint, "sqs", "SQS endpoint ARN");
      case LAMBDA -> {
        checkArn(endpoint, "lambda", "Lambda endpoint ARN");
        if (!Arn.parse(endpoint).resource().startsWith("function:")) {
          throw SnsError.invalid("Lambda endpoint ARN");
        }
      }
    }
    return endpoint;
  }

  static boolean isMailbox(String text) {
    return MAILBOX.matcher(text).matches()
        && !text.startsWith(".")
        && !text.contains("..")
        && !text.contains(".@");
  }

  /// The number in E.164 form. AWS drops a full stop, slash or hyphen between digits, and refuses
  /// all other spellings.
  static Optional<String> phoneNumber(String text) {
    if (!PHONE_SPELLING.matcher(text).matches()) {
      return Optional.empty();
    }
    String digits = text.replaceAll("[/.-]", "");
    String number = digits.startsWith("+") ? digits : "+" + digits;
    return PHONE_NUMBER.matcher(number).matches() ? Optional.of(number) : Optional.empty();
  }

  private boolean isUrl(String endpoint) {
    try {
      URI uri = new URI(endpoint);
      return text.equals(uri.getScheme()) && uri.getHost() != null && uri.getFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static void checkArn(String endpoint, String service, String what) {
    Arn arn = Arn.tryParse(endpoint).orElseThrow(() -> SnsError.invalid(what));
    if (!arn.service().equals(service) || arn.account().isEmpty() || arn.region().isEmpty()) {
      throw SnsError.invalid(what);
    }
    if (service.equals("sqs") && arn.resource().endsWith(".fifo")) {
      throw SnsError.invalid(
          "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
    }
  }
}
