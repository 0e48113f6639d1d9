package io.carillon.outbox;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What one service hands another: how S3 events, SNS notifications and the outcomes of functions
/// reach functions, topics and queues. Each of `lambda`, `sns` and `sqs` is one; `Server` tells
/// them apart by the ARN's service.
@FunctionalInterface
public interface Recipient {

  /// Checks that the destination exists and that the sender may, and answers [DeliveryOutcome.Done]
  /// with the effect that takes the message in (an asynchronous invocation, a publish, a message in
  /// the queue), to be run in the transaction that lets go of the cause. Nothing has happened
  /// before that runs. A destination that is gone or closed is [DeliveryOutcome.Rejected].
  DeliveryOutcome accept(ServiceMessage serviceMessage);

  /// @param payload what is sent, as the destination's consumer will see it
  /// @param subject the subject of a publish; empty for none
  /// @param attributes message attributes, for queues and topics
  /// @param cause the trace id
  /// @param groupId the message's group, for queues; null for none
  /// @param traceHeader the X-Ray trace that it belongs to; null for none
  record ServiceMessage(
      Sender sender,
      Arn destination,
      byte[] payload,
      String subject,
      Map<String, MessageAttribute> attributes,
      String cause,
      @Nullable String groupId,
      @Nullable String traceHeader) {

    private static final Pattern GROUP_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");

    public ServiceMessage(
        Sender sender,
        Arn destination,
        byte[] payload,
        String subject,
        Map<String, MessageAttribute> attributes,
        String cause) {
      this(sender, destination, payload, subject, attributes, cause, null, null);
    }

    /// Whether SNS and SQS take `text` for a group's id.
    public static boolean isGroupId(String text) {
      return GROUP_ID.matcher(text).matches();
    }

    /// Why the sender may not do `action` to the destination; empty if it may.
    public Optional<DeliveryOutcome.Rejected> refusal(Authorizer authorizer, String action) {
      return switch (sender) {
        case Sender.Service(String principal, Arn source, String account) ->
            authorizer.allowsService(principal, action, destination, source, account)
                ? Optional.empty()
                : Optional.of(
                    new DeliveryOutcome.Rejected(
                        "the policy of %s does not let %s do %s for %s"
                            .formatted(destination, principal, action, source),
                        DeliveryOutcome.Rejected.Reason.DENIED));
        case Sender.Session session -> {
          try {
            authorizer.require(session.caller(), List.of(Need.of(action, destination)));
            yield Optional.empty();
          } catch (AwsException e) {
            yield Optional.of(
                new DeliveryOutcome.Rejected(
                    e.getMessage(), DeliveryOutcome.Rejected.Reason.DENIED));
          }
        }
      };
    }
  }
}
