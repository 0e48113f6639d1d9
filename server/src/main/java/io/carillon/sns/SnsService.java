package io.carillon.sns;

import io.carillon.admin.AdminError;
import io.carillon.admin.AdminRouter.Call;
import io.carillon.admin.AdminViews;
import io.carillon.aws.Authorizer;
import io.carillon.aws.CommonError;
import io.carillon.aws.DenialWording;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.http.Handler;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.PublicRoute;
import io.carillon.kernel.Service;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.Outbox;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.trace.Trace;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.services.sns.model.AddPermissionRequest;
import software.amazon.awssdk.services.sns.model.ConfirmSubscriptionRequest;
import software.amazon.awssdk.services.sns.model.CreateTopicRequest;
import software.amazon.awssdk.services.sns.model.DeleteTopicRequest;
import software.amazon.awssdk.services.sns.model.GetSubscriptionAttributesRequest;
import software.amazon.awssdk.services.sns.model.GetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsByTopicRequest;
import software.amazon.awssdk.services.sns.model.ListSubscriptionsRequest;
import software.amazon.awssdk.services.sns.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.sns.model.ListTopicsRequest;
import software.amazon.awssdk.services.sns.model.PublishBatchRequest;
import software.amazon.awssdk.services.sns.model.PublishRequest;
import software.amazon.awssdk.services.sns.model.RemovePermissionRequest;
import software.amazon.awssdk.services.sns.model.SetSubscriptionAttributesRequest;
import software.amazon.awssdk.services.sns.model.SetTopicAttributesRequest;
import software.amazon.awssdk.services.sns.model.SubscribeRequest;
import software.amazon.awssdk.services.sns.model.TagResourceRequest;
import software.amazon.awssdk.services.sns.model.UnsubscribeRequest;
import software.amazon.awssdk.services.sns.model.UntagResourceRequest;

/// SNS: its operations, its deliveries, and its recipient for other services.
public final class SnsService implements Service {
  /// Messages have 256 KiB; escaped, each byte takes three.
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
              "sns",
              2 << 20,
              SnsService.class,
              new ServiceSpec.Wire.Query(
                  "2010-03-31", "http://sns.amazonaws.com/doc/2010-03-31/", errors()))
          .with(ServiceTrait.ANONYMOUS_REQUESTS, ServiceTrait.DEFAULT_FOR_ACTIONS)
          .with(DenialWording.ofActions(action -> action.replaceFirst("^sns:", "SNS:")));

  private final Topics topics;
  private final TopicOperations topicOperations;
  private final SubscriptionOperations subscriptionOperations;
  private final Confirmations confirmations;
  private final Publish publish;
  private final Recipient recipient;
  private final Handler pages;
  private final AdminViews adminViews;
  private final Map<String, Delivery> deliveries;

  public SnsService(Kernel kernel, SnsDependencies dependencies) {
    Database database = kernel.database();
    Outbox outbox = kernel.outbox();
    Authorizer authorizer = kernel.authorizer();
    KnownPrincipals principals = kernel.principals();
    Trace trace = kernel.trace();
    Ids ids = kernel.ids();
    InstantSource clock = kernel.clock();
    this.topics = new Topics();
    Subscriptions subscriptions = new Subscriptions();
    PublishedMessages messages = new PublishedMessages();
    SubscriptionLinks links = new SubscriptionLinks(kernel.endpoint());
    SigningCertificate certificate =
        new SigningCertificate(dependencies.signer(), links, dependencies.certificateUrl());
    Envelopes envelopes = new Envelopes(certificate, links);

    this.topicOperations =
        new TopicOperations(database, outbox, topics, subscriptions, principals, ids, clock);
    this.confirmations =
        new Confirmations(database, outbox, topics, subscriptions, authorizer, ids, clock);
    this.subscriptionOperations =
        new SubscriptionOperations(database, topics, subscriptions, confirmations, ids, clock);
    Publications publications =
        new Publications(outbox, topics, new Subscribers(subscriptions), messages, trace, clock);
    this.publish = new Publish(database, topics, publications, kernel::causeOf, ids, clock);
    this.recipient = new TopicRecipient(topics, publications, authorizer, ids, clock);
    PublicPages publicPages = new PublicPages(confirmations, certificate, ids, clock);
    this.pages = publicPages;
    this.adminViews = adminViews(dependencies, publicPages);

    DeliveryResolver resolver = new DeliveryResolver(topics, subscriptions, messages);
    ResourceSender resources = new ResourceSender(kernel.recipients(), envelopes);
    SubscriptionDeadLetters deadLetters =
        new SubscriptionDeadLetters(outbox, resolver, messages, resources, clock);
    Function<ProtocolSender, Delivery> deliveryBy =
        sender -> new EndpointDelivery(database, resolver, messages, deadLetters, sender, trace);
    Delivery toResources = new ResourceDelivery(resolver, messages, deadLetters, resources, trace);
    this.deliveries =
        Map.ofEntries(
            Map.entry(Publications.FANOUT, publications),
            Map.entry(Confirmations.EXPIRY, confirmations),
            Map.entry(TopicOperations.DELETE_SUBSCRIPTIONS, topicOperations),
            Map.entry(SubscriptionDeadLetters.TO_QUEUE, deadLetters.toQueue()),
            Map.entry(SubscriptionDeadLetters.RELEASE_HELD, deadLetters.releaseHeld()),
            Map.entry(
                SubscriptionProtocol.EMAIL.kind(),
                deliveryBy.apply(new EmailSender(dependencies.mail(), envelopes, links, clock))),
            Map.entry(
                SubscriptionProtocol.SMS.kind(),
                deliveryBy.apply(new SmsSender(dependencies.texts()))),
            Map.entry(
                SubscriptionProtocol.HTTP.kind(),
                deliveryBy.apply(new HttpSender(dependencies.posts(), envelopes, clock))),
            Map.entry(SubscriptionProtocol.SQS.kind(), toResources),
            Map.entry(SubscriptionProtocol.LAMBDA.kind(), toResources));
  }

  private static AdminViews adminViews(SnsDependencies dependencies, PublicPages pages) {
    ReceivedMails mails = dependencies.receivedMails();
    MailLinks links = new MailLinks(mails, pages::confirm);
    return new AdminViews()
        .on("GET mail", _ -> mails.list())
        .on("POST mail/confirm", _ -> links.follow())
        .on("DELETE mail", call -> deleteMail(mails, call))
        .on("GET sms", _ -> dependencies.receivedTexts().get());
  }

  private static Map<String, Object> deleteMail(ReceivedMails mails, Call call) {
    long id = call.number("id", 1, Integer.MAX_VALUE);
    if (!mails.delete(id)) {
      throw AdminError.NO_SUCH_ITEM.because("There is no mail " + id + ".");
    }
    return Map.of();
  }

  @Override
  public AdminViews adminViews() {
    return adminViews;
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    return Operations.of(SPEC)
        .needing(
            CreateTopicRequest.class,
            (c, r) ->
                Need.of("sns:CreateTopic", c.arn("sns", Arns.topicName(r.name())))
                    .andTagging("sns:TagResource", TopicTags.read(r.tags())),
            topicOperations::create)
        .on(
            DeleteTopicRequest.class,
            (c, r) -> Arns.topic(c, r.topicArn(), "TopicArn"),
            topicOperations::delete)
        .anywhere(ListTopicsRequest.class, topicOperations::list)
        .on(
            GetTopicAttributesRequest.class,
            (c, r) -> Arns.topic(c, r.topicArn(), "TopicArn"),
            topicOperations::getAttributes)
        .on(
            SetTopicAttributesRequest.class,
            (c, r) -> Arns.topic(c, r.topicArn(), "TopicArn"),
            topicOperations::setAttributes)
        .on(
            AddPermissionRequest.class,
            (c, r) -> Arns.topic(c, r.topicArn(), "TopicArn"),
            topicOperations::addPermission)
        .on(
            RemovePermissionRequest.class,
            (c, r) -> Arns.topic(c, r.topicArn(), "TopicArn"),
            topicOperations::removePermission)
        .needing(
            TagResourceRequest.class,
            (c, r) ->
                List.of(
                    Need.of("sns:TagResource", Arns.topic(c, r.resourceArn(), "ResourceArn"))
                        .tagging(TopicTags.read(r.tags()))),
            topicOperations::tag)
        .needing(
            UntagResourceRequest.class,
            (c, r) ->
                List.of(
                    Need.of("sns:UntagResource", Arns.topic(c, r.resourceArn(), "ResourceArn"))
                        .untagging(r.tagKeys())),
            topicOperations::untag)
        .on(
            ListTagsForResourceRequest.class,
            (c, r) -> Arns.topic(c, r.resourceArn(), "ResourceArn"),
            topicOperations::listTags)
        .needing(
            SubscribeRequest.class,
            SubscriptionOperations::needs,
            subscriptionOperations::subscribe)
        .open(
            ConfirmSubscriptionRequest.class,
            "the token authorizes: it was sent only to the endpoint",
            confirmations::confirm)
        .open(
            UnsubscribeRequest.class,
            "the link authorizes; signed callers are authorized by the operation",
            confirmations::unsubscribe)
        .anywhere(ListSubscriptionsRequest.class, subscriptionOperations::list)
        .on(
            ListSubscriptionsByTopicRequest.class,
            (c, r) -> Arns.topic(c, r.topicArn(), "TopicArn"),
            subscriptionOperations::listByTopic)
        .anywhere(GetSubscriptionAttributesRequest.class, subscriptionOperations::getAttributes)
        .anywhere(SetSubscriptionAttributesRequest.class, subscriptionOperations::setAttributes)
        .needing(PublishRequest.class, Publish::needs, publish::run)
        .needing(PublishBatchRequest.class, Publish::batchNeeds, publish::runBatch);
  }

  @Override
  public Optional<ResourcePolicies> resourcePolicies() {
    return Optional.of(this::owned);
  }

  private Optional<ResourcePolicies.Owned> owned(Snapshot snapshot, Arn arn) {
    return topics
        .find(snapshot, arn)
        .map(
            topic ->
                new ResourcePolicies.Owned(
                    new AccountId(topic.account()),
                    Optional.of(topic.policy()),
                    topic.tags(),
                    topic.pins()));
  }

  /// The deliveries that the outbox runs, by the kind of work.
  @Override
  public Map<String, Delivery> deliveries() {
    return deliveries;
  }

  /// How other services publish to topics.
  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(recipient);
  }

  /// The pages that mails link to, and the signing certificate.
  @Override
  public List<PublicRoute> pages() {
    return List.of(new PublicRoute(SubscriptionLinks.ROOT, pages, true));
  }

  private static ErrorDialect errors() {
    return ErrorDialect.common()
        .map(CommonError.ACCESS_DENIED, "AuthorizationError", 403)
        .map(CommonError.INTERNAL_FAILURE, "InternalError", 500)
        .map(CommonError.INVALID_PARAMETER_VALUE, "InvalidParameter", 400)
        .map(CommonError.MISSING_PARAMETER, "ValidationError", 400)
        .map(CommonError.THROTTLING, "Throttled", 429)
        .map(CommonError.VALIDATION, "InvalidParameter", 400);
  }
}
