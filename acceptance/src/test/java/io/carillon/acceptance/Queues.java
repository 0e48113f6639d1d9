package io.carillon.acceptance;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;

/// Queues at the end of chains.
final class Queues {
  private Queues() {}

  /// Receives and deletes up to ten messages, waiting a second for the first.
  ///
  /// @return their bodies
  static List<String> take(SqsClient sqs, String url) {
    List<Message> messages =
        sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(1))
            .messages();
    List<DeleteMessageBatchRequestEntry> done = new ArrayList<>();
    for (Message message : messages) {
      done.add(
          DeleteMessageBatchRequestEntry.builder()
              .id(String.valueOf(done.size()))
              .receiptHandle(message.receiptHandle())
              .build());
    }
    if (!done.isEmpty()) {
      sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(done));
    }
    return messages.stream().map(Message::body).toList();
  }
}
