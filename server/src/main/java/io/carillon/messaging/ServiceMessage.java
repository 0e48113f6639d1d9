package io.carillon.messaging;

import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance.Refused;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A message from one service to another.
///
/// @param payload the bytes that the destination's consumer will see
/// @param subject the subject of a publish; empty for none
/// @param attributes message attributes, for queues and topics
/// @param cause the trace id
/// @param groupId the message group id, for queues; null for none
/// @param traceHeader the X-Ray trace header; null for none
public record ServiceMessage(
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
  public Optional<Refused> refusal(Snapshot snapshot, Authorizer authorizer, String action) {
    return refusal(snapshot, authorizer, action, destination);
  }

  /// Why the sender is denied `action` on `resource`, a part of the destination; empty if it is
  /// allowed.
  public Optional<Refused> refusal(
      Snapshot snapshot, Authorizer authorizer, String action, Arn resource) {
    return switch (sender) {
      case Sender.Service(String principal, Arn source, String account) ->
          authorizer.allowsService(snapshot, principal, action, resource, source, account)
              ? Optional.empty()
              : Optional.of(
                  new Refused(
                      "the policy of %s does not let %s do %s for %s"
                          .formatted(resource, principal, action, source),
                      Refused.Reason.DENIED));
      case Sender.Session session -> {
        try {
          authorizer.require(snapshot, session.caller(), List.of(Need.of(action, resource)));
          yield Optional.empty();
        } catch (AwsException e) {
          yield Optional.of(new Refused(e.getMessage(), Refused.Reason.DENIED));
        }
      }
    };
  }
}
