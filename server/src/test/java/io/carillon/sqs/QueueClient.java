package io.carillon.sqs;

import io.carillon.aws.Authorizer;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.policy.FewPrincipals;
import io.carillon.store.Database;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueRequest;
import software.amazon.awssdk.services.sqs.model.CreateQueueResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageRequest;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.PurgeQueueRequest;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/// SQS on a database, with the calls of a client.
final class QueueClient {
  static final AccountId ACCOUNT = new AccountId("123456789012");

  final SqsService sqs;
  private final InstantSource clock;
  private final DirectPipeline pipeline;

  QueueClient(Database database, InstantSource clock) {
    this.clock = clock;
    Authorizer authorizer = DirectPipeline.letting(() -> true);
    this.sqs =
        new SqsService(
            new TestKernel(database, clock)
                .with(authorizer)
                .with(new FewPrincipals(ACCOUNT))
                .build());
    this.pipeline = new DirectPipeline(sqs.operations(), authorizer);
  }

  <I, O> O run(I input) {
    return pipeline.call(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, clock.instant()), input);
  }

  String create(String name) {
    return create(name, Map.of());
  }

  String create(String name, Map<QueueAttributeName, String> attributes) {
    CreateQueueResponse answer =
        run(CreateQueueRequest.builder().queueName(name).attributes(attributes).build());
    return answer.queueUrl();
  }

  void send(String queue, String body) {
    send(queue, body, 0);
  }

  void send(String queue, String body, int delaySeconds) {
    run(
        SendMessageRequest.builder()
            .queueUrl(queue)
            .messageBody(body)
            .delaySeconds(delaySeconds)
            .build());
  }

  List<Message> receive(String queue) {
    ReceiveMessageResponse answer =
        run(ReceiveMessageRequest.builder().queueUrl(queue).maxNumberOfMessages(10).build());
    return answer.messages();
  }

  List<String> bodies(String queue) {
    return receive(queue).stream().map(Message::body).toList();
  }

  /// Receives until nothing is visible.
  List<String> allBodies(String queue) {
    List<String> all = new ArrayList<>();
    List<String> some;
    do {
      some = bodies(queue);
      all.addAll(some);
    } while (!some.isEmpty());
    return all;
  }

  void delete(String queue, String receipt) {
    run(DeleteMessageRequest.builder().queueUrl(queue).receiptHandle(receipt).build());
  }

  void changeVisibility(String queue, String receipt, int seconds) {
    run(
        ChangeMessageVisibilityRequest.builder()
            .queueUrl(queue)
            .receiptHandle(receipt)
            .visibilityTimeout(seconds)
            .build());
  }

  void purge(String queue) {
    run(PurgeQueueRequest.builder().queueUrl(queue).build());
  }
}
