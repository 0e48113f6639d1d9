package io.carillon.aws.protocol;

import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import java.util.Map;

/// SQS's names in its older query protocol: lists are flattened and named in the singular, maps are
/// pairs of `Name` and `Value`. The current model no longer has them.
///
/// Source: the examples of
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
final class SqsNaming {
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

  private SqsNaming() {}

  /// @param structure the simple name of the model class, such as `SendMessageBatchRequest`
  static Naming of(String structure) {
    return (field, member) -> {
      String name = name(structure, member.name());
      return switch (member.kind()) {
        case ListOf _ ->
            new Member(field, name, member.kind(), member.required(), member.attribute());
        case MapOf map ->
            new Member(field, name, pairs(map, name), member.required(), member.attribute());
        default -> member;
      };
    };
  }

  private static String name(String structure, String plural) {
    return switch (plural) {
      case "Entries" -> structure + "Entry";
      case "Successful" -> structure.replaceFirst("Response$", "ResultEntry");
      default -> SINGULAR.getOrDefault(plural, plural);
    };
  }

  private static MapOf pairs(MapOf map, String name) {
    return name.equals("Tag")
        ? new MapOf(map.value(), "Key", "Value", true)
        : new MapOf(map.value(), "Name", "Value", true);
  }
}
