package io.carillon.s3.event;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.outbox.Outcome;
import io.carillon.outbox.Recipient;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Tx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Proves that destinations exist and let S3 in, when rules are put: topics and queues by a test
/// message, functions by their policy alone.
public final class Destinations {
  private final Map<String, Recipient> recipients;
  private final Authorizer authorizer;
  private final InstantSource clock;

  public Destinations(
      Map<String, Recipient> recipients, Authorizer authorizer, InstantSource clock) {
    this.recipients = recipients;
    this.authorizer = authorizer;
    this.clock = clock;
  }

  /// Checks every destination; nothing has been sent when it returns.
  ///
  /// @return sends the test messages, in the transaction that stores the rules
  /// @throws AwsException InvalidArgument, naming the first destination that does not let S3 in
  public Consumer<Tx> prove(NotificationRules rules, Bucket bucket, Caller caller, String cause) {
    List<Consumer<Tx>> effects = new ArrayList<>();
    for (NotificationRule rule : rules.byDestination()) {
      Arn destination = Arn.parse(rule.destination());
      switch (rule.kind()) {
        case FUNCTION -> {
          if (!authorizer.allowsService(
              "s3.amazonaws.com",
              "lambda:InvokeFunction",
              destination,
              bucket.arn(),
              bucket.account())) {
            throw unproven(
                destination,
                "The function does not exist or its policy does not allow S3 to invoke it");
          }
        }
        case TOPIC, QUEUE -> effects.add(testMessage(destination, bucket, caller, cause));
      }
    }
    return tx -> effects.forEach(effect -> effect.accept(tx));
  }

  private Consumer<Tx> testMessage(Arn destination, Bucket bucket, Caller caller, String cause) {
    Recipient recipient = recipients.get(destination.service());
    if (recipient == null) {
      throw unproven(destination, "There is no such service here");
    }
    byte[] message = EventRecord.test(bucket, caller, clock.instant());
    return switch (recipient.accept(
        EventDelivery.handover(bucket.name(), bucket.account(), destination, message, cause))) {
      case Outcome.Done(Consumer<Tx> effect) -> effect;
      case Outcome.Retry(String why) -> throw unproven(destination, why);
      case Outcome.Postponed(String why, _) -> throw unproven(destination, why);
      case Outcome.Rejected(String why) -> throw unproven(destination, why);
    };
  }

  private static AwsException unproven(Arn destination, String why) {
    return S3Error.INVALID_ARGUMENT
        .because("Unable to validate the following destination configurations")
        .with("ArgumentName1", destination.toString())
        .with("ArgumentValue1", why);
  }
}
