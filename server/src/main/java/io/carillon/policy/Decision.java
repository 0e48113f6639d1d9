package io.carillon.policy;

/// What the policies say, and which statement said it.
public sealed interface Decision {
  /// @param by names the deciding statement, such as `statement AllowPut of inline policy p of role
  ///   r`
  record Allowed(String by) implements Decision {}

  /// A statement denies.
  record ExplicitlyDenied(PolicyKind kind, String by) implements Decision {}

  /// Nothing allows; `missing` says which kind of policy would have had to.
  record ImplicitlyDenied(PolicyKind missing) implements Decision {}

  default boolean isAllowed() {
    return this instanceof Allowed;
  }
}
