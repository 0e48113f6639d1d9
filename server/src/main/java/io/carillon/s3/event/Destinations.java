package io.carillon.s3.event;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.s3.event.NotificationRule.DestinationType;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.S3Error;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Validates the destinations of new notification rules: they must exist and allow S3 to send to
/// them. Topics and queues are validated by a test message, functions by their policy.
public final class Destinations {
  private final Recipient recipients;
  private final Authorizer authorizer;
  private final InstantSource clock;

  public Destinations(Recipient recipients, Authorizer authorizer, InstantSource clock) {
    this.recipients = recipients;
    this.authorizer = authorizer;
    this.clock = clock;
  }

  /// Checks every destination and sends nothing itself.
  ///
  /// @return the effect that sends the test messages, for the transaction that stores the rules
  /// @throws AwsException InvalidArgument, naming every destination that cannot be used
  public Consumer<Tx> validate(
      Snapshot snapshot, NotificationRules rules, Bucket bucket, Caller caller, String cause) {
    List<Consumer<Tx>> effects = new ArrayList<>();
    Map<String, String> invalid = new LinkedHashMap<>();
    for (NotificationRule rule : rules.byDestination()) {
      Arn destination = Arn.parse(rule.destination());
      Acceptance acceptance =
          switch (rule.kind()) {
            case FUNCTION -> mayInvoke(snapshot, destination, bucket);
            case TOPIC, QUEUE -> testMessage(snapshot, destination, bucket, caller, cause);
          };
      switch (acceptance) {
        case Acceptance.Accepted(Consumer<Tx> effect) -> effects.add(effect);
        case Acceptance.Refused refused ->
            invalid.put(name(rule.kind(), destination), why(rule.kind(), destination, refused));
      }
    }
    if (!invalid.isEmpty()) {
      throw invalid(invalid);
    }
    return tx -> effects.forEach(effect -> effect.accept(tx));
  }

  private Acceptance mayInvoke(Snapshot snapshot, Arn function, Bucket bucket) {
    return authorizer.allowsService(
            snapshot,
            "s3.amazonaws.com",
            "lambda:InvokeFunction",
            function,
            bucket.arn(),
            bucket.account())
        ? new Acceptance.Accepted(_ -> {})
        : new Acceptance.Refused(
            "the policy of %s does not let S3 invoke it".formatted(function),
            Acceptance.Refused.Reason.DENIED);
  }

  /// S3 appends a qualifier to a function's ARN even if there is none.
  private static String name(DestinationType kind, Arn destination) {
    return kind == DestinationType.FUNCTION ? destination + ", null" : destination.toString();
  }

  /// S3's messages, as recorded; they do not distinguish a missing function from one that denies
  /// access.
  private static String why(DestinationType kind, Arn destination, Acceptance.Refused refused) {
    return switch (refused.reason()) {
      case OTHER -> refused.why();
      case ABSENT, DENIED ->
          switch (kind) {
            case FUNCTION -> "Not authorized to invoke function [" + destination + "]";
            case TOPIC -> why("topic", refused.reason());
            case QUEUE -> why("queue", refused.reason());
          };
    };
  }

  private static String why(String kind, Acceptance.Refused.Reason reason) {
    return reason == Acceptance.Refused.Reason.ABSENT
        ? "The destination %s does not exist".formatted(kind)
        : "Permissions on the destination %s do not allow S3 to publish notifications from this bucket"
            .formatted(kind);
  }

  private Acceptance testMessage(
      Snapshot snapshot, Arn destination, Bucket bucket, Caller caller, String cause) {
    byte[] message = EventRecord.test(bucket, caller, clock.instant());
    return recipients.accept(
        snapshot,
        EventDelivery.serviceMessage(
            new EventWork(bucket.name(), bucket.account(), message, caller.traceHeader()),
            destination,
            cause));
  }

  private static AwsException invalid(Map<String, String> destinations) {
    AwsException refused =
        S3Error.INVALID_ARGUMENT.because(
            "Unable to validate the following destination configurations");
    int number = 0;
    for (Map.Entry<String, String> one : destinations.entrySet()) {
      number++;
      refused
          .with("ArgumentName" + number, one.getKey())
          .with("ArgumentValue" + number, one.getValue());
    }
    return refused;
  }
}
