package io.carillon.sqs;

import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.DenialWording;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.MissingMembers;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.base.Arn;
import io.carillon.kernel.Chore;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.messaging.Recipient;
import io.carillon.store.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequest;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageRequest;
import software.amazon.awssdk.services.sqs.model.DeleteQueueRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.GetQueueUrlRequest;
import software.amazon.awssdk.services.sqs.model.ListDeadLetterSourceQueuesRequest;
import software.amazon.awssdk.services.sqs.model.ListQueueTagsRequest;
import software.amazon.awssdk.services.sqs.model.ListQueuesRequest;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;
import software.amazon.awssdk.services.sqs.model.SetQueueAttributesRequest;
import software.amazon.awssdk.services.sqs.model.TagQueueRequest;
import software.amazon.awssdk.services.sqs.model.UntagQueueRequest;

/// SQS: standard queues.
public final class SqsService implements Service {
  /// A batch without entries has an error of its own, and in the query protocol a missing list and
  /// an empty one look the same.
  private static final Set<String> LATER = Set.of("Entries");

  /// Messages have 1 MiB; escaped, each byte takes up to six.
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
              "sqs",
              6 << 20,
              SqsService.class,
              new ServiceSpec.Wire.Json("AmazonSQS.", "1.0", "com.amazonaws.sqs#", jsonErrors()),
              new ServiceSpec.Wire.Query(
                  "2012-11-05",
                  "http://queue.amazonaws.com/doc/2012-11-05/",
                  queryErrors(),
                  Optional.of(new QueryNames())))
          .with(ServiceTrait.ANONYMOUS_REQUESTS)
          .with(MissingMembers.firstNamed(LATER))
          .with(DenialWording.ofActions(action -> action.toLowerCase(Locale.ROOT)))
          .atPaths(Pattern.compile("/[0-9]{12}/[^/]+/?"));

  private static final Logger LOG = LoggerFactory.getLogger(SqsService.class);
  private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(10);
  private static final Duration NAME_REUSE_DELAY = Duration.ofSeconds(60);

  private final Database database;
  private final InstantSource clock;
  private final Authorizer authorizer;
  private final QueueMessages messages;
  private final OrphanedMessages orphans;
  private final Queues queues;

  public SqsService(Kernel kernel) {
    this.database = kernel.database();
    this.clock = kernel.clock();
    this.authorizer = kernel.authorizer();
    this.messages = new QueueMessages(database, clock, kernel.ids(), kernel.numbers());
    this.orphans = new OrphanedMessages(database, messages, clock);
    Duration nameReuseDelay =
        Duration.ofMillis(Math.round(NAME_REUSE_DELAY.toMillis() * kernel.timeScale()));
    this.queues =
        new Queues(kernel, messages, orphans, new DeletedNames(database, clock, nameReuseDelay));
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    SendMessage sendMessage = new SendMessage(database, queues, messages);
    ReceiveMessage receiveMessage = new ReceiveMessage(database, queues, messages, clock);
    DeleteMessage deleteMessage = new DeleteMessage(database, queues, messages);
    PurgeQueue purgeQueue = new PurgeQueue(database, queues, orphans, clock);
    ChangeMessageVisibility changeVisibility =
        new ChangeMessageVisibility(database, queues, messages);
    return Operations.of(SPEC)
        .needing(
            CreateQueueRequest.class,
            (c, r) ->
                Need.of("sqs:CreateQueue", c.arn("sqs", r.queueName()))
                    .andTagging("sqs:TagQueue", r.tags()),
            queues::create)
        .on(
            GetQueueUrlRequest.class,
            (c, r) -> Queues.named(c, r.queueName(), r.queueOwnerAWSAccountId()).arn(),
            queues::url)
        .anywhere(ListQueuesRequest.class, queues::list)
        .on(DeleteQueueRequest.class, (c, r) -> arn(c, r.queueUrl()), queues::delete)
        .on(GetQueueAttributesRequest.class, (c, r) -> arn(c, r.queueUrl()), queues::attributes)
        .on(SetQueueAttributesRequest.class, (c, r) -> arn(c, r.queueUrl()), queues::setAttributes)
        .on(
            ListDeadLetterSourceQueuesRequest.class,
            (c, r) -> arn(c, r.queueUrl()),
            queues::deadLetterSources)
        .needing(
            TagQueueRequest.class,
            (c, r) -> List.of(Need.of("sqs:TagQueue", arn(c, r.queueUrl())).tagging(r.tags())),
            queues::tag)
        .needing(
            UntagQueueRequest.class,
            (c, r) ->
                List.of(Need.of("sqs:UntagQueue", arn(c, r.queueUrl())).untagging(r.tagKeys())),
            queues::untag)
        .on(ListQueueTagsRequest.class, (c, r) -> arn(c, r.queueUrl()), queues::tags)
        .on(PurgeQueueRequest.class, (c, r) -> arn(c, r.queueUrl()), purgeQueue::run)
        .on(SendMessageRequest.class, (c, r) -> arn(c, r.queueUrl()), sendMessage::run)
        .needing(
            SendMessageBatchRequest.class,
            (c, r) -> needs(c, "SendMessage", r.queueUrl()),
            sendMessage::runBatch)
        .on(ReceiveMessageRequest.class, (c, r) -> arn(c, r.queueUrl()), receiveMessage::run)
        .on(DeleteMessageRequest.class, (c, r) -> arn(c, r.queueUrl()), deleteMessage::run)
        .needing(
            DeleteMessageBatchRequest.class,
            (c, r) -> needs(c, "DeleteMessage", r.queueUrl()),
            deleteMessage::runBatch)
        .on(
            ChangeMessageVisibilityRequest.class,
            (c, r) -> arn(c, r.queueUrl()),
            changeVisibility::run)
        .needing(
            ChangeMessageVisibilityBatchRequest.class,
            (c, r) -> needs(c, "ChangeMessageVisibility", r.queueUrl()),
            changeVisibility::runBatch);
  }

  private static Arn arn(Caller caller, @Nullable String queueUrl) {
    return Queues.key(caller, queueUrl).arn();
  }

  /// A batch operation has the needs of the single operation.
  private static List<Need> needs(Caller caller, String action, @Nullable String queueUrl) {
    return List.of(Need.of("sqs:" + action, arn(caller, queueUrl)));
  }

  @Override
  public Optional<ResourcePolicies> resourcePolicies() {
    return Optional.of(queues.policies());
  }

  /// Call this after the clock was set back: makes messages visible that would be hidden for too
  /// long.
  @Override
  public void correctDueTimes() {
    int moved = queues.correctDueTimes();
    if (moved > 0) {
      LOG.warn(
          "The clock was ahead and was set back: {} messages become visible earlier than planned",
          moved);
    }
  }

  /// Removes messages that nobody can receive any more.
  void sweep() {
    queues.sweep();
  }

  @Override
  public List<Chore> chores() {
    return List.of(Chore.ofOneNode("sqs.sweep", SWEEP_INTERVAL, this::sweep));
  }

  /// Ends long polls, so that a shutdown need not wait for them.
  @Override
  public void stop() {
    messages.stop();
  }

  /// The recipient through which other services send to queues.
  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(new QueueRecipient(queues, messages, authorizer));
  }

  private static ErrorDialect queryErrors() {
    return ErrorDialect.common()
        .map(CommonError.INTERNAL_FAILURE, "InternalFailure", 500)
        .map(CommonError.THROTTLING, "RequestThrottled", 403)
        .map(CommonError.VALIDATION, "InvalidParameterValue", 400);
  }

  /// The framework's codes end in `Exception`; the header `x-amzn-query-error` has the codes of the
  /// query protocol.
  private static ErrorDialect jsonErrors() {
    return ErrorDialect.json()
        .map(CommonError.ACCESS_DENIED, "AccessDeniedException", "AccessDenied", 403)
        .map(CommonError.EXPIRED_TOKEN, "ExpiredTokenException", "ExpiredToken", 403)
        .map(
            CommonError.INCOMPLETE_SIGNATURE,
            "IncompleteSignatureException",
            "IncompleteSignature",
            400)
        .map(CommonError.INVALID_ACTION, "UnknownOperationException", "InvalidAction", 400)
        .map(
            CommonError.INVALID_CLIENT_TOKEN_ID,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            403)
        .map(
            CommonError.INVALID_PARAMETER_VALUE,
            "InvalidParameterValueException",
            "InvalidParameterValue",
            400)
        .map(
            CommonError.MISSING_AUTHENTICATION_TOKEN,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            403)
        .map(
            CommonError.MISSING_PARAMETER,
            "MissingRequiredParameterException",
            "MissingParameter",
            400)
        .map(
            CommonError.SIGNATURE_DOES_NOT_MATCH,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403)
        .map(CommonError.THROTTLING, "RequestThrottled", 400)
        .map(
            CommonError.VALIDATION, "InvalidParameterValueException", "InvalidParameterValue", 400);
  }
}
