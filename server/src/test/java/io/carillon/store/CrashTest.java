package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;

/// Kills a writing process at random times and compares its store with what it had acknowledged:
/// first with the page cache intact, then without what was not synced (see `dropunsynced.c`). The
/// last tests leave out the sync and expect to find the loss; otherwise the others would prove
/// nothing.
@Tag("slow")
final class CrashTest {
  private static final int ROUNDS = 3;

  /// Everything unsynced is lost. With random loss, a disk may happen to keep all acknowledged
  /// writes.
  private static final String ALL = "all";

  @TempDir Path temporary;
  private final long seed = Long.getLong("carillon.crash.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void acknowledgedWritesSurviveAKill() throws Exception {
    System.out.println("CrashTest seed " + seed);
    Path data = folder("data");
    List<String> acknowledged = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      acknowledged.addAll(writeUntilKilled(data, round, "synced", Map.of()));
      assertThat(problems(data, acknowledged)).isEmpty();
    }
    System.out.println("CrashTest: " + acknowledged.size() + " acknowledgements survived");
  }

  @Test
  void acknowledgedWritesSurvivePowerLoss() throws Exception {
    System.out.println("CrashTest seed " + seed);
    Path tools = compileTools();
    Path data = folder("data");
    List<String> acknowledged = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      acknowledged.addAll(
          writeUntilPowerIsLost(tools, data, round, "synced", randomLoss(), Map.of()));
      assertThat(problems(data, acknowledged)).isEmpty();
    }
    System.out.println("CrashTest: " + acknowledged.size() + " acknowledgements survived");
  }

  @Test
  void aStoreThatDoesNotSyncIsDetected() throws Exception {
    System.out.println("CrashTest seed " + seed);
    Path tools = compileTools();
    Path data = folder("data");
    List<String> acknowledged = writeUntilPowerIsLost(tools, data, 0, "unsynced", ALL, Map.of());
    assertThat(acknowledged).isNotEmpty();
    assertThat(problems(data, acknowledged)).isNotEmpty();
  }

  @Test
  void syncsThatTheDiskForgetsAreDetected() throws Exception {
    System.out.println("CrashTest seed " + seed);
    Path tools = compileTools();
    Path data = folder("data");
    List<String> acknowledged =
        writeUntilPowerIsLost(tools, data, 0, "synced", ALL, Map.of("DROPUNSYNCED_FORGET", "1"));
    assertThat(acknowledged).isNotEmpty();
    assertThat(problems(data, acknowledged)).isNotEmpty();
  }

  private List<String> problems(Path data, List<String> acknowledged) {
    CrashChild store = CrashChild.open(data, true);
    try {
      List<String> problems = new ArrayList<>();
      acknowledged.forEach(key -> store.check(key).ifPresent(problems::add));
      store
          .incompleteChanges()
          .forEach(key -> problems.add(key + ": only part of its change is there"));
      store.blobs().verify().damaged().forEach(damage -> problems.add(damage.toString()));
      return problems;
    } finally {
      store.close();
    }
  }

  private String randomLoss() {
    return Long.toString(seed & 0x7FFF_FFFF);
  }

  private List<String> writeUntilPowerIsLost(
      Path tools, Path data, int round, String mode, String loss, Map<String, String> more)
      throws Exception {
    Path journal = folder("journal-" + round);
    Map<String, String> environment = new HashMap<>(more);
    environment.put("LD_PRELOAD", tools.resolve("libdropunsynced.so").toString());
    environment.put("DROPUNSYNCED_ROOT", data.toString());
    environment.put("DROPUNSYNCED_JOURNAL", journal.toString());
    List<String> acknowledged = writeUntilKilled(data, round, mode, environment);
    String output =
        run(
            List.of(
                tools.resolve("dropunsynced").toString(),
                data.toString(),
                journal.toString(),
                loss));
    System.out.print(output);
    return acknowledged;
  }

  private List<String> writeUntilKilled(
      Path data, int round, String mode, Map<String, String> environment) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                CrashChild.class.getName(),
                data.toString(),
                Integer.toString(round),
                mode)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    Process child = builder.start();
    ConcurrentLinkedQueue<String> acknowledged = new ConcurrentLinkedQueue<>();
    CountDownLatch some = new CountDownLatch(50 + random.nextInt(2_000));
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
                    String line;
                    while ((line = lines.readLine()) != null) {
                      if (line.startsWith("ack ")) {
                        acknowledged.add(line.substring(4));
                        some.countDown();
                      }
                    }
                  } catch (IOException e) {
                    // the pipe of a killed process
                  }
                });
    try {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!some.await(100, TimeUnit.MILLISECONDS)) {
        if (!child.isAlive() || System.nanoTime() > until) {
          fail("The child acknowledged only " + acknowledged.size());
        }
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    reader.join();
    return List.copyOf(acknowledged);
  }

  /// The child's class path. Under some launchers the property `java.class.path` names only the
  /// launcher.
  private static String classPath() {
    return Stream.of(
            CrashChild.class,
            RocksDatabase.class,
            RocksDB.class,
            ObjectMapper.class,
            JsonFactory.class,
            JsonInclude.class,
            CBORMapper.class,
            JavaTimeModule.class,
            Jdk8Module.class,
            Logger.class,
            ch.qos.logback.classic.Logger.class,
            ch.qos.logback.core.Context.class)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
        .distinct()
        .collect(Collectors.joining(":"));
  }

  private Path compileTools() throws Exception {
    if (!System.getProperty("os.name").equals("Linux") || findGcc().isEmpty()) {
      if ("true".equals(System.getenv("CI"))) {
        fail("gcc is missing: the power loss tests did not run");
      }
      Assumptions.abort("gcc is missing: power loss cannot be simulated");
    }
    Path source = Path.of("src/test/c/dropunsynced.c");
    if (!Files.exists(source)) {
      source = Path.of("server").resolve(source);
    }
    Path tools = folder("tools");
    run(
        List.of(
            "gcc",
            "-O1",
            "-shared",
            "-fPIC",
            "-o",
            tools.resolve("libdropunsynced.so").toString(),
            source.toString(),
            "-ldl"));
    run(
        List.of(
            "gcc",
            "-O1",
            "-DAPPLY",
            "-o",
            tools.resolve("dropunsynced").toString(),
            source.toString()));
    return tools;
  }

  private static Optional<Path> findGcc() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path gcc = Path.of(folder, "gcc");
      if (Files.isExecutable(gcc)) {
        return Optional.of(gcc);
      }
    }
    return Optional.empty();
  }

  private static String run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s printed: %s", command, output).isZero();
    return output;
  }

  private Path folder(String name) throws IOException {
    return Files.createDirectories(temporary.toRealPath().resolve(name));
  }
}
