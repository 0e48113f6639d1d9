package io.carillon.policy;

/// A policy with its name for error messages.
///
/// @param name such as `inline policy p of role r`
public record NamedPolicy(String name, PolicyDocument document) {
  String nameOf(Statement statement) {
    return "statement " + statement.name() + " of " + name;
  }
}
