package io.carillon.cli;

import io.carillon.iam.UnusableManagedPolicyException;
import io.carillon.keys.DamagedKeyException;
import io.carillon.server.Config;
import io.carillon.server.Server;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.UnreadableRowsException;
import io.carillon.store.UnusableStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/// Starts a server. A failure is reported with what to do next.
final class Startup {
  private Startup() {}

  static Server start(Config config) {
    try {
      return Server.start(config);
    } catch (IOException e) {
      throw failure(config, e);
    } catch (RuntimeException e) {
      throw explain(config, e).map(RuntimeException.class::cast).orElse(e);
    }
  }

  /// The failure with what to do about it; empty where it is a bug.
  static Optional<CommandFailure> explain(Config config, RuntimeException e) {
    return switch (e) {
      case UnusableStoreException store ->
          Optional.of(new CommandFailure(String.valueOf(store.getMessage())));
      case UnusableManagedPolicyException policy ->
          Optional.of(new CommandFailure(String.valueOf(policy.getMessage())));
      case UnreadableRowsException rows ->
          Optional.of(new CommandFailure(String.valueOf(rows.getMessage())));
      case DamagedKeyException key ->
          Optional.of(
              new CommandFailure(
                  "In the data folder %s, %s".formatted(folder(config), key.getMessage())));
      case ReadOnlyException full ->
          Optional.of(
              new CommandFailure(
                  "The disk of the data folder %s is too full to start: the server keeps %d MiB free. Make room on it, or name a folder on another disk with --data FOLDER."
                      .formatted(folder(config), full.reserveBytes() >> 20)));
      case UncheckedIOException disk ->
          Optional.of(failure(config, Objects.requireNonNull(disk.getCause())));
      default -> Optional.empty();
    };
  }

  private static Path folder(Config config) {
    return config.data().toAbsolutePath().normalize();
  }

  static CommandFailure failure(Config config, IOException e) {
    String what = String.valueOf(e.getMessage());
    if (what.contains("No space left on device")) {
      return new CommandFailure(
          "The disk of the data folder %s is full, or has no free inodes (`df` and `df -i` tell). Make room on it, or name a folder on another disk with --data FOLDER."
              .formatted(folder(config)));
    }
    if (e instanceof FileSystemException file) {
      return new CommandFailure(
          "The data folder %s cannot be used: %s. Name another with --data FOLDER, or repair this one."
              .formatted(folder(config), describe(file)));
    }
    String port = config.host().getHostAddress() + ":" + config.port();
    if (what.contains("Address already in use")) {
      return new CommandFailure(
          "Port %s is taken, perhaps by another Carillon. Stop that program, or choose another port: --port 0 picks a free one."
              .formatted(port));
    }
    if (what.contains("Permission denied")) {
      return new CommandFailure(
          "This user may not listen on %s. Choose a port above 1023 with --port.".formatted(port));
    }
    return new CommandFailure("The server cannot start: " + what);
  }

  private static String describe(FileSystemException e) {
    return switch (e) {
      case AccessDeniedException denied -> denied.getFile() + " may not be written";
      case FileAlreadyExistsException there -> there.getFile() + " is not a folder";
      default ->
          e.getReason() == null
              ? e.getFile() + " cannot be made"
              : e.getFile() + ": " + e.getReason();
    };
  }
}
