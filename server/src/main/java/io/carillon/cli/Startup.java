package io.carillon.cli;

import io.carillon.Config;
import io.carillon.Server;
import io.carillon.store.UnusableStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.util.Objects;

/// Starts a server. What keeps it from starting is told in words that say what to do next.
final class Startup {
  private Startup() {}

  static Server start(Config config) {
    try {
      return Server.start(config);
    } catch (UnusableStoreException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      throw failure(config, Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw failure(config, e);
    }
  }

  private static CommandFailure failure(Config config, IOException e) {
    if (e instanceof FileSystemException file) {
      return new CommandFailure(
          "The data folder %s cannot be used: %s. Name another with --data FOLDER, or mend this one."
              .formatted(config.data().toAbsolutePath().normalize(), inWords(file)));
    }
    String what = String.valueOf(e.getMessage());
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

  private static String inWords(FileSystemException e) {
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
