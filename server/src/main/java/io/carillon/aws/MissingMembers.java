package io.carillon.aws;

import java.util.Set;

/// How a request that lacks required members is refused.
///
/// @param namesFirst whether the first one is named, as the parameter on the wire; otherwise all
///   are listed, in the notation of their Java classes
/// @param validatedLater members whose absence the operation refuses with an error of its own
public record MissingMembers(boolean namesFirst, Set<String> validatedLater) {
  public static final MissingMembers LISTED = new MissingMembers(false, Set.of());

  /// Names the first one only.
  public static MissingMembers firstNamed(Set<String> validatedLater) {
    return new MissingMembers(true, validatedLater);
  }
}
