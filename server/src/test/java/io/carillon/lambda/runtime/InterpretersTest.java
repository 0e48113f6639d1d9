package io.carillon.lambda.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.lambda.runtime.Interpreter.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which programs are probed, and how results are used. The programs are scripts that record each
/// run.
class InterpretersTest {
  private static final Interpreter.Version WANTED = new Interpreter.Version(3, 11);
  private static final String SLOW = "sleep 60";

  @TempDir Path folder;
  private Interpreters interpreters;

  @BeforeEach
  void open() {
    interpreters = new Interpreters(folder + ":" + folder.resolve("more"), Duration.ofSeconds(30));
  }

  private void program(String name, String script) throws IOException {
    Path program =
        Files.writeString(
            folder.resolve(name), "#!/bin/sh\necho " + name + " >> " + runs() + "\n" + script);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path runs() {
    return folder.resolve("runs");
  }

  private List<String> probed() throws IOException {
    return Files.exists(runs()) ? Files.readAllLines(runs()) : List.of();
  }

  /// The output of a Python probe.
  private String python(String version, boolean boto3) {
    return "echo %s; echo %s/real-%s; echo %s; echo /usr\n"
        .formatted(version, folder, version, boto3 ? "yes" : "no");
  }

  private Interpreters.Search best() {
    return interpreters.best(Family.PYTHON, WANTED, _ -> true);
  }

  private String bestVersion() {
    return best().best().map(found -> found.version().toString()).orElse("none");
  }

  @Test
  void exactVersionWithBoto3EndsTheSearch() throws IOException {
    program("python3.11", python("3.11", true));
    for (int minor = 7; minor < 11; minor++) {
      program("python3." + minor, SLOW);
    }
    Files.createSymbolicLink(folder.resolve("python3"), Path.of("python3.11"));
    assertThat(bestVersion()).isEqualTo("3.11");
    assertThat(probed()).as("by one of its names").containsExactly("python3.11");
    assertThat(bestVersion()).isEqualTo("3.11");
    assertThat(probed()).as("once").hasSize(1);
  }

  @Test
  void boto3IsPreferredToTheExactVersionThenTheNearest() throws IOException {
    program("python3.11", python("3.11", false));
    program("python3", python("3.14", true));
    program("python3.12", python("3.12", true));
    program("python3.13", python("3.13", true));
    program("python3.10", SLOW);
    program("python3.8", SLOW);
    assertThat(bestVersion()).isEqualTo("3.12");
    assertThat(probed()).containsExactly("python3.11", "python3", "python3.12");
  }

  @Test
  void firstWorkingInterpreterAnswersWhetherThereIsAny() throws IOException {
    program("python3.11", "exit 1");
    program("python3", python("3.9", false));
    program("python3.12", SLOW);
    program("python3.10", SLOW);
    Interpreters.Search any = interpreters.any(Family.PYTHON, WANTED, _ -> true);
    assertThat(any.best()).map(Interpreter::version).contains(new Interpreter.Version(3, 9));
    assertThat(probed()).containsExactly("python3.11", "python3");
  }

  @Test
  void slowInterpreterIsProbedAgain() throws IOException {
    interpreters = new Interpreters(folder.toString(), Duration.ofMillis(300));
    program("python3.11", SLOW);
    Runtimes runtimes = new Runtimes(folder.resolve("runtimes"), interpreters, false, _ -> true);
    assertThat(runtimes.missingFor("python3.11")).isEmpty();
    Interpreters.Search first = best();
    assertThat(first.best()).isEmpty();
    assertThat(first.inconclusive())
        .map(InterpreterProbe.ProbeResult.Inconclusive::why)
        .isPresent();
    assertThat(runtimes.describe()).extractingByKey("Python").asString().contains("did not answer");

    interpreters = new Interpreters(folder.toString(), Duration.ofSeconds(60));
    program(
        "python3.11", "test -e " + folder + "/quick || { kill -9 $$; }\n" + python("3.11", true));
    assertThat(bestVersion()).isEqualTo("none");
    Files.createFile(folder.resolve("quick"));
    assertThat(bestVersion()).as("the same server probes again").isEqualTo("3.11");
  }

  @Test
  void unreadableInterpreterIsSkippedAndNamed() throws IOException {
    program("python3.11", python("3.11", true));
    program("python3.9", python("3.9", true));
    assertThat(
            interpreters.best(Family.PYTHON, WANTED, found -> found.version().minor() != 11).best())
        .map(Interpreter::version)
        .contains(new Interpreter.Version(3, 9));
    Runtimes runtimes = new Runtimes(folder.resolve("runtimes"), interpreters, false, _ -> false);
    assertThat(runtimes.missingFor("python3.11").orElseThrow())
        .contains("real-3.11 can be read by root alone")
        .contains("Install Python 3.11 where every user can read it, or bubblewrap.");
    assertThat(
            new Runtimes(folder, new Interpreters("/nowhere", Duration.ZERO), false, _ -> true)
                .missingFor("python3.11"))
        .contains(
            "The runtime python3.11 needs Python, and none that works is on this server's PATH."
                + " Install Python 3.11.");
  }

  @Test
  void virtualEnvironmentIsDistinctFromThePythonItLinksTo() throws IOException {
    program("python3", python("3.11", false));
    Path more = Files.createDirectory(folder.resolve("more"));
    Files.createSymbolicLink(more.resolve("python3"), folder.resolve("python3"));
    assertThat(bestVersion()).isEqualTo("3.11");
    assertThat(probed()).hasSize(2);
  }
}
