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
/// It is a process of the server's own user, with one exception: root's functions run under user
/// ids of their own, as inside the sandbox. So they read only what everybody may read, and code or
/// interpreters that lie out of everybody's reach cannot be run.
final class PlainCommand {
  private static final String REMEDY =
      "install bubblewrap and leave the sandbox on, or start Carillon as an ordinary user";

  private final Machine machine;

  PlainCommand(Machine machine) {
    this.machine = machine;
  }

  /// @throws SandboxException where it could only run as root
  List<String> of(Launch launch, int uid) throws IOException {
    List<String> command = new ArrayList<>();
    if (machine.isRoot()) {
      requireUnprivileged(launch);
      command.addAll(Machine.unprivileged(uid));
      command.addAll(machine.limits().command());
    }
    if (Machine.hasSetpriv()) {
      command.addAll(Machine.mortal());
    }
    command.addAll(launch.command());
    return command;
  }

  private static void requireUnprivileged(Launch launch) throws SandboxException {
    Optional<String> flaw = flaw();
    if (flaw.isPresent()) {
      throw new SandboxException(flaw.get());
    }
    Stream<Path> needed =
        Stream.concat(
            Stream.of(
                launch.codeFolder(), launch.runtimeFolder(), Path.of(launch.command().getFirst())),
            launch.readable().stream());
    Optional<Path> hidden =
        needed.filter(Files::exists).filter(path -> !PublicAccess.allows(path)).findFirst();
    if (hidden.isPresent()) {
      throw new SandboxException(
          ("Functions never run as root, and no other user can read %s: install what lies there"
                  + " where everybody can, %s")
              .formatted(hidden.get(), REMEDY));
    }
  }

  /// Why no function of root's can run without a sandbox here; empty if they can.
  static Optional<String> flaw() {
    return Machine.hasSetpriv()
        ? Optional.empty()
        : Optional.of(
            "Functions never run as root, and /usr/bin/setpriv, which gives them another user id,"
                + " is missing: install util-linux, "
                + REMEDY);
  }
}
