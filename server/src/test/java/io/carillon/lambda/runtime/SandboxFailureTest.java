package io.carillon.lambda.runtime;

import static io.carillon.lambda.runtime.RuntimeFixture.need;
import static io.carillon.lambda.runtime.RuntimeFixture.python;
import static io.carillon.lambda.runtime.RuntimeFixture.text;
import static io.carillon.lambda.runtime.RuntimeFixture.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/// The sandbox never fails open: if bwrap is installed but does not work, no function code runs,
/// and the reason is reported. No function is root, with or without sandbox.
@Tag("slow")
class SandboxFailureTest {
  private static final List<String> LOW_LIMITS =
      List.of("/usr/bin/prlimit", "--nofile=1000:1000", "--nproc=600:600", "--");
  private static final String OTHER_USER = "23456";

  @TempDir Path folder;
  private Machine here;
  private Path bwrap;

  @BeforeEach
  void look() throws IOException {
    here = Machine.here();
    need(here.program("bwrap").isPresent(), "bubblewrap");
    bwrap = here.program("bwrap").orElseThrow().toRealPath();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void underLowLimitsFunctionsRunSandboxedOrNotAtAll() throws Exception {
    assertOutcomes(
        outcomes(List.of()), here.isRoot() ? "5[89]\\d{3}" : Integer.toString(here.uid()));
  }

  @Test
  void forNonRootServersFunctionsRunSandboxedOrNotAtAll() throws Exception {
    need(here.isRoot() && Machine.hasSetpriv(), "root, who can be somebody else");
    List<String> somebody =
        List.of(
            "setpriv", "--reuid=" + OTHER_USER, "--regid=" + OTHER_USER, "--clear-groups", "--");
    List<String> tried = new ArrayList<>(somebody);
    tried.addAll(List.of(bwrap.toString(), "--unshare-all", "--ro-bind", "/", "/", "true"));
    need(
        new ProcessBuilder(tried).start().waitFor() == 0,
        "bubblewrap that works for ordinary users");
    assertOutcomes(outcomes(somebody), OTHER_USER);
  }

  /// @param user a pattern of the user ids that functions may have
  private static void assertOutcomes(Map<String, String> outcomes, String user) {
    String inside = "ran: " + user + " inside 1000 .*outside so far: 0";
    assertThat(outcomes.get("works")).matches(inside);
    assertThat(outcomes.get("dies"))
        .startsWith("refused: ")
        .contains("bwrap: Creating new namespace failed")
        .endsWith("outside so far: 0");
    assertThat(outcomes.get("dies, mended")).matches(inside);
    assertThat(outcomes.get("killed")).startsWith("refused: ").contains("ended with status 137");
    assertThat(outcomes.get("killed, mended")).matches(inside);
    assertThat(outcomes.get("slow"))
        .startsWith("refused: ")
        .contains("it was not done within", "looking around");
    assertThat(outcomes.get("pretends"))
        .startsWith("refused: ")
        .contains("it runs programs outside of the sandbox")
        .endsWith("outside so far: 0");
    assertThat(outcomes.get("pretends, mended")).matches(inside);
    assertThat(outcomes.get("pretends to be nobody"))
        .startsWith("refused: ")
        .contains("it runs programs as root");
    assertThat(outcomes.get("pretends to be nobody, mended")).matches(inside);
    assertThat(outcomes.get("there")).matches(inside);
    assertThat(outcomes.get("vanished"))
        .startsWith("refused: ")
        .contains("no program is there")
        .endsWith("outside so far: 0");
    assertThat(outcomes.get("worked")).matches(inside);
    assertThat(outcomes.get("first to fail"))
        .as("bwrap's messages are in the function's output")
        .startsWith("ran: bwrap: Creating new namespace failed")
        .endsWith("outside so far: 0");
    assertThat(outcomes.get("after it"))
        .startsWith("refused: ")
        .contains("bwrap: Creating new namespace failed");
    assertThat(outcomes.get("none")).matches("ran: " + user + " outside .*outside so far: 1");
    assertThat(outcomes.get("off")).matches("ran: " + user + " outside .*outside so far: 2");
  }

  /// Runs [SandboxCases] with low limits.
  ///
  /// @param before the prefix of the command line
  private Map<String, String> outcomes(List<String> before) throws Exception {
    Path classes = Files.createDirectory(folder.resolve("classes")); // ours may lie in /root
    for (Class<?> one : List.of(ProcessExecutor.class, SandboxCases.class)) {
      copyPackage(one, classes);
    }
    List<String> command = new ArrayList<>(LOW_LIMITS);
    command.addAll(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(
        Stream.of(classes, copy(jarOf(Logger.class)), copy(jarOf(NullMarked.class)))
            .map(Path::toString)
            .reduce((a, b) -> a + ":" + b)
            .orElseThrow());
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    command.addAll(List.of(SandboxCases.class.getName(), open.toString(), bwrap.toString()));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .directory(open.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    Map<String, String> outcomes = new LinkedHashMap<>();
    for (String line : Files.readAllLines(output)) {
      if (line.contains(" | ")) {
        outcomes.put(line.split(" \\| ", 2)[0], line.split(" \\| ", 2)[1]);
      }
    }
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    return outcomes;
  }

  private static void copyPackage(Class<?> of, Path target) throws Exception {
    String name = of.getPackageName().replace('.', '/');
    Path to = Files.createDirectories(target.resolve(name));
    try (Stream<Path> all = Files.list(jarOf(of).resolve(name))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private Path copy(Path jar) throws IOException {
    return Files.copy(jar, folder.resolve(jar.getFileName()));
  }

  private static Path jarOf(Class<?> one) throws Exception {
    return Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @Test
  void bwrapFailureIsReportedEverywhereAndTheNextColdStartRetries() throws Exception {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path fake = SandboxCases.fake(bin, "echo 'bwrap: no'; exit 1");
    Machine broken =
        new Machine(here.uid(), bin.toString(), here.limits(), here.claims(), here.timeout());
    try (RuntimeFixture fixture = new RuntimeFixture(folder.resolve("shop"), broken)) {
      need(fixture.runtimes.missingFor("python3.11").isEmpty(), "Python");
      FunctionSpec function =
          python("hello", "import os\ndef handler(e, c): return os.getcwd(), os.getuid() == 0\n");
      String why = "bubblewrap (" + fake + ") does not work here: bwrap: no";
      assertThat(text(fixture.invoke(function, "{}")))
          .isEqualTo("unavailable No environment could be started: " + why);
      await().until(() -> fixture.log.stream().anyMatch(line -> line.contains(why)));
      assertThat(fixture.executor.describe()).startsWith("FUNCTIONS DO NOT RUN: " + why);
      assertThat(fixture.executor.sandboxFailure()).contains(why);
      assertThat(fixture.executor.isolates()).as("nothing runs outside the sandbox").isTrue();
      assertThat(fixture.environments.counts().environments()).isZero();

      SandboxCases.fake(bin, "exec " + bwrap + " \"$@\"");
      assertThat(text(fixture.invoke(function, "{}"))).isEqualTo("[\"/var/task\", false]");
      assertThat(fixture.executor.describe()).startsWith("Functions run in bubblewrap sandboxes");

      Files.delete(fake);
      FunctionSpec changed = with(function, function.timeout(), 128, "2"); // wants a cold start
      assertThat(text(fixture.invoke(changed, "{}"))).contains("no program is there");
    }
  }

  @Test
  void codeReadableOnlyByRootIsNotRun() throws IOException {
    Machine root = new Machine(0, "", here.limits(), folder.resolve("ids"), here.timeout());
    need(Machine.hasSetpriv(), "setpriv");
    Path open = Files.createDirectory(folder.resolve("code"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path hidden = Files.createDirectory(folder.resolve("hidden"));
    Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rwx------"));
    Path interpreter = Files.createDirectory(hidden.resolve("python"));
    PlainCommand plain = new PlainCommand(root);
    assertThat(plain.of(launch(open, Path.of("/bin/sh")), 58_001))
        .containsSequence(Machine.unprivileged(58_001));
    assertThatThrownBy(() -> plain.of(launch(open, interpreter), 58_001))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("Functions never run as root")
        .hasMessageContaining("can read " + interpreter)
        .hasMessageContaining("install bubblewrap");
    assertThatThrownBy(() -> plain.of(launch(hidden, Path.of("/bin/sh")), 58_001))
        .hasMessageContaining("can read " + hidden);
  }

  private static Executor.Launch launch(Path code, Path program) {
    return new Executor.Launch(
        "id", List.of(program.toString()), Map.of(), code, code, List.of(), 128, 512);
  }

  @Test
  void functionLimitsStayWithinTheServersHardLimits() throws IOException {
    List<String> limits =
        List.of(
            "Limit                     Soft Limit           Hard Limit           Units     ",
            "Max processes             96364                300                  processes ",
            "Max open files            1024                 unlimited            files     ");
    assertThat(HardLimits.parse(limits).command())
        .contains("--nproc=300:300", "--nofile=1024:1024");
  }

  @Test
  void installedBwrapIsFoundWhateverThePath() {
    Path place = Path.of("/usr/bin/bwrap");
    need(Files.isExecutable(place), "bubblewrap of the distribution");
    for (Optional<String> path :
        List.of(Optional.of(folder.toString()), Optional.<String>empty())) {
      Machine machine =
          new Machine(
              here.uid(), Machine.searchPath(path), here.limits(), here.claims(), here.timeout());
      assertThat(machine.program("bwrap")).contains(place);
    }
  }

  @Test
  void brokenBwrapLinkCountsAsFailing() throws IOException {
    Path bin = Files.createDirectory(folder.resolve("links"));
    Path link = Files.createSymbolicLink(bin.resolve("bwrap"), folder.resolve("nowhere"));
    Machine machine =
        new Machine(here.uid(), "/nowhere:" + bin, here.limits(), here.claims(), here.timeout());
    assertThat(machine.program("bwrap")).contains(link);
  }
}
