package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// After a peak, an idle server returns heap memory to the machine, with the options that
/// `./carillon` sets. The JVM itself reports them, through `jcmd`.
class MemoryReturnTest {
  private static final String JCMD =
      Path.of(System.getProperty("java.home"), "bin/jcmd").toString();

  /// The initial heap size stands for a past peak.
  private static final int PEAK_MIB = 400;

  private static final Pattern HEAP =
      Pattern.compile(
          "garbage-first heap +total (?:reserved \\d+K, committed )?(\\d+)K, used (\\d+)K");

  @TempDir Path folder;

  @BeforeEach
  void requirePrograms() {
    Requirements.program(JCMD, "-h");
  }

  @Test
  void idleServersReturnThePeaksMemory() throws Exception {
    // The launcher's options, except the interval: the test need not wait for a minute.
    String options =
        "-XX:InitialHeapSize=%dm -XX:MaxHeapSize=%dm -XX:G1PeriodicGCInterval=200"
            .formatted(PEAK_MIB, 2 * PEAK_MIB);
    try (Carillon server = Carillon.start(folder, Map.of("CARILLON_JAVA_OPTIONS", options))) {
      assertThat(jcmd(server, "VM.command_line"))
          .contains("-XX:G1PeriodicGCInterval=60000", "-XX:MaxHeapFreeRatio=30");
      while (!isSmall(jcmd(server, "GC.heap_info"))) {
        assertThat(server.isAlive()).as(server.output()).isTrue();
        Thread.sleep(200);
      }
    }
  }

  /// By default the JVM would keep more than three times the memory used.
  private static boolean isSmall(String heap) {
    Matcher size = HEAP.matcher(heap);
    assertThat(size.find()).as(heap).isTrue();
    return Integer.parseInt(size.group(1)) < 2 * Integer.parseInt(size.group(2));
  }

  private static String jcmd(Carillon server, String command) throws Exception {
    return FinishedProcess.of(
            List.of(JCMD, Long.toString(server.pid()), command), Map.of(), Path.of("/"))
        .expectSuccess()
        .output();
  }
}
