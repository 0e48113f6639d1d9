package io.carillon.lambda.runtime;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What [ProcessExecutor] has to know about the machine and about this process.
///
/// @param uid the user id of this process
/// @param path the folders in which programs lie, written as in `PATH`
/// @param limits what an environment cannot exceed
/// @param claims the folder of [UserIds]
/// @param patience how long bwrap may take to build a sandbox. On a machine that is busy enough,
///   ten seconds have been seen.
record Machine(int uid, String path, HardLimits limits, Path claims, Duration patience) {
  private static final Path CLAIMS = Path.of("/run/carillon/user-ids");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final MethodHandle GETEUID =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("geteuid").orElseThrow(),
              FunctionDescriptor.of(ValueLayout.JAVA_INT));

  /// This one.
  static Machine here() throws IOException {
    return new Machine(
        ownUid(),
        searched(Optional.ofNullable(System.getenv("PATH"))),
        HardLimits.ofThisProcess(),
        CLAIMS,
        PATIENCE);
  }

  /// Where programs are looked for: on the path, then where distributions install them. A service
  /// may be started with a path that lacks those, and bwrap is installed all the same.
  static String searched(Optional<String> path) {
    return path.map(folders -> folders + ":").orElse("") + "/usr/local/bin:/usr/bin:/bin";
  }

  private static int ownUid() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("geteuid(2) cannot be called", e);
    }
  }

  boolean isRoot() {
    return uid == 0;
  }

  /// Where a program lies. A file that cannot be run, or a link into nowhere, is found too if there
  /// is no better one: to the sandbox, broken and missing are different things.
  Optional<Path> program(String name) {
    List<Path> places =
        Stream.of(path.split(":"))
            .map(folder -> Path.of(folder.isEmpty() ? "." : folder, name))
            .filter(place -> Files.isRegularFile(place) || isBrokenLink(place))
            .toList();
    return places.stream().filter(Files::isExecutable).findFirst().or(places.stream()::findFirst);
  }

  private static boolean isBrokenLink(Path place) {
    return Files.isSymbolicLink(place) && !Files.exists(place);
  }

  static boolean hasSetpriv() {
    return Files.isExecutable(SETPRIV);
  }

  /// The beginning of a command line whose end runs as `uid`, without any privilege and without a
  /// way to get one.
  static List<String> unprivileged(int uid) {
    return List.of(
        SETPRIV.toString(),
        "--reuid=" + uid,
        "--regid=" + uid,
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
        "--no-new-privs",
        "--");
  }

  /// The beginning of a command line whose end is killed when the thread that started it ends.
  static List<String> mortal() {
    return List.of(SETPRIV.toString(), "--pdeathsig", "KILL", "--");
  }
}
