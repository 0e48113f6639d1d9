package io.carillon.sqs;

import io.carillon.aws.FlattenedNames;
import java.util.Map;

/// The names in SQS's older query protocol: lists are flattened and named in the singular, maps are
/// pairs of `Name` and `Value`. The current model no longer has them.
///
/// Source: the examples of
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
final class QueryNames implements FlattenedNames {
  private static final Map<String, String> SINGULAR =
      Map.ofEntries(
          Map.entry("AttributeNames", "AttributeName"),
          Map.entry("MessageSystemAttributeNames", "MessageSystemAttributeName"),
          Map.entry("MessageAttributeNames", "MessageAttributeName"),
          Map.entry("AWSAccountIds", "AWSAccountId"),
          Map.entry("Actions", "ActionName"),
          Map.entry("TagKeys", "TagKey"),
          Map.entry("QueueUrls", "QueueUrl"),
          Map.entry("queueUrls", "QueueUrl"),
          Map.entry("Messages", "Message"),
          Map.entry("Results", "ListMessageMoveTasksResultEntry"),
          Map.entry("Failed", "BatchResultErrorEntry"),
          Map.entry("StringListValues", "StringListValue"),
          Map.entry("BinaryListValues", "BinaryListValue"),
          Map.entry("Attributes", "Attribute"),
          Map.entry("MessageAttributes", "MessageAttribute"),
          Map.entry("MessageSystemAttributes", "MessageSystemAttribute"),
          Map.entry("Tags", "Tag"),
          Map.entry("tags", "Tag"));

  @Override
  public String name(String structure, String member) {
    return switch (member) {
      case "Entries" -> structure + "Entry";
      case "Successful" -> structure.replaceFirst("Response$", "ResultEntry");
      default -> SINGULAR.getOrDefault(member, member);
    };
  }

  @Override
  public EntryNames entryNames(String name) {
    return name.equals("Tag") ? new EntryNames("Key", "Value") : new EntryNames("Name", "Value");
  }

  /// In this protocol the path may name the queue.
  @Override
  public String memberOfUrl() {
    return "QueueUrl";
  }
}
