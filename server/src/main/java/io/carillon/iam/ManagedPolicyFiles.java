package io.carillon.iam;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// AWS's managed policies beyond those that are built in, as they were read at the start.
///
/// @param folder where they lie; empty where no folder was named
public record ManagedPolicyFiles(Optional<Path> folder, List<ManagedPolicyFile> files) {
  public static final ManagedPolicyFiles NONE = new ManagedPolicyFiles(Optional.empty(), List.of());
}
