package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The demo on a machine without `/proc`, native epoll, bubblewrap and setpriv, as on macOS and in
/// some containers. The test creates that environment with bubblewrap, which is hidden from the
/// product inside.
@Tag("full")
class BareMachineTest {
  private static final Path JDK = Path.of(System.getProperty("java.home"));

  @TempDir Path folder;

  @Test
  void theDemoPassesAndSaysThatFunctionsAreNotSandboxed() throws Exception {
    Requirements.program("bwrap", "--unshare-user", "--ro-bind", "/", "/", "/bin/true");
    Requirements.program("/sbin/ldconfig", "--version");

    FinishedProcess demo =
        FinishedProcess.of(
            bareMachine(
                Carillon.ROOT.resolve("carillon").toString(),
                "demo",
                "--exit",
                "--port",
                "0",
                "--data",
                folder.resolve("data").toString()),
            Map.of(
                "CARILLON_JAVA_OPTIONS",
                "-Dio.netty.transport.noNative=true -Djava.io.tmpdir=" + folder),
            folder);

    demo.expectSuccess();
    assertThat(demo.output())
        .contains(
            "FUNCTIONS ARE NOT SANDBOXED",
            "memory is bounded by nothing",
            "SMS to +15555550100:",
            "HTTP POST, signed:")
        .doesNotContain("\tat ", "ERROR");
  }

  private List<String> bareMachine(String... program) throws Exception {
    List<String> command = new ArrayList<>(List.of("bwrap", "--unshare-user", "--unshare-pid"));
    command.addAll(List.of("--uid", "1234", "--gid", "1234", "--die-with-parent"));
    for (String system : List.of("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt")) {
      if (Files.exists(Path.of(system))) {
        command.addAll(List.of("--ro-bind", system, system));
      }
    }
    command.addAll(List.of("--dev", "/dev", "--ro-bind", JDK.toString(), JDK.toString()));
    command.addAll(List.of("--ro-bind", Carillon.ROOT.toString(), Carillon.ROOT.toString()));
    command.addAll(List.of("--bind", folder.toString(), folder.toString()));
    for (String hidden : List.of("bwrap", "setpriv")) {
      for (Path place : everyPlaceOf(hidden)) {
        command.addAll(List.of("--ro-bind", "/dev/null", place.toString()));
      }
    }
    command.addAll(List.of("--ro-bind", libraryCache().toString(), "/etc/ld.so.cache"));
    command.addAll(
        List.of("--setenv", "JAVA_HOME", JDK.toString(), "--setenv", "PATH", "/usr/bin"));
    command.addAll(List.of("--setenv", "HOME", folder.toString(), "--"));
    command.addAll(List.of(program));
    return command;
  }

  /// `/bin` may be another name of `/usr/bin`, and the server searches beyond its PATH.
  private static List<Path> everyPlaceOf(String program) {
    return Stream.of("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
        .map(place -> Path.of(place, program))
        .filter(Files::isRegularFile)
        .toList();
  }

  /// The dynamic loader finds a JDK's libraries through `/proc/self/exe`; without it, it needs this
  /// cache.
  private Path libraryCache() throws Exception {
    Path list = folder.resolve("ld.so.conf");
    Path cache = folder.resolve("ld.so.cache");
    Path libraries = JDK.resolve("lib");
    Files.writeString(
        list,
        "include /etc/ld.so.conf\n%s\n%s\n".formatted(libraries, libraries.resolve("server")));
    FinishedProcess.of(
            List.of("/sbin/ldconfig", "-X", "-C", cache.toString(), "-f", list.toString()),
            Map.of(),
            folder)
        .expectSuccess();
    return cache;
  }
}
