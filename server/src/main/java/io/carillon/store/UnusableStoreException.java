package io.carillon.store;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A store that cannot be opened; the message says why and what to do, for the operator.
public final class UnusableStoreException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public UnusableStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /// A file is damaged that repair cannot restore.
  static UnusableStoreException damaged(Path folder, Path file, String what) {
    return new UnusableStoreException(
        "The store in %s is damaged: %s, %s. Nothing was changed. Restore the data folder from a backup."
            .formatted(folder, folder.relativize(file), what),
        null);
  }
}
