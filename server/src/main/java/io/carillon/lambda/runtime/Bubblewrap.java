package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The sandbox of an environment: the command line of `bwrap`.
///
/// A sandbox holds the read-only system (`/usr` and related folders), the function's code at
/// `/var/task`, our bootstraps at `/var/runtime`, the interpreter, and a private `/tmp` of limited
/// size, the only writable place. It has its own process and IPC namespaces; it shares the host's
/// network, since it must reach the Runtime API and this server's endpoint on loopback.
///
/// If the server is root, bwrap sets up the sandbox as root, because other users may be unable to
/// read the interpreters; its last step drops all capabilities and switches to a unique user id
/// that owns nothing on the host. Otherwise it uses a user namespace: the function runs as the
/// server's unprivileged user, but cannot see its files.
///
/// [SystemCalls] restricts the system calls.
///
/// `--die-with-parent` follows the *thread* that started bwrap; see [ProcessExecutor].
final class Bubblewrap {
  static final String TASK_ROOT = "/var/task";
  static final String RUNTIME_ROOT = "/var/runtime";

  /// The only variable of bwrap itself.
  static final String VARIABLES = "FUNCTION_VARIABLES";

  private static final List<String> SYSTEM =
      List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32");
  private static final List<String> CONFIGURATION =
      List.of(
          "/etc/ssl",
          "/etc/pki",
          "/etc/ca-certificates",
          "/etc/ld.so.cache",
          "/etc/ld.so.conf",
          "/etc/ld.so.conf.d",
          "/etc/alternatives",
          "/etc/nsswitch.conf",
          "/etc/hosts",
          "/etc/mime.types",
          "/etc/localtime");

  private final Path program;
  private final Path accounts;
  private final Optional<Path> filter;
  private final Machine machine;

  /// @param program the bwrap to run
  /// @param accounts a folder for small files, which exists
  Bubblewrap(Path program, Path accounts, Machine machine) throws IOException {
    this.program = program;
    this.accounts = accounts;
    this.machine = machine;
    Optional<byte[]> refused = SystemCalls.filter();
    this.filter = refused.map(_ -> accounts.resolve("system-calls"));
    if (refused.isPresent()) {
      Files.write(filter.get(), refused.get());
    }
  }

  Path program() {
    return program;
  }

  List<String> command(Executor.Launch launch, int uid) throws IOException {
    List<String> command = new ArrayList<>();
    if (filter.isPresent()) { // bwrap reads it from an open file
      command.addAll(List.of("/bin/sh", "-c", "exec 9< \"$1\" && shift && exec \"$@\"", "filter"));
      command.addAll(List.of(filter.get().toString(), program.toString(), "--seccomp", "9"));
    } else {
      command.add(program.toString());
    }
    command.addAll(List.of("--unshare-pid", "--unshare-ipc", "--unshare-uts"));
    command.addAll(List.of("--unshare-cgroup-try", "--die-with-parent", "--new-session"));
    if (!machine.isRoot()) {
      command.add("--unshare-user");
    }
    addSystem(command, uid);
    command.addAll(List.of("--proc", "/proc", "--dev", "/dev"));
    long temporaryBytes = (long) launch.temporaryMb() << 20;
    command.addAll(
        List.of("--perms", "1777", "--size", Long.toString(temporaryBytes), "--tmpfs", "/tmp"));
    addFolders(command, launch);
    command.addAll(List.of("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", TASK_ROOT));
    command.add("--");
    if (machine.isRoot()) {
      command.addAll(Machine.unprivileged(uid));
    }
    command.addAll(machine.limits().command());
    String script = "eval \"$%1$s\"; unset %1$s; exec \"$@\"".formatted(VARIABLES);
    command.addAll(List.of("/bin/sh", "-c", script, "variables"));
    command.addAll(launch.command());
    return command;
  }

  /// The environment of [#command], which sets the function's variables only in its last step. Any
  /// earlier they would affect programs outside the sandbox: the function's author chooses them,
  /// and `LD_PRELOAD` loads code.
  static Map<String, String> environment(Executor.Launch launch) {
    StringBuilder script = new StringBuilder();
    launch
        .environment()
        .forEach(
            (name, value) ->
                script
                    .append("export ")
                    .append(name)
                    .append("='")
                    .append(value.replace("'", "'\\''"))
                    .append("'\n"));
    return Map.of(VARIABLES, script.toString());
  }

  private void addSystem(List<String> command, int uid) throws IOException {
    command.addAll(List.of("--ro-bind", "/usr", "/usr"));
    for (String folder : SYSTEM) {
      Path path = Path.of(folder);
      if (Files.isSymbolicLink(path)) {
        command.addAll(List.of("--symlink", Files.readSymbolicLink(path).toString(), folder));
      } else if (Files.exists(path)) {
        command.addAll(List.of("--ro-bind", folder, folder));
      }
    }
    command.addAll(List.of("--perms", "0755", "--dir", "/etc"));
    for (String file : CONFIGURATION) {
      if (Files.exists(Path.of(file))) {
        command.addAll(List.of("--ro-bind", Path.of(file).toRealPath().toString(), file));
      }
    }
    Path resolver = Path.of("/etc/resolv.conf");
    if (Files.exists(resolver)) { // often a link into /run
      command.addAll(List.of("--ro-bind", resolver.toRealPath().toString(), "/etc/resolv.conf"));
    }
    command.addAll(List.of("--ro-bind", passwd(uid).toString(), "/etc/passwd"));
  }

  private void addFolders(List<String> command, Executor.Launch launch) {
    Set<Path> made = new LinkedHashSet<>();
    for (Path folder : launch.readable()) {
      if (folder.getNameCount() == 0) {
        throw new IllegalArgumentException("The whole file system is never bound");
      }
      if (!folder.startsWith("/usr")) {
        addParents(command, made, folder);
        command.addAll(List.of("--ro-bind", folder.toString(), folder.toString()));
      }
    }
    addParents(command, made, Path.of(TASK_ROOT));
    command.addAll(List.of("--ro-bind", launch.codeFolder().toString(), TASK_ROOT));
    command.addAll(List.of("--ro-bind", launch.runtimeFolder().toString(), RUNTIME_ROOT));
    command.addAll(List.of("--perms", "0755", "--dir", "/opt"));
  }

  /// bwrap creates missing parents for its own user only; the function must be able to traverse
  /// them.
  private static void addParents(List<String> command, Set<Path> made, Path folder) {
    for (int names = 1; names < folder.getNameCount(); names++) {
      Path parent = Path.of("/").resolve(folder.subpath(0, names));
      if (made.add(parent)) {
        command.addAll(List.of("--perms", "0755", "--dir", parent.toString()));
      }
    }
  }

  private Path passwd(int uid) throws IOException {
    Path file = accounts.resolve("passwd-" + uid);
    String text = // as on AWS, the home does not exist and cannot be created
        """
        root:x:0:0:root:/root:/usr/sbin/nologin
        sbx_user1051:x:%d:%d::/home/sbx_user1051:/usr/sbin/nologin
        """
            .formatted(uid, uid);
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
    return file;
  }
}
