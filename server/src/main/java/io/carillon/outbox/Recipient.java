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

/// Takes messages from other services: S3 events, SNS notifications and function results reach
/// functions, topics and queues this way. `lambda`, `sns` and `sqs` have one each; `Server` chooses
/// by the ARN's service.
@FunctionalInterface
public interface Recipient {

  /// Checks that the destination exists and allows the sender, and answers [DeliveryOutcome.Done]
  /// with the effect that accepts the message (an asynchronous invocation, a publish, a message in
  /// the queue). The effect runs in the transaction that removes the cause; nothing happens before.
  /// A destination that is missing or denies the sender is [DeliveryOutcome.Rejected].
  DeliveryOutcome accept(ServiceMessage message);

  /// @param payload the bytes that the destination's consumer will see
  /// @param subject the subject of a publish; empty for none
  /// @param attributes message attributes, for queues and topics
  /// @param cause the trace id
  /// @param groupId the message group id, for queues; null for none
  /// @param traceHeader the X-Ray trace header; null for none
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

    /// Whether SNS and SQS accept `text` as a message group id.
    public static boolean isGroupId(String text) {
      return GROUP_ID.matcher(text).matches();
    }

    /// Why the sender is denied `action` on the destination; empty if it is allowed.
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
