package io.carillon.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Nodes that start together over one folder of keys.
@Tag("slow")
final class SharedKeysTest {
  private static final int STARTERS = 8;
  private static final int ROUNDS = 5;

  @TempDir Path data;

  @Test
  void nodesThatStartTogetherHaveTheSameKeys() throws Exception {
    CyclicBarrier together = new CyclicBarrier(STARTERS);
    try (ExecutorService threads = Executors.newFixedThreadPool(STARTERS)) {
      for (int round = 0; round < ROUNDS; round++) {
        Path folder = data.resolve("round-" + round);
        List<Future<String>> starts = new ArrayList<>();
        for (int i = 0; i < STARTERS; i++) {
          Callable<String> start =
              () -> {
                together.await(60, TimeUnit.SECONDS);
                return describe(Keys.open(folder, InstantSource.system()));
              };
          starts.add(threads.submit(start));
        }
        assertThat(results(starts)).hasSize(STARTERS).containsOnly(stored(folder));
      }
    }
  }

  /// Threads wait for each other within the JDK, processes for the operating system's lock.
  @Test
  void processesThatStartTogetherHaveTheSameKeys() throws Exception {
    Path folder = data.resolve("processes");
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        processes.add(start(folder));
      }
      List<String> described = new ArrayList<>();
      for (Process process : processes) {
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
      }
      for (Process process : processes) {
        process.outputWriter().append("go\n").flush();
      }
      for (Process process : processes) {
        described.add(process.inputReader().readLine());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(described).hasSize(3).containsOnly(stored(folder));
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  private static Process start(Path folder) throws Exception {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            Starter.class.getName(),
            folder.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /// A process that opens the keys when it is told to.
  static final class Starter {
    public static void main(String[] arguments) throws Exception {
      System.out.println("ready");
      int _ = System.in.read();
      System.out.println(describe(Keys.open(Path.of(arguments[0]), InstantSource.system())));
    }
  }

  private static String stored(Path folder) {
    return describe(Keys.open(folder, InstantSource.system()));
  }

  private static String describe(Keys keys) {
    return String.join(
        " ",
        keys.adminToken().reveal(),
        keys.sealingKeyFingerprint(),
        Integer.toHexString(java.util.Arrays.hashCode(keys.snsCertificate().pem())),
        Integer.toHexString(keys.tlsIdentity(List.of()).authorityPem().hashCode()),
        Integer.toHexString(keys.tlsIdentity(List.of()).chain().hashCode()));
  }

  private static List<String> results(List<Future<String>> starts) throws Exception {
    List<String> results = new ArrayList<>();
    for (Future<String> start : starts) {
      results.add(start.get(60, TimeUnit.SECONDS));
    }
    return results;
  }
}
