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

/// After a peak, an idle server gives the heap back to the machine, by the options that
/// `./carillon` starts it with. The JVM itself is asked, by `jcmd`.
class MemoryReturnTest {
  private static final String JCMD =
      Path.of(System.getProperty("java.home"), "bin/jcmd").toString();

  /// The size that the heap begins with stands for a peak that is over.
  private static final int PEAK_MIB = 400;

  private static final Pattern HEAP =
      Pattern.compile(
          "garbage-first heap +total (?:reserved \\d+K, committed )?(\\d+)K, used (\\d+)K");

  @TempDir Path folder;

  @BeforeEach
  void needs() {
    Requirements.program(JCMD, "-h");
  }

  @Test
  void anIdleServerGivesBackWhatAPeakTook() throws Exception {
    // As the launcher has it but for the pace, so that the test need not wait for a minute.
    String options =
        "-XX:InitialHeapSize=%dm -XX:MaxHeapSize=%dm -XX:G1PeriodicGCInterval=200"
            .formatted(PEAK_MIB, 2 * PEAK_MIB);
    try (Carillon server = Carillon.start(folder, Map.of("CARILLON_JAVA_OPTIONS", options))) {
      assertThat(ask(server, "VM.command_line"))
          .contains("-XX:G1PeriodicGCInterval=60000", "-XX:MaxHeapFreeRatio=30");
      while (!isSmall(ask(server, "GC.heap_info"))) {
        assertThat(server.isAlive()).as(server.output()).isTrue();
        Thread.sleep(200);
      }
    }
  }

  /// By itself the JVM would keep more than three times what is used.
  private static boolean isSmall(String heap) {
    Matcher size = HEAP.matcher(heap);
    assertThat(size.find()).as(heap).isTrue();
    return Integer.parseInt(size.group(1)) < 2 * Integer.parseInt(size.group(2));
  }

  private static String ask(Carillon server, String question) throws Exception {
    return FinishedProcess.of(
            List.of(JCMD, Long.toString(server.pid()), question), Map.of(), Path.of("/"))
        .expectSuccess()
        .output();
  }
}
