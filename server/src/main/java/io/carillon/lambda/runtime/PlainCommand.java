package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Executor.Launch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The command line of an environment without a sandbox.
///
/// It runs as the server's user, unless that is root: then functions have their own user ids, as in
/// the sandbox. So they can read only public files, and code or interpreters that are not public
/// cannot be run.
final class PlainCommand {
  private static final String REMEDY =
      "install bubblewrap and leave the sandbox on, or start Carillon as an ordinary user";

  private final Machine machine;

  PlainCommand(Machine machine) {
    this.machine = machine;
  }

  /// @throws SandboxException if it could run only as root
  List<String> of(Launch launch, int uid) throws IOException {
    List<String> command = new ArrayList<>();
    if (machine.isRoot()) {
      requireUnprivileged(launch);
      command.addAll(Machine.unprivileged(uid));
      command.addAll(machine.limits().command());
    }
    if (Machine.hasSetpriv()) {
      command.addAll(Machine.killedWithParent());
    }
    command.addAll(launch.command());
    return command;
  }

  private static void requireUnprivileged(Launch launch) throws SandboxException {
    Optional<String> missingRequirement = missingRequirement();
    if (missingRequirement.isPresent()) {
      throw new SandboxException(missingRequirement.get());
    }
    Stream<Path> needed =
        Stream.concat(
            Stream.of(
                launch.codeFolder(), launch.runtimeFolder(), Path.of(launch.command().getFirst())),
            launch.readable().stream());
    Optional<Path> hidden =
        needed.filter(Files::exists).filter(path -> !PublicPermissions.allows(path)).findFirst();
    if (hidden.isPresent()) {
      throw new SandboxException(
          ("Functions never run as root, and no other user can read %s: install what lies there"
                  + " where everybody can, %s")
              .formatted(hidden.get(), REMEDY));
    }
  }

  /// Why functions of a root server cannot run without a sandbox here; empty if they can.
  static Optional<String> missingRequirement() {
    return Machine.hasSetpriv()
        ? Optional.empty()
        : Optional.of(
            "Functions never run as root, and /usr/bin/setpriv, which gives them another user id,"
                + " is missing: install util-linux, "
                + REMEDY);
  }
}
