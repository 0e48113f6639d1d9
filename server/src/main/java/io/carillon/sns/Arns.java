package io.carillon.sns;

import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the ARNs of topics and subscriptions out of requests.
final class Arns {
  private static final Pattern TOPIC_NAME = Pattern.compile("[A-Za-z0-9_-]{1,256}");
  private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");
  private static final Pattern SUBSCRIPTION_ID = Pattern.compile("[0-9a-f-]{36}");

  private Arns() {}

  /// @param topic the ARN of the subscription's topic
  record SubscriptionArn(Arn topic, String id) {}

  private static boolean isTopicName(String name) {
    return TOPIC_NAME.matcher(name).matches();
  }

  /// @throws io.carillon.aws.AwsException InvalidParameter if `name` is not a valid topic name
  static String topicName(@Nullable String name) {
    if (name == null || !isTopicName(name)) {
      throw name != null && name.endsWith(".fifo")
          ? SnsError.unsupported("A FIFO topic")
          : SnsError.invalid("Topic Name");
    }
    return name;
  }

  /// @param parameter the name of the request member, for the error message
  static Arn topic(Caller caller, @Nullable String text, String parameter) {
    if (text == null || text.isEmpty()) {
      throw SnsError.invalid(parameter);
    }
    Arn arn = sns(caller, text, parameter);
    if (!isTopicName(arn.resource())) {
      throw SnsError.invalid(parameter);
    }
    return arn;
  }

  static SubscriptionArn subscription(Caller caller, @Nullable String text) {
    Arn arn = sns(caller, text == null ? "" : text, "SubscriptionArn");
    int colon = arn.resource().indexOf(':');
    if (colon < 0) {
      throw SnsError.invalid("SubscriptionArn");
    }
    String name = arn.resource().substring(0, colon);
    String id = arn.resource().substring(colon + 1);
    if (!isTopicName(name) || !SUBSCRIPTION_ID.matcher(id).matches()) {
      throw SnsError.invalid("SubscriptionArn");
    }
    return new SubscriptionArn(arn.withResource(name), id);
  }

  private static Arn sns(Caller caller, String text, String parameter) {
    Arn arn =
        Arn.tryParse(text)
            .orElseThrow(
                () ->
                    SnsError.invalid(
                        parameter
                            + " Reason: An ARN must have at least 6 elements, not "
                            + text.split(":", -1).length));
    if (!arn.partition().equals("aws")
        || !arn.service().equals("sns")
        || !ACCOUNT.matcher(arn.account()).matches()
        || !io.carillon.base.Region.isValid(arn.region())
        || !isHere(caller, arn)) {
      throw SnsError.invalid(parameter);
    }
    return arn;
  }

  /// A signed request reaches only topics of its own region. Links are anonymous and have no
  /// region.
  private static boolean isHere(Caller caller, Arn arn) {
    return caller.principal() instanceof Principal.Anonymous
        || caller.region().name().equals(arn.region());
  }
}
