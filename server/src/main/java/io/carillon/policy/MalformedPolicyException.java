package io.carillon.policy;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A policy document violates the grammar, or names a principal that does not exist. The message is
/// AWS's where AWS has one, with the place in the document.
public final class MalformedPolicyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String principal;

  MalformedPolicyException(String message, String where) {
    this(message, where, null);
  }

  private MalformedPolicyException(String message, String where, @Nullable String principal) {
    super(where.isEmpty() ? message : message + " (at " + where + ")", null, false, false);
    this.principal = principal;
  }

  static MalformedPolicyException principal(String type, String value, String where) {
    return new MalformedPolicyException(
        "Invalid principal in policy: \"" + type + "\":\"" + value + "\"",
        where,
        "\"" + type + "\" : \"" + value + "\"");
  }

  /// The invalid principal, if that is the error, as S3 quotes it: `"AWS" : "arn:…"`.
  public Optional<String> principal() {
    return Optional.ofNullable(principal);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
