package io.carillon.sns;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sns.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.PublishBatchRequest;
import software.amazon.awssdk.services.sns.model.PublishBatchRequestEntry;
import software.amazon.awssdk.services.sns.model.PublishBatchResponse;
import software.amazon.awssdk.services.sns.model.PublishBatchResultEntry;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.PublishResponse;

/// Publish and PublishBatch: once answered, the message is stored with its deliveries or its
/// fan-out.
final class Publish {
  static final int MAX_BYTES = 262_144;
  private static final int MAX_SUBJECT = 100;
  private static final int MAX_SMS_CHARACTERS = 1_600;
  private static final int MAX_ENTRIES = 10;
  private static final Pattern ENTRY_ID = Pattern.compile("[A-Za-z0-9_-]{1,80}");
  private static final Pattern SENDER_ID = Pattern.compile("(?=.*[A-Za-z])[A-Za-z0-9]{1,11}");

  private final Database database;
  private final Topics topics;
  private final Publications publications;
  private final Function<Caller, String> causes;
  private final Ids ids;
  private final InstantSource clock;

  /// @param causes the trace id of the event on whose behalf a caller acts
  Publish(
      Database database,
      Topics topics,
      Publications publications,
      Function<Caller, String> causes,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.topics = topics;
    this.publications = publications;
    this.causes = causes;
    this.ids = ids;
    this.clock = clock;
  }

  /// The topic, or the phone number, which the denial names and no ARN matches.
  static List<Need> needs(Caller caller, PublishRequest request) {
    return List.of(
        request.phoneNumber() != null
            ? new Need("sns:Publish", request.phoneNumber(), Map.of())
            : Need.of("sns:Publish", topicArn(caller, request)));
  }

  static List<Need> batchNeeds(Caller caller, PublishBatchRequest request) {
    return List.of(Need.of("sns:Publish", Arns.topic(caller, request.topicArn(), "TopicArn")));
  }

  PublishResponse run(Caller caller, PublishRequest request) {
    checkNoFifo(request.messageDeduplicationId());
    Content content =
        Content.of(
            request.message(),
            request.subject(),
            request.messageStructure(),
            request.messageAttributes(),
            request.messageGroupId());
    checkSize(content.sizeBytes());
    String id = ids.uuid();
    if (request.phoneNumber() != null) {
      toPhone(caller, request, content, id);
    } else {
      Arn arn = topicArn(caller, request);
      String cause = causes.apply(caller);
      database.change(
          snapshot -> {
            Topic topic = topics.require(snapshot, arn);
            return publications.plan(snapshot, content.toMessage(id, topic, caller, now()), cause);
          },
          Publish::apply);
    }
    return PublishResponse.builder().messageId(id).build();
  }

  private static boolean apply(Tx tx, Consumer<Tx> effect) {
    effect.accept(tx);
    return true;
  }

  private Instant now() {
    return clock.instant();
  }

  private void toPhone(Caller caller, PublishRequest request, Content content, String id) {
    if (request.topicArn() != null || request.targetArn() != null) {
      throw SnsError.invalid(
          "PhoneNumber Reason: only one of TopicArn, TargetArn and PhoneNumber may be given");
    }
    String number =
        SubscriptionProtocol.phoneNumber(request.phoneNumber())
            .orElseThrow(
                () ->
                    SnsError.invalid(
                        "PhoneNumber Reason: "
                            + request.phoneNumber()
                            + " is not valid to publish to"));
    if (content.groupId() != null) {
      throw SnsError.invalid("MessageGroupId Reason: a message to a phone has no group");
    }
    String text = content.bodies().getOrDefault("sms", content.body());
    if (text.length() > MAX_SMS_CHARACTERS) {
      throw SnsError.invalid(
          "Message too long: an SMS holds " + MAX_SMS_CHARACTERS + " characters");
    }
    Message message =
        new Message(
            id,
            "",
            "",
            content.subject(),
            content.body(),
            content.bodies(),
            content.attributes(),
            null,
            null,
            clock.instant());
    String cause = causes.apply(caller);
    database.change(_ -> publications.planToPhone(message, number, cause), Publish::apply);
  }

  /// Entries fail one by one; an error of the whole batch fails all of them.
  PublishBatchResponse runBatch(Caller caller, PublishBatchRequest request) {
    Arn arn = Arns.topic(caller, request.topicArn(), "TopicArn");
    List<PublishBatchRequestEntry> entries = request.publishBatchRequestEntries();
    checkEntries(entries);
    List<BatchResultErrorEntry> failed = new ArrayList<>();
    List<PublishBatchResultEntry> successful = new ArrayList<>();
    Map<String, Content> contents = new LinkedHashMap<>(); // by message id
    int sizeBytes = 0;
    for (PublishBatchRequestEntry entry : entries) {
      try {
        Content content = content(entry);
        sizeBytes += content.sizeBytes();
        String id = ids.uuid();
        contents.put(id, content);
        successful.add(PublishBatchResultEntry.builder().id(entry.id()).messageId(id).build());
      } catch (AwsException e) {
        failed.add(
            BatchResultErrorEntry.builder()
                .id(entry.id())
                .code(e.error().code())
                .message(e.getMessage())
                .senderFault(true)
                .build());
      }
    }
    if (sizeBytes > MAX_BYTES) {
      throw SnsError.BATCH_REQUEST_TOO_LONG.exception();
    }
    String cause = causes.apply(caller);
    database.change(
        snapshot -> {
          Topic topic = topics.require(snapshot, arn);
          List<Consumer<Tx>> effects = new ArrayList<>();
          contents.forEach(
              (id, content) ->
                  effects.add(
                      publications.plan(
                          snapshot, content.toMessage(id, topic, caller, now()), cause)));
          return effects;
        },
        (tx, effects) -> {
          effects.forEach(effect -> effect.accept(tx));
          return true;
        });
    return PublishBatchResponse.builder().successful(successful).failed(failed).build();
  }

  private static Content content(PublishBatchRequestEntry entry) {
    checkNoFifo(entry.messageDeduplicationId());
    return Content.of(
        entry.message(),
        entry.subject(),
        entry.messageStructure(),
        entry.messageAttributes(),
        entry.messageGroupId());
  }

  private static void checkNoFifo(@Nullable String deduplicationId) {
    if (deduplicationId != null) {
      throw SnsError.invalid(
          "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter"
              + " that is not valid for this topic type");
    }
  }

  private static void checkEntries(List<PublishBatchRequestEntry> entries) {
    if (entries.isEmpty()) {
      throw SnsError.EMPTY_BATCH_REQUEST.exception();
    }
    if (entries.size() > MAX_ENTRIES) {
      throw SnsError.TOO_MANY_ENTRIES_IN_BATCH_REQUEST.exception();
    }
    Set<String> seen = new HashSet<>();
    for (PublishBatchRequestEntry entry : entries) {
      if (entry.id() == null || !ENTRY_ID.matcher(entry.id()).matches()) {
        throw SnsError.INVALID_BATCH_ENTRY_ID.exception();
      }
      if (!seen.add(entry.id())) {
        throw SnsError.BATCH_ENTRY_IDS_NOT_DISTINCT.exception();
      }
    }
  }

  private static Arn topicArn(Caller caller, PublishRequest request) {
    if (request.topicArn() != null && request.targetArn() != null) {
      throw SnsError.invalid(
          "TargetArn Reason: only one of TopicArn, TargetArn and PhoneNumber may be given");
    }
    if (request.topicArn() == null && request.targetArn() == null) {
      throw SnsError.invalid("TopicArn or TargetArn Reason: no value for required parameter");
    }
    return request.topicArn() != null
        ? Arns.topic(caller, request.topicArn(), "TopicArn")
        : Arns.topic(caller, request.targetArn(), "TargetArn");
  }

  private static void checkSize(int sizeBytes) {
    if (sizeBytes > MAX_BYTES) {
      throw SnsError.invalid("Message too long");
    }
  }

  /// The validated content of a request.
  ///
  /// @param bodies by protocol; empty without `MessageStructure=json`
  record Content(
      String subject,
      String body,
      Map<String, String> bodies,
      Map<String, MessageAttribute> attributes,
      @Nullable String groupId,
      int sizeBytes) {

    static Content of(
        @Nullable String message,
        @Nullable String subject,
        @Nullable String structure,
        Map<String, MessageAttributeValue> given,
        @Nullable String groupId) {
      if (message == null || message.isEmpty()) {
        throw SnsError.invalid("Empty message");
      }
      if (subject != null) {
        checkSubject(subject);
      }
      if (groupId != null && !ServiceMessage.isGroupId(groupId)) {
        throw SnsError.invalid(
            "MessageGroupId Reason: it holds 1 to 128 alphanumeric and punctuation characters");
      }
      Map<String, MessageAttribute> attributes = PublishedAttributes.read(given);
      checkSms(attributes);
      Map<String, String> bodies = structure == null ? Map.of() : bodies(message, structure);
      int size =
          message.getBytes(StandardCharsets.UTF_8).length
              + PublishedAttributes.sizeBytes(attributes);
      return new Content(
          subject == null ? "" : subject,
          bodies.getOrDefault("default", message),
          bodies,
          attributes,
          groupId,
          size);
    }

    Message toMessage(String id, Topic topic, Caller caller, Instant now) {
      return new Message(
          id,
          topic.arn().toString(),
          topic.id(),
          subject,
          body,
          bodies,
          attributes,
          groupId,
          caller.traceHeader(),
          now);
    }

    private static void checkSubject(String subject) {
      if (subject.isEmpty()
          || subject.length() > MAX_SUBJECT
          || Character.isWhitespace(subject.charAt(0))
          || subject.chars().anyMatch(Character::isISOControl)) {
        throw SnsError.invalid("Subject");
      }
    }

    /// Validates the attributes for SMS.
    private static void checkSms(Map<String, MessageAttribute> attributes) {
      MessageAttribute type = attributes.get("AWS.SNS.SMS.SMSType");
      if (type != null && !Set.of("Promotional", "Transactional").contains(type.shown())) {
        throw SnsError.INVALID_PARAMETER_VALUE.because(
            "AWS.SNS.SMS.SMSType must be Promotional or Transactional");
      }
      MessageAttribute sender = attributes.get("AWS.SNS.SMS.SenderID");
      if (sender != null && !SENDER_ID.matcher(sender.shown()).matches()) {
        throw SnsError.INVALID_PARAMETER_VALUE.because(
            "AWS.SNS.SMS.SenderID must be 1 to 11 letters and digits, at least one a letter");
      }
    }

    private static Map<String, String> bodies(String message, String structure) {
      if (!structure.equals("json")) {
        throw SnsError.invalid("MessageStructure");
      }
      ObjectNode document =
          SnsJson.object(message)
              .orElseThrow(
                  () -> SnsError.invalid("Message Structure - JSON message body failed to parse"));
      Map<String, String> bodies = new LinkedHashMap<>();
      document
          .properties()
          .forEach(
              property -> {
                if (property.getValue().isTextual()) {
                  bodies.put(property.getKey(), property.getValue().textValue());
                }
              });
      if (bodies.getOrDefault("default", "").isEmpty()) {
        throw SnsError.invalid("Message Structure - No default entry in JSON message body");
      }
      return bodies;
    }
  }
}
