package io.carillon.aws;

/// The names in a service's query protocol where its model, which is that of a newer protocol, has
/// others: lists and maps are flattened.
public interface FlattenedNames {
  /// The name of a list or map, before the numbers of its entries.
  ///
  /// @param structure the simple name of the model class, such as `SendMessageBatchRequest`
  /// @param member as in the model
  String name(String structure, String member);

  /// The names in the entries of a map.
  ///
  /// @param name of the map, from [#name]
  EntryNames entryNames(String name);

  /// The member whose value is the request's URL, unless a parameter has it.
  String memberOfUrl();

  record EntryNames(String key, String value) {}
}
