package io.carillon.policy;

/// The result of an evaluation, with the statement that decided it.
public sealed interface Decision {
  /// @param by names the deciding statement, such as `statement AllowPut of inline policy p of role
  ///   r`
  record Allowed(String by) implements Decision {}

  /// A statement denies it.
  record ExplicitlyDenied(PolicyKind kind, String by) implements Decision {}

  /// No statement allows it; `missing` is the kind of policy that lacks an Allow.
  record ImplicitlyDenied(PolicyKind missing) implements Decision {}

  default boolean isAllowed() {
    return this instanceof Allowed;
  }
}
