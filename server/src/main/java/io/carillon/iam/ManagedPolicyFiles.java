package io.carillon.iam;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// AWS's managed policies in addition to the built-in ones, as read at the start.
///
/// @param folder their folder; empty if none is configured
public record ManagedPolicyFiles(Optional<Path> folder, List<ManagedPolicyFile> files) {
  public static final ManagedPolicyFiles NONE = new ManagedPolicyFiles(Optional.empty(), List.of());
}
