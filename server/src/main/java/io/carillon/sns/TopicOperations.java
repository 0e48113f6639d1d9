package io.carillon.sns;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.Caller;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.Job;
import io.carillon.outbox.Outbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.services.sns.model.AddPermissionRequest;
import software.amazon.awssdk.services.sns.model.AddPermissionResponse;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicResponse;
import software.amazon.awssdk.services.sns.model.DeleteTopicRequest;
import software.amazon.awssdk.services.sns.model.DeleteTopicResponse;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesResponse;
import software.amazon.awssdk.services.sns.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.sns.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.sns.model.ListTopicsRequest;
import software.amazon.awssdk.services.sns.model.ListTopicsResponse;
import software.amazon.awssdk.services.sns.model.RemovePermissionRequest;
import software.amazon.awssdk.services.sns.model.RemovePermissionResponse;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesResponse;
import software.amazon.awssdk.services.sns.model.TagResourceRequest;
import software.amazon.awssdk.services.sns.model.TagResourceResponse;
import software.amazon.awssdk.services.sns.model.UntagResourceRequest;
import software.amazon.awssdk.services.sns.model.UntagResourceResponse;

/// The operations on topics, their attributes, permissions and tags; and the work that removes a
/// deleted topic's subscriptions.
final class TopicOperations implements Delivery {
  static final String DELETE_SUBSCRIPTIONS = "sns.forget";
  private static final int DELETION_PAGE = 500;

  /// The actions that AddPermission can grant.
  private static final Set<String> GRANTABLE =
      Set.of(
          "AddPermission",
          "DeleteTopic",
          "GetTopicAttributes",
          "ListSubscriptionsByTopic",
          "Publish",
          "RemovePermission",
          "SetTopicAttributes",
          "Subscribe");

  private final Database database;
  private final Outbox outbox;
  private final Topics topics;
  private final Subscriptions subscriptions;
  private final KnownPrincipals principals;
  private final Ids ids;
  private final InstantSource clock;

  TopicOperations(
      Database database,
      Outbox outbox,
      Topics topics,
      Subscriptions subscriptions,
      KnownPrincipals principals,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.outbox = outbox;
    this.topics = topics;
    this.subscriptions = subscriptions;
    this.principals = principals;
    this.ids = ids;
    this.clock = clock;
  }

  CreateTopicResponse create(Caller caller, CreateTopicRequest request) {
    if (request.dataProtectionPolicy() != null) {
      throw SnsError.unsupported("DataProtectionPolicy");
    }
    String name = Arns.topicName(request.name());
    Map<String, String> requested = request.attributes();
    Map<String, String> pinned = TopicAttributes.checkNew(requested, principals);
    Map<String, String> tags = TopicTags.read(request.tags());
    Arn arn = caller.arn("sns", name);
    return database.write(
        tx -> {
          topics
              .find(tx, arn)
              .ifPresentOrElse(
                  topic -> requireSameSettings(topic, request, tags),
                  () -> {
                    Topic topic =
                        new Topic(
                            arn.account(),
                            arn.region(),
                            name,
                            ids.uuid(),
                            Map.of(),
                            tags,
                            clock.instant(),
                            pinned);
                    for (Map.Entry<String, String> attribute : requested.entrySet()) {
                      if (!attribute.getKey().equals("FifoTopic")) {
                        topic = topic.withAttribute(attribute.getKey(), attribute.getValue());
                      }
                    }
                    topics.put(tx, topic);
                  });
          return CreateTopicResponse.builder().topicArn(arn.toString()).build();
        });
  }

  /// Creating a topic again changes nothing, so it must not ask for other settings. It may name
  /// fewer attributes and tags than the topic has.
  private void requireSameSettings(
      Topic topic, CreateTopicRequest request, Map<String, String> tags) {
    Map<String, String> now = TopicAttributes.shown(topic, Subscriptions.Counts.NONE);
    request
        .attributes()
        .forEach(
            (attribute, value) -> {
              if (!attribute.equals("FifoTopic")
                  && !value.equals(now.getOrDefault(attribute, ""))) {
                throw SnsError.invalid(
                    "Attributes Reason: Topic already exists with different attributes");
              }
            });
    if (!topic.tags().entrySet().containsAll(tags.entrySet())) {
      throw SnsError.invalid("Tags Reason: Topic already exists with different tags");
    }
  }

  /// A missing topic is no error. The subscriptions become invisible with the topic; their rows are
  /// removed in pages, so that a large topic does not block every writer.
  DeleteTopicResponse delete(Caller caller, DeleteTopicRequest request) {
    Arn arn = Arns.topic(caller, request.topicArn(), "TopicArn");
    database.write(
        tx -> {
          topics
              .find(tx, arn)
              .ifPresent(
                  topic -> {
                    topics.delete(tx, topic);
                    scheduleDeletion(tx, arn.toString(), topic.id());
                  });
          return true;
        });
    return DeleteTopicResponse.builder().build();
  }

  ListTopicsResponse list(Caller caller, ListTopicsRequest request) {
    String after = SnsPages.after(request.nextToken());
    List<Topic> page =
        database.read(
            snapshot ->
                topics.list(snapshot, caller.account(), caller.region(), after, SnsPages.SIZE));
    return ListTopicsResponse.builder()
        .topics(
            page.stream()
                .map(
                    topic ->
                        software.amazon.awssdk.services.sns.model.Topic.builder()
                            .topicArn(topic.arn().toString())
                            .build())
                .toList())
        .nextToken(SnsPages.token(page.size() < SnsPages.SIZE ? "" : page.getLast().name()))
        .build();
  }

  GetTopicAttributesResponse getAttributes(Caller caller, GetTopicAttributesRequest request) {
    Arn arn = Arns.topic(caller, request.topicArn(), "TopicArn");
    record TopicAndCounts(Topic topic, Subscriptions.Counts counts) {}
    TopicAndCounts found =
        database.read(
            snapshot -> {
              Topic topic = topics.require(snapshot, arn);
              return new TopicAndCounts(topic, subscriptions.counts(snapshot, topic));
            });
    Map<String, String> shown = TopicAttributes.shown(found.topic(), found.counts());
    shown.put("Policy", principals.shown(found.topic().policy(), found.topic().pins()));
    return GetTopicAttributesResponse.builder().attributes(shown).build();
  }

  SetTopicAttributesResponse setAttributes(Caller caller, SetTopicAttributesRequest request) {
    String name = request.attributeName();
    String value = request.attributeValue() == null ? "" : request.attributeValue();
    TopicAttributes.check(name == null ? "" : name, value);
    if ("Policy".equals(name)) {
      Map<String, String> pinned = TopicAttributes.pins(value, principals);
      change(
          caller,
          request.topicArn(),
          "TopicArn",
          topic -> topic.withAttribute(name, value).withPins(pinned));
    } else {
      change(caller, request.topicArn(), "TopicArn", topic -> topic.withAttribute(name, value));
    }
    return SetTopicAttributesResponse.builder().build();
  }

  AddPermissionResponse addPermission(Caller caller, AddPermissionRequest request) {
    String label = request.label();
    if (label == null || label.isEmpty()) {
      throw SnsError.invalid("Label");
    }
    ObjectNode statement = statement(request);
    change(
        caller,
        request.topicArn(),
        "TopicArn",
        topic -> {
          ObjectNode policy = SnsJson.object(topic.policy()).orElseThrow();
          ArrayNode statements = statements(policy);
          for (JsonNode other : statements) {
            if (other.path("Sid").asText().equals(label)) {
              throw SnsError.invalid("Statement already exists");
            }
          }
          statements.add(statement.put("Resource", topic.arn().toString()));
          String changed = policy.toString();
          TopicAttributes.check("Policy", changed);
          return topic.withAttribute("Policy", changed);
        });
    return AddPermissionResponse.builder().build();
  }

  private ObjectNode statement(AddPermissionRequest request) {
    ObjectNode statement = SnsJson.MAPPER.createObjectNode();
    statement.put("Sid", request.label()).put("Effect", "Allow");
    ArrayNode allowed = SnsJson.MAPPER.createArrayNode();
    for (String account : request.awsAccountIds()) {
      if (!principals.hasAccount(account)) {
        throw SnsError.invalid("AWSAccountId");
      }
      allowed.add(Arn.iam(new AccountId(account), "root").toString());
    }
    ArrayNode actions = SnsJson.MAPPER.createArrayNode();
    for (String action : request.actionNames()) {
      if (!GRANTABLE.contains(action)) {
        throw SnsError.invalid("Policy statement action out of service scope!");
      }
      actions.add("SNS:" + action);
    }
    if (allowed.isEmpty() || actions.isEmpty()) {
      throw SnsError.invalid(allowed.isEmpty() ? "AWSAccountId" : "ActionName");
    }
    statement.putObject("Principal").set("AWS", scalarOfOne(allowed));
    statement.set("Action", scalarOfOne(actions));
    return statement;
  }

  /// AWS writes a list with one element as that element.
  private static JsonNode scalarOfOne(ArrayNode list) {
    return list.size() == 1 ? list.get(0) : list;
  }

  RemovePermissionResponse removePermission(Caller caller, RemovePermissionRequest request) {
    change(
        caller,
        request.topicArn(),
        "TopicArn",
        topic -> {
          ObjectNode policy = SnsJson.object(topic.policy()).orElseThrow();
          ArrayNode remaining = SnsJson.MAPPER.createArrayNode();
          ArrayNode statements = statements(policy);
          for (JsonNode statement : statements) {
            if (!statement.path("Sid").asText().equals(request.label())) {
              remaining.add(statement);
            }
          }
          if (remaining.size() == statements.size()) {
            throw SnsError.NOT_FOUND.because("Permission not found");
          }
          policy.set("Statement", remaining);
          // Without any statement, the default policy applies again.
          return topic.withAttribute("Policy", remaining.isEmpty() ? "" : policy.toString());
        });
    return RemovePermissionResponse.builder().build();
  }

  /// The statements of a policy as a list; a single statement may stand without one.
  private static ArrayNode statements(ObjectNode policy) {
    JsonNode statements = policy.path("Statement");
    if (statements instanceof ArrayNode array) {
      return array;
    }
    ArrayNode array = policy.putArray("Statement");
    if (statements.isObject()) {
      array.add(statements);
    }
    return array;
  }

  TagResourceResponse tag(Caller caller, TagResourceRequest request) {
    Map<String, String> tags = TopicTags.read(request.tags());
    changeTagged(
        caller,
        request.resourceArn(),
        topic -> topic.withTags(TopicTags.merged(topic.tags(), tags)));
    return TagResourceResponse.builder().build();
  }

  UntagResourceResponse untag(Caller caller, UntagResourceRequest request) {
    changeTagged(
        caller,
        request.resourceArn(),
        topic -> {
          Map<String, String> remaining = new LinkedHashMap<>(topic.tags());
          request.tagKeys().forEach(remaining::remove);
          return topic.withTags(remaining);
        });
    return UntagResourceResponse.builder().build();
  }

  ListTagsForResourceResponse listTags(Caller caller, ListTagsForResourceRequest request) {
    Arn arn = Arns.topic(caller, request.resourceArn(), "ResourceArn");
    Topic topic =
        database
            .read(snapshot -> topics.find(snapshot, arn))
            .orElseThrow(SnsError.RESOURCE_NOT_FOUND::exception);
    return ListTagsForResourceResponse.builder().tags(TopicTags.shown(topic.tags())).build();
  }

  private void change(
      Caller caller, String arnText, String parameter, UnaryOperator<Topic> change) {
    Arn arn = Arns.topic(caller, arnText, parameter);
    database.write(
        tx -> {
          topics.put(tx, change.apply(topics.require(tx, arn)));
          return true;
        });
  }

  private void changeTagged(Caller caller, String arnText, UnaryOperator<Topic> change) {
    Arn arn = Arns.topic(caller, arnText, "ResourceArn");
    database.write(
        tx -> {
          Topic topic = topics.find(tx, arn).orElseThrow(SnsError.RESOURCE_NOT_FOUND::exception);
          topics.put(tx, change.apply(topic));
          return true;
        });
  }

  private void scheduleDeletion(Tx tx, String lane, String topicId) {
    outbox.add(
        tx,
        new Work(
            DELETE_SUBSCRIPTIONS,
            lane,
            clock.instant(),
            topicId.getBytes(StandardCharsets.UTF_8),
            ""));
  }

  /// Removes one page of a deleted topic's subscriptions and schedules the next.
  @Override
  public DeliveryOutcome attempt(Job job) {
    String topicId = new String(job.work().payload(), StandardCharsets.UTF_8);
    return new DeliveryOutcome.Done(
        tx -> {
          if (!subscriptions.deletePage(tx, topicId, DELETION_PAGE)) {
            scheduleDeletion(tx, job.work().lane(), topicId);
          }
        });
  }

  @Override
  public RetryPolicy retryPolicy(Job job) {
    return RetryPolicy.SNS_MANAGED;
  }
}
