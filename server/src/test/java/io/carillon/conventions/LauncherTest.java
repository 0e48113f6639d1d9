package io.carillon.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The options that the launcher passes to the JVM, with a fake JDK that prints them.
class LauncherTest {
  @TempDir Path home;

  @BeforeEach
  void installLauncher() throws IOException {
    Path launcher = Path.of("carillon");
    if (!Files.isRegularFile(launcher)) {
      launcher = Path.of("..").resolve(launcher);
    }
    Files.copy(launcher, home.resolve("carillon"), StandardCopyOption.COPY_ATTRIBUTES);
    Path jar = home.resolve("server/target/dist/carillon.jar");
    Files.createDirectories(jar.getParent());
    Files.write(jar, new byte[0]);
    Path java = home.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    Files.writeString(java, "#!/usr/bin/env bash\nprintf '%s\\n' \"$@\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
  }

  /// G1 returns memory only when it collects, which an idle server would never do.
  @Test
  void serversReturnMemoryAfterAPeak() throws Exception {
    for (String command : List.of("start", "demo")) {
      assertThat(run(command, "--port", "0"))
          .contains(
              "-XX:+UseG1GC",
              "-XX:G1PeriodicGCInterval=60000",
              "-XX:MinHeapFreeRatio=10",
              "-XX:MaxHeapFreeRatio=30")
          .endsWith(command, "--port", "0");
    }
  }

  @Test
  void otherCommandsUseTheSerialCollector() throws Exception {
    assertThat(run("mail"))
        .contains("-XX:+UseSerialGC")
        .noneMatch(option -> option.contains("G1") || option.contains("TrimNativeHeap"));
  }

  /// A first build takes minutes. The lines of the fake Maven are those of the real one.
  @Test
  void aFirstBuildPrintsItsSteps() throws Exception {
    fakeMaven(
        """
        [INFO] Scanning for projects...
        [INFO] Building Carillon examples 0.1.0-SNAPSHOT                          [1/2]
        [INFO] --- compiler:3.14.0:compile (default-compile) @ carillon-examples ---
        [INFO] Building Carillon server 0.1.0-SNAPSHOT                            [2/2]
        """
            + "Downloaded from central: https://repo.example/a.jar\n".repeat(50)
            + """
            [INFO] --- compiler:3.14.0:compile (default-compile) @ carillon-server ---
            [INFO] --- dependency:3.8.1:build-classpath (libraries) @ carillon-server ---
            [INFO] --- exec:3.6.1:exec (libraries-in-one-jar) @ carillon-server ---
            [INFO] --- exec:3.6.1:exec (ahead-of-time-caches) @ carillon-server ---
            """,
        "mkdir -p server/target/dist; touch server/target/dist/carillon.jar");

    LauncherOutput output = launch("mail");

    assertThat(output.status()).isZero();
    assertThat(output.lines().subList(0, 9))
        .containsExactly(
            "Building Carillon (once; some minutes where the libraries have to be fetched first)"
                + " ...",
            "  Carillon examples",
            "    compiling",
            "  Carillon server",
            "  25 files fetched",
            "  50 files fetched",
            "    compiling",
            "    collecting libraries",
            "    training the cache for quick starts");
    assertThat(output.lines().getLast()).isEqualTo("mail");
  }

  @Test
  void aFailedBuildPrintsTheErrorAndTheLogFile() throws Exception {
    fakeMaven("[ERROR] no such thing\n", "exit 1");

    LauncherOutput output = launch("mail");

    assertThat(output.status()).isEqualTo(1);
    assertThat(output.lines()).contains("[ERROR] no such thing");
    String last = output.lines().getLast();
    assertThat(last).startsWith("carillon: the build failed; the whole output is in ");
    Path log = Path.of(last.substring(last.lastIndexOf(' ') + 1));
    assertThat(log).exists();
    Files.delete(log);
  }

  /// Sources exist and nothing is built; `mvn` is a script that prints `output` and runs `action`.
  private void fakeMaven(String mavenOutput, String action) throws IOException {
    Files.delete(home.resolve("server/target/dist/carillon.jar"));
    for (String file : List.of("pom.xml", "server/pom.xml", "examples/pom.xml")) {
      Files.createDirectories(home.resolve(file).getParent());
      Files.writeString(home.resolve(file), "");
    }
    Files.createDirectories(home.resolve("server/src/main"));
    Files.createDirectories(home.resolve("examples/src"));
    Path maven = home.resolve("tools/mvn");
    Files.createDirectories(maven.getParent());
    Files.writeString(
        maven, "#!/usr/bin/env bash\ncat <<'END'\n" + mavenOutput + "END\n" + action + "\n");
    assertThat(maven.toFile().setExecutable(true)).isTrue();
  }

  private record LauncherOutput(int status, List<String> lines) {}

  private List<String> run(String... arguments) throws Exception {
    LauncherOutput output = launch(arguments);
    assertThat(output.status()).as(output.toString()).isZero();
    return output.lines();
  }

  private LauncherOutput launch(String... arguments) throws Exception {
    ProcessBuilder launcher = new ProcessBuilder(home.resolve("carillon").toString());
    launcher.command().addAll(List.of(arguments));
    launcher.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    launcher
        .environment()
        .compute("PATH", (_, path) -> home.resolve("tools") + File.pathSeparator + path);
    launcher.environment().remove("CARILLON_JAVA_OPTIONS");
    Process process = launcher.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new LauncherOutput(process.waitFor(), output.lines().toList());
  }
}
