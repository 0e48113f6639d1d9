package io.carillon.sqs;

import io.carillon.aws.Caller;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Database;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageRequest;
import software.amazon.awssdk.services.sqs.model.DeleteMessageResponse;

/// DeleteMessage and DeleteMessageBatch. They are answered before they are synced: after a power
/// loss a message may be received again, which at-least-once delivery permits.
final class DeleteMessage {
  private final Database database;
  private final Queues queues;
  private final QueueMessages messages;

  DeleteMessage(Database database, Queues queues, QueueMessages messages) {
    this.database = database;
    this.queues = queues;
    this.messages = messages;
  }

  DeleteMessageResponse run(Caller caller, DeleteMessageRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    database.writeRelaxed(
        tx -> {
          messages.delete(tx, queues.require(tx, key), input.receiptHandle());
          return true;
        });
    return DeleteMessageResponse.builder().build();
  }

  DeleteMessageBatchResponse runBatch(Caller caller, DeleteMessageBatchRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    BatchResult<DeleteMessageBatchResultEntry> batch =
        database.writeRelaxed(
            tx -> {
              QueueRow row = queues.require(tx, key);
              return BatchResult.run(
                  input.entries(),
                  entry -> entry.id(),
                  entry -> {
                    messages.delete(tx, row, entry.receiptHandle());
                    return DeleteMessageBatchResultEntry.builder().id(entry.id()).build();
                  });
            });
    return DeleteMessageBatchResponse.builder()
        .successful(BatchResult.nullIfEmpty(batch.successful()))
        .failed(BatchResult.nullIfEmpty(batch.failed()))
        .build();
  }
}
