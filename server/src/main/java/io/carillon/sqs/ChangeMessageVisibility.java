package io.carillon.sqs;

import io.carillon.aws.Caller;
import io.carillon.sqs.Queues.QueueKey;
import io.carillon.store.Database;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequest;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResponse;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchResultEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityRequest;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityResponse;

/// ChangeMessageVisibility and ChangeMessageVisibilityBatch.
final class ChangeMessageVisibility {
  private final Database database;
  private final Queues queues;
  private final QueueMessages messages;

  ChangeMessageVisibility(Database database, Queues queues, QueueMessages messages) {
    this.database = database;
    this.queues = queues;
    this.messages = messages;
  }

  ChangeMessageVisibilityResponse run(Caller caller, ChangeMessageVisibilityRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    database.writeRelaxed(
        tx -> {
          messages.changeVisibility(
              tx,
              queues.require(tx, key),
              input.receiptHandle(),
              Timeouts.requireVisibility(input.visibilityTimeout()));
          return true;
        });
    return ChangeMessageVisibilityResponse.builder().build();
  }

  ChangeMessageVisibilityBatchResponse runBatch(
      Caller caller, ChangeMessageVisibilityBatchRequest input) {
    QueueKey key = Queues.key(caller, input.queueUrl());
    BatchResult<ChangeMessageVisibilityBatchResultEntry> batch =
        database.writeRelaxed(
            tx -> {
              QueueRow row = queues.require(tx, key);
              return BatchResult.run(
                  input.entries(),
                  entry -> entry.id(),
                  entry -> {
                    messages.changeVisibility(
                        tx,
                        row,
                        entry.receiptHandle(),
                        Timeouts.requireVisibility(entry.visibilityTimeout()));
                    return ChangeMessageVisibilityBatchResultEntry.builder().id(entry.id()).build();
                  });
            });
    return ChangeMessageVisibilityBatchResponse.builder()
        .successful(BatchResult.nullIfEmpty(batch.successful()))
        .failed(BatchResult.nullIfEmpty(batch.failed()))
        .build();
  }
}
