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

/// Properties of the machine and of this process that [ProcessExecutor] needs.
///
/// @param uid the user id of this process
/// @param path the search path of programs, as in `PATH`
/// @param limits the hard limits of environments
/// @param claims the folder of [UserIds]
/// @param timeout how long bwrap may take to build a sandbox. On a machine that is busy enough, ten
///   seconds have been seen.
record Machine(int uid, String path, HardLimits limits, Path claims, Duration timeout) {
  private static final Path CLAIMS = Path.of("/run/carillon/user-ids");
  private static final Duration SANDBOX_TIMEOUT = Duration.ofSeconds(30);
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  @SuppressWarnings("restricted") // the system call takes numbers only
  private static final MethodHandle GETEUID =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("geteuid").orElseThrow(),
              FunctionDescriptor.of(ValueLayout.JAVA_INT));

  /// This machine.
  static Machine here() throws IOException {
    return new Machine(
        ownUid(),
        searchPath(Optional.ofNullable(System.getenv("PATH"))),
        HardLimits.ofThisProcess(),
        CLAIMS,
        SANDBOX_TIMEOUT);
  }

  /// The search path of programs: PATH, then the folders of distributions, which a service's PATH
  /// may lack.
  static String searchPath(Optional<String> path) {
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

  /// Finds a program. Returns also a file that is not executable, or a broken link, if there is no
  /// better one: the sandbox distinguishes broken from missing.
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

  /// The prefix of a command line that runs as `uid`, without privileges and unable to gain any.
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

  /// The prefix of a command line that is killed when the thread that started it ends.
  static List<String> killedWithParent() {
    return List.of(SETPRIV.toString(), "--pdeathsig", "KILL", "--");
  }
}
