package io.carillon.sqs;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.PageToken;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.TagRules;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.kernel.Kernel;
import io.carillon.policy.KnownPrincipals;
import io.carillon.policy.MalformedPolicyException;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.net.URI;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueResponse;
import software.amazon.awssdk.services.sqs.model.DeleteQueueRequest;
import software.amazon.awssdk.services.sqs.model.DeleteQueueResponse;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.GetQueueUrlRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueUrlResponse;
import software.amazon.awssdk.services.sqs.model.ListDeadLetterSourceQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListDeadLetterSourceQueuesResponse;
import software.amazon.awssdk.services.sqs.model.ListQueueTagsRequest;
import software.amazon.awssdk.services.sqs.model.ListQueueTagsResponse;
import software.amazon.awssdk.services.sqs.model.ListQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListQueuesResponse;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesResponse;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;
import software.amazon.awssdk.services.sqs.model.TagQueueResponse;
import software.amazon.awssdk.services.sqs.model.UntagQueueRequest;
import software.amazon.awssdk.services.sqs.model.UntagQueueResponse;

/// The queues and their attributes; [QueueMessages] has their contents.
final class Queues {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,80}");
  private static final int MAX_TAGS = 50;

  /// The key of a queue.
  record QueueKey(String account, String region, String name) {
    static final KeyCodec<QueueKey> CODEC =
        new KeyCodec<>(
            k -> Tuple.of(k.account, k.region, k.name),
            t -> new QueueKey(t.string(0), t.string(1), t.string(2)));

    static QueueKey of(Arn arn) {
      return new QueueKey(arn.account(), arn.region(), arn.resource());
    }

    Arn arn() {
      return new Arn("aws", "sqs", region, account, name);
    }
  }

  private final Table<QueueKey, QueueRow> queues =
      Table.cached("sqs.queues", QueueKey.CODEC, QueueRow.class).guardedBy("sqs.queue", 3);

  private final Database database;
  private final QueueMessages messages;
  private final OrphanedMessages orphans;
  private final KnownPrincipals principals;
  private final InstantSource clock;
  private final Supplier<URI> endpoint;
  private final Supplier<String> incarnations;
  private final DeletedNames deletedNames;

  Queues(
      Kernel kernel, QueueMessages messages, OrphanedMessages orphans, DeletedNames deletedNames) {
    this.database = kernel.database();
    this.messages = messages;
    this.orphans = orphans;
    this.principals = kernel.principals();
    this.clock = kernel.clock();
    this.endpoint = kernel.endpoint();
    this.incarnations = kernel.ids()::uuid;
    this.deletedNames = deletedNames;
  }

  CreateQueueResponse create(Caller caller, CreateQueueRequest input) {
    String name = Objects.requireNonNullElse(input.queueName(), "");
    if (name.endsWith(".fifo")) {
      throw SqsError.UNSUPPORTED_OPERATION.because("Carillon does not support FIFO queues.");
    }
    if (!NAME.matcher(name).matches()) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    }
    Map<String, String> requested = input.attributesAsStrings();
    Map<String, String> pinned = pins(requested);
    QueueAttributes attributes = QueueAttributes.DEFAULT.with(requested);
    QueueKey key = new QueueKey(caller.account().value(), caller.region().name(), name);
    database.write(
        tx -> {
          Optional<QueueRow> existing = queues.get(tx, key);
          if (existing.isPresent()) {
            Optional<String> difference = existing.get().settings().differenceFrom(requested);
            if (difference.isPresent()) {
              throw SqsError.QUEUE_NAME_EXISTS.because(
                  "A queue already exists with the same name and a different value for attribute "
                      + difference.get());
            }
            return false;
          }
          deletedNames.requireFree(tx, key);
          checkRedrive(tx, key, attributes);
          long now = seconds();
          queues.put(
              tx,
              key,
              new QueueRow(
                  incarnations.get(),
                  attributes.given(),
                  checkTags(input.tags()),
                  now,
                  now,
                  pinned,
                  null));
          return true;
        });
    return CreateQueueResponse.builder().queueUrl(url(caller, key)).build();
  }

  GetQueueUrlResponse url(Caller caller, GetQueueUrlRequest input) {
    QueueKey key = named(caller, input.queueName(), input.queueOwnerAWSAccountId());
    database.read(snapshot -> require(snapshot, key));
    return GetQueueUrlResponse.builder().queueUrl(url(caller, key)).build();
  }

  static QueueKey named(Caller caller, String name, @Nullable String owner) {
    return new QueueKey(
        owner == null ? caller.account().value() : owner, caller.region().name(), name);
  }

  ListQueuesResponse list(Caller caller, ListQueuesRequest input) {
    int limit = limit(input.maxResults());
    Tuple parent = Tuple.of(caller.account().value(), caller.region().name());
    Range whole = Range.withPrefix(parent, Objects.requireNonNullElse(input.queueNamePrefix(), ""));
    String after = PageToken.lastKey(input.nextToken(), Queues::invalidToken);
    Range range = after.isEmpty() ? whole : whole.after(parent.and(after));
    List<QueueKey> found =
        database.read(snapshot -> queues.list(snapshot, range, limit + 1)).stream()
            .map(Table.Entry::key)
            .toList();
    boolean more = found.size() > limit;
    List<QueueKey> page = more ? found.subList(0, limit) : found;
    return ListQueuesResponse.builder()
        .queueUrls(BatchResult.nullIfEmpty(page.stream().map(key -> url(caller, key)).toList()))
        // Only requests with MaxResults get a token; others get the first thousand, as on AWS.
        .nextToken(
            more && input.maxResults() != null ? PageToken.after(page.getLast().name()) : null)
        .build();
  }

  private static AwsException invalidToken() {
    return SqsError.INVALID_PARAMETER_VALUE.because(
        "The value for parameter NextToken is invalid. Reason: it was not returned by ListQueues.");
  }

  private static int limit(@Nullable Integer requested) {
    if (requested != null && (requested < 1 || requested > 1_000)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Value for parameter MaxResults is invalid. Reason: Must be between 1 and 1000.");
    }
    return requested == null ? 1_000 : requested;
  }

  DeleteQueueResponse delete(Caller caller, DeleteQueueRequest input) {
    QueueKey key = key(caller, input.queueUrl());
    QueueRow deletedRow =
        database.write(
            tx -> {
              QueueRow row = require(tx, key);
              queues.delete(tx, key);
              queues.guard(key).retire(tx);
              orphans.add(tx, row.incarnation());
              deletedNames.add(tx, key);
              tx.afterCommit(() -> messages.signalReceivers(row));
              return row;
            });
    orphans.remove(deletedRow.incarnation());
    return DeleteQueueResponse.builder().build();
  }

  /// Removes expired messages, and those of deleted and purged queues whose removal a crash
  /// interrupted.
  void sweep() {
    orphans.sweep();
    deletedNames.sweep();
    all().forEach(entry -> messages.expire(entry.value()));
  }

  /// Call this after the clock was set back; returns how many messages are visible earlier.
  int correctDueTimes() {
    return all().stream().mapToInt(entry -> messages.correctDueTimes(entry.value())).sum();
  }

  GetQueueAttributesResponse attributes(Caller caller, GetQueueAttributesRequest input) {
    QueueKey key = key(caller, input.queueUrl());
    QueueRow row = database.read(snapshot -> require(snapshot, key));
    Map<String, String> all = new LinkedHashMap<>(row.settings().toMap());
    all.computeIfPresent("Policy", (_, policy) -> principals.shown(policy, row.pins()));
    all.put("QueueArn", key.arn().toString());
    all.put("CreatedTimestamp", String.valueOf(row.createdSeconds()));
    all.put("LastModifiedTimestamp", String.valueOf(row.modifiedSeconds()));
    List<String> requested = input.attributeNamesAsStrings();
    boolean allRequested = requested.contains("All");
    if (allRequested || requested.stream().anyMatch(name -> name.startsWith("ApproximateNumber"))) {
      QueueMessages.Counts counts = messages.count(row.incarnation());
      all.put("ApproximateNumberOfMessages", String.valueOf(counts.visible()));
      all.put("ApproximateNumberOfMessagesNotVisible", String.valueOf(counts.inFlight()));
      all.put("ApproximateNumberOfMessagesDelayed", String.valueOf(counts.delayed()));
    }
    for (String name : requested) {
      if (!allRequested && !all.containsKey(name) && !OPTIONAL_ATTRIBUTES.contains(name)) {
        throw SqsError.INVALID_ATTRIBUTE_NAME.because("Unknown Attribute " + name + ".");
      }
    }
    if (!allRequested) {
      all.keySet().retainAll(requested);
    }
    return GetQueueAttributesResponse.builder().attributesWithStrings(all).build();
  }

  /// Attributes that a queue need not have; requesting them is no error.
  private static final List<String> OPTIONAL_ATTRIBUTES =
      List.of(
          "Policy",
          "RedrivePolicy",
          "RedriveAllowPolicy",
          "FifoQueue",
          "ContentBasedDeduplication",
          "KmsMasterKeyId",
          "KmsDataKeyReusePeriodSeconds",
          "DeduplicationScope",
          "FifoThroughputLimit");

  SetQueueAttributesResponse setAttributes(Caller caller, SetQueueAttributesRequest input) {
    QueueKey key = key(caller, input.queueUrl());
    Map<String, String> changes = input.attributesAsStrings();
    Map<String, String> pinned = pins(changes);
    database.write(
        tx -> {
          QueueRow row = require(tx, key);
          QueueAttributes attributes = row.settings().with(changes);
          if (changes.containsKey("RedrivePolicy")) {
            checkRedrive(tx, key, attributes);
          }
          Map<String, String> pins = changes.containsKey("Policy") ? pinned : row.pins();
          put(tx, key, row.withAttributes(attributes.given(), seconds(), pins));
          return true;
        });
    return SetQueueAttributesResponse.builder().build();
  }

  /// A dead-letter queue must exist, be in the same account and region, and allow this queue as a
  /// source.
  private void checkRedrive(Snapshot snapshot, QueueKey key, QueueAttributes attributes) {
    attributes
        .redrive()
        .ifPresent(
            redrive -> {
              QueueKey target = QueueKey.of(redrive.deadLetterTarget());
              Optional<QueueRow> row = queues.get(snapshot, target);
              if (row.isEmpty()
                  || !target.account().equals(key.account())
                  || !target.region().equals(key.region())) {
                throw SqsError.INVALID_PARAMETER_VALUE.because(
                    "Value "
                        + attributes.given().get("RedrivePolicy")
                        + " for parameter RedrivePolicy is invalid. Reason: Dead letter target does"
                        + " not exist.");
              }
              if (!row.get().settings().allowsDeadLettersFrom(key.arn())) {
                throw SqsError.INVALID_PARAMETER_VALUE.because(
                    "Value "
                        + attributes.given().get("RedrivePolicy")
                        + " for parameter RedrivePolicy is invalid. Reason: The dead letter"
                        + " target's RedriveAllowPolicy does not allow this queue.");
              }
            });
  }

  /// The principals that the policy in `attributes` names, if there is one.
  private Map<String, String> pins(Map<String, String> attributes) {
    String policy = attributes.getOrDefault("Policy", "");
    if (policy.isEmpty()) {
      return Map.of();
    }
    try {
      return principals.pin(
          policy,
          "sqs",
          () ->
              SqsError.INVALID_ATTRIBUTE_VALUE.because(
                  "Invalid value for the parameter Policy. Reason: Policy statement action out of"
                      + " service scope!"));
    } catch (MalformedPolicyException e) {
      String reason = e.principal().isPresent() ? "" : " Reason: " + e.getMessage();
      throw SqsError.INVALID_ATTRIBUTE_VALUE.because(
          "Invalid value for the parameter Policy." + reason);
    }
  }

  ListDeadLetterSourceQueuesResponse deadLetterSources(
      Caller caller, ListDeadLetterSourceQueuesRequest input) {
    if (input.nextToken() != null || input.maxResults() != null) {
      throw SqsError.UNSUPPORTED_OPERATION.because(
          "Carillon does not page ListDeadLetterSourceQueues (NextToken, MaxResults).");
    }
    QueueKey key = key(caller, input.queueUrl());
    Range range = Range.within(Tuple.of(key.account(), key.region()));
    List<String> urls =
        database.read(
            snapshot -> {
              require(snapshot, key);
              return queues.list(snapshot, range, Integer.MAX_VALUE).stream()
                  .filter(
                      queue ->
                          queue
                              .value()
                              .settings()
                              .redrive()
                              .filter(r -> r.deadLetterTarget().equals(key.arn()))
                              .isPresent())
                  .map(queue -> url(caller, queue.key()))
                  .toList();
            });
    return ListDeadLetterSourceQueuesResponse.builder().queueUrls(urls).build();
  }

  TagQueueResponse tag(Caller caller, TagQueueRequest input) {
    changeTags(key(caller, input.queueUrl()), tags -> tags.putAll(input.tags()));
    return TagQueueResponse.builder().build();
  }

  UntagQueueResponse untag(Caller caller, UntagQueueRequest input) {
    changeTags(key(caller, input.queueUrl()), tags -> tags.keySet().removeAll(input.tagKeys()));
    return UntagQueueResponse.builder().build();
  }

  private void changeTags(QueueKey key, java.util.function.Consumer<Map<String, String>> change) {
    database.write(
        tx -> {
          QueueRow row = require(tx, key);
          Map<String, String> tags = new HashMap<>(row.tags());
          change.accept(tags);
          put(tx, key, row.withTags(checkTags(tags)));
          return true;
        });
  }

  private static Map<String, String> checkTags(Map<String, String> tags) {
    if (tags.size() > MAX_TAGS) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Too many tags added for queue: a queue has at most " + MAX_TAGS + ".");
    }
    if (tags.keySet().stream().anyMatch(TagRules::isReserved)) {
      throw SqsError.INVALID_PARAMETER_VALUE.because(
          "Tag keys that start with aws: are reserved for system use.");
    }
    return Map.copyOf(tags);
  }

  ListQueueTagsResponse tags(Caller caller, ListQueueTagsRequest input) {
    QueueKey key = key(caller, input.queueUrl());
    return ListQueueTagsResponse.builder()
        .tags(database.read(snapshot -> require(snapshot, key)).tags())
        .build();
  }

  QueueRow require(Snapshot snapshot, QueueKey key) {
    return find(snapshot, key).orElseThrow(SqsError.QUEUE_DOES_NOT_EXIST::exception);
  }

  void put(Tx tx, QueueKey key, QueueRow row) {
    queues.put(tx, key, row);
  }

  Optional<QueueRow> find(Snapshot snapshot, QueueKey key) {
    return queues.get(snapshot, key);
  }

  private List<Table.Entry<QueueKey, QueueRow>> all() {
    return database.read(snapshot -> queues.list(snapshot, Range.all(), Integer.MAX_VALUE));
  }

  /// The policies of queues, for the authorizer.
  ResourcePolicies policies() {
    return (snapshot, arn) ->
        find(snapshot, QueueKey.of(arn))
            .map(
                row ->
                    new ResourcePolicies.Owned(
                        new AccountId(arn.account()),
                        row.settings().policy(),
                        row.tags(),
                        row.pins()));
  }

  /// With the host of the request, which reaches this server.
  private String url(Caller caller, QueueKey key) {
    return caller.origin().orElseGet(() -> endpoint.get().toString())
        + "/"
        + key.account()
        + "/"
        + key.name();
  }

  /// The queue that a URL names: only the last two parts count, so URLs work with every host name
  /// of the server. The region is the caller's.
  ///
  /// @throws AwsException if it is not a queue URL
  static QueueKey key(Caller caller, @Nullable String queueUrl) {
    if (queueUrl == null || queueUrl.isEmpty()) {
      throw SqsError.MISSING_PARAMETER.because("The request must contain the parameter QueueUrl.");
    }
    String[] parts = queueUrl.split("/", 0); // slashes at the end do not count
    if (parts.length < 2 || !parts[parts.length - 2].matches("[0-9]{12}")) {
      if (parts.length == 1) {
        return new QueueKey(caller.account().value(), caller.region().name(), queueUrl);
      }
      throw SqsError.QUEUE_DOES_NOT_EXIST.because(
          "The address " + queueUrl + " is not valid for this endpoint.");
    }
    return new QueueKey(parts[parts.length - 2], caller.region().name(), parts[parts.length - 1]);
  }

  /// On AWS, created and modified times have seconds.
  private long seconds() {
    return clock.instant().getEpochSecond();
  }
}
