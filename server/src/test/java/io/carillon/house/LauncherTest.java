package io.carillon.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the launcher gives to the JVM, by a JDK that prints it.
class LauncherTest {
  @TempDir Path home;

  @BeforeEach
  void installIt() throws IOException {
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

  /// G1 gives memory back only as it collects, which an idle server would never do.
  @Test
  void aServerGivesThePeaksMemoryBack() throws Exception {
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
  void otherCommandsStartWithTheSmallestCollector() throws Exception {
    assertThat(run("mail"))
        .contains("-XX:+UseSerialGC")
        .noneMatch(option -> option.contains("G1") || option.contains("TrimNativeHeap"));
  }

  private List<String> run(String... arguments) throws Exception {
    ProcessBuilder launcher = new ProcessBuilder(home.resolve("carillon").toString());
    launcher.command().addAll(List.of(arguments));
    launcher.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    launcher.environment().remove("CARILLON_JAVA_OPTIONS");
    Process process = launcher.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.lines().toList();
  }
}
