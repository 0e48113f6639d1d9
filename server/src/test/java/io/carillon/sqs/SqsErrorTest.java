package io.carillon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Source: botocore's model of SQS for its own errors, and responses of SQS as users quote them for
/// those of its framework (`InvalidParameterValueException`, `MissingRequiredParameterException`),
/// whose names in the query protocol lack the ending.
class SqsErrorTest {
  @Test
  void everyErrorHasACodeForEachProtocol() {
    Map<String, String> names = new TreeMap<>();
    for (SqsError error : SqsError.values()) {
      names.put(error.code(), error.queryCode() + " " + error.status());
    }
    String own = "AWS.SimpleQueueService.";
    assertThat(names)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("BatchEntryIdsNotDistinct", own + "BatchEntryIdsNotDistinct 400"),
                Map.entry("BatchRequestTooLong", own + "BatchRequestTooLong 400"),
                Map.entry("EmptyBatchRequest", own + "EmptyBatchRequest 400"),
                Map.entry("InvalidAttributeName", "InvalidAttributeName 400"),
                Map.entry("InvalidAttributeValue", "InvalidAttributeValue 400"),
                Map.entry("InvalidBatchEntryId", own + "InvalidBatchEntryId 400"),
                Map.entry("InvalidMessageContents", "InvalidMessageContents 400"),
                Map.entry("InvalidParameterValueException", "InvalidParameterValue 400"),
                Map.entry("MissingRequiredParameterException", "MissingParameter 400"),
                Map.entry("PurgeQueueInProgress", own + "PurgeQueueInProgress 403"),
                Map.entry("QueueDeletedRecently", own + "QueueDeletedRecently 400"),
                Map.entry("QueueDoesNotExist", own + "NonExistentQueue 400"),
                Map.entry("QueueNameExists", "QueueAlreadyExists 400"),
                Map.entry("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid 400"),
                Map.entry("TooManyEntriesInBatchRequest", own + "TooManyEntriesInBatchRequest 400"),
                Map.entry("UnsupportedOperation", own + "UnsupportedOperation 400")));
  }
}
