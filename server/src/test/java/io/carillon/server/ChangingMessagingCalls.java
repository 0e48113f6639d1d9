package io.carillon.server;

import static io.carillon.server.RaceServer.ACCOUNT;
import static io.carillon.server.RaceServer.arn;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sns.model.PublishBatchRequestEntry;
import software.amazon.awssdk.services.sns.model.Tag;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/// The changing requests of SQS and SNS, on queues and topics that [#on] makes.
@SuppressWarnings("unchecked") // the SDK takes builders as varargs
final class ChangingMessagingCalls {
  private static final Pattern TOKEN = Pattern.compile("[0-9a-f]{104}");
  private static final String TOPIC = arn("sns", "topic");

  private ChangingMessagingCalls() {}

  static List<ChangingCalls> on(RaceServer server) {
    return List.of(sqs(server), sns(server));
  }

  private static ChangingCalls sqs(RaceServer server) {
    String queue = server.url(server.queue("queue", null));
    String received = server.url(server.queue("received", null));
    server.sqs.tagQueue(b -> b.queueUrl(queue).tags(Map.of("old", "tag")));
    server.sqs.sendMessage(b -> b.queueUrl(queue).messageBody("m"));
    server.sqs.sendMessage(b -> b.queueUrl(received).messageBody("m"));
    String receipt =
        server
            .sqs
            .receiveMessage(b -> b.queueUrl(received).visibilityTimeout(10_000))
            .messages()
            .getFirst()
            .receiptHandle();
    return ChangingCalls.of("sqs")
        .with("CreateQueue", c -> c.sqs().createQueue(b -> b.queueName("new")))
        .with("DeleteQueue", c -> c.sqs().deleteQueue(b -> b.queueUrl(queue)))
        .with("PurgeQueue", c -> c.sqs().purgeQueue(b -> b.queueUrl(queue)))
        .with(
            "SetQueueAttributes",
            c ->
                c.sqs()
                    .setQueueAttributes(
                        b ->
                            b.queueUrl(queue)
                                .attributes(Map.of(QueueAttributeName.DELAY_SECONDS, "7"))))
        .with("TagQueue", c -> c.sqs().tagQueue(b -> b.queueUrl(queue).tags(Map.of("new", "tag"))))
        .with("UntagQueue", c -> c.sqs().untagQueue(b -> b.queueUrl(queue).tagKeys("old")))
        .with("SendMessage", c -> c.sqs().sendMessage(b -> b.queueUrl(queue).messageBody("m")))
        .with(
            "SendMessageBatch",
            c ->
                c.sqs()
                    .sendMessageBatch(
                        b ->
                            b.queueUrl(queue)
                                .entries(
                                    SendMessageBatchRequestEntry.builder()
                                        .id("one")
                                        .messageBody("m")
                                        .build())))
        .with("ReceiveMessage", c -> c.sqs().receiveMessage(b -> b.queueUrl(queue)))
        .with(
            "DeleteMessage",
            c -> c.sqs().deleteMessage(b -> b.queueUrl(received).receiptHandle(receipt)))
        .with(
            "DeleteMessageBatch",
            c ->
                c.sqs()
                    .deleteMessageBatch(
                        b ->
                            b.queueUrl(received)
                                .entries(
                                    DeleteMessageBatchRequestEntry.builder()
                                        .id("one")
                                        .receiptHandle(receipt)
                                        .build())))
        .with(
            "ChangeMessageVisibility",
            c ->
                c.sqs()
                    .changeMessageVisibility(
                        b -> b.queueUrl(received).receiptHandle(receipt).visibilityTimeout(20_000)))
        .with(
            "ChangeMessageVisibilityBatch",
            c ->
                c.sqs()
                    .changeMessageVisibilityBatch(
                        b ->
                            b.queueUrl(received)
                                .entries(
                                    ChangeMessageVisibilityBatchRequestEntry.builder()
                                        .id("one")
                                        .receiptHandle(receipt)
                                        .visibilityTimeout(20_000)
                                        .build())));
  }

  private static ChangingCalls sns(RaceServer server) {
    server.sns.createTopic(b -> b.name("topic").tags(tag("old")));
    String subscription =
        server
            .sns
            .subscribe(
                b ->
                    b.topicArn(TOPIC)
                        .protocol("sqs")
                        .endpoint(arn("sqs", "queue"))
                        .returnSubscriptionArn(true))
            .subscriptionArn();
    server.sns.subscribe(b -> b.topicArn(TOPIC).protocol("email").endpoint("somebody@example.com"));
    Matcher token = TOKEN.matcher(server.rows("sns.tokens").toString());
    if (!token.find()) {
      throw new AssertionError("no token in " + server.rows("sns.tokens"));
    }
    String confirming = token.group();
    server.sns.addPermission(
        b -> b.topicArn(TOPIC).label("old").awsAccountIds(ACCOUNT).actionNames("Publish"));
    return ChangingCalls.of("sns")
        .with("CreateTopic", c -> c.sns().createTopic(b -> b.name("new")))
        .with("DeleteTopic", c -> c.sns().deleteTopic(b -> b.topicArn(TOPIC)))
        .with(
            "SetTopicAttributes",
            c ->
                c.sns()
                    .setTopicAttributes(
                        b -> b.topicArn(TOPIC).attributeName("DisplayName").attributeValue("new")))
        .with(
            "AddPermission",
            c ->
                c.sns()
                    .addPermission(
                        b ->
                            b.topicArn(TOPIC)
                                .label("new")
                                .awsAccountIds(ACCOUNT)
                                .actionNames("Publish")))
        .with(
            "RemovePermission", c -> c.sns().removePermission(b -> b.topicArn(TOPIC).label("old")))
        .with(
            "Subscribe",
            c ->
                c.sns()
                    .subscribe(
                        b -> b.topicArn(TOPIC).protocol("sqs").endpoint(arn("sqs", "received"))))
        .with(
            "ConfirmSubscription",
            c -> c.sns().confirmSubscription(b -> b.topicArn(TOPIC).token(confirming)))
        .with("Unsubscribe", c -> c.sns().unsubscribe(b -> b.subscriptionArn(subscription)))
        .with(
            "SetSubscriptionAttributes",
            c ->
                c.sns()
                    .setSubscriptionAttributes(
                        b ->
                            b.subscriptionArn(subscription)
                                .attributeName("RawMessageDelivery")
                                .attributeValue("true")))
        .with("Publish", c -> c.sns().publish(b -> b.topicArn(TOPIC).message("m")))
        .with(
            "PublishBatch",
            c ->
                c.sns()
                    .publishBatch(
                        b ->
                            b.topicArn(TOPIC)
                                .publishBatchRequestEntries(
                                    PublishBatchRequestEntry.builder()
                                        .id("one")
                                        .message("m")
                                        .build())))
        .with("TagResource", c -> c.sns().tagResource(b -> b.resourceArn(TOPIC).tags(tag("new"))))
        .with(
            "UntagResource", c -> c.sns().untagResource(b -> b.resourceArn(TOPIC).tagKeys("old")));
  }

  private static Tag tag(String key) {
    return Tag.builder().key(key).value("tag").build();
  }
}
