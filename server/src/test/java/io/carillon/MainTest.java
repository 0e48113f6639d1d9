package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.cli.CapturedOutput;
import io.carillon.server.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The command line of `./carillon`.
class MainTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "start",
        "demo",
        "mail",
        "mail confirm",
        "sms",
        "account",
        "account create",
        "account list",
        "trace",
        "dead-letters",
        "inspect",
        "verify",
        "repair",
        "doctor"
      })
  void everyCommandHasHelpThatFitsATerminal(String command) {
    CapturedOutput output = run((command + " --help").strip());

    assertThat(output.exit()).isZero();
    assertThat(output.err()).isEmpty();
    assertThat(output.out())
        .startsWith(("Usage: ./carillon " + command).strip() + " [OPTIONS]")
        .contains("\n  -h, --help ");
    assertThat(output.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void shelfIsAnAliasOfDeadLetters() {
    assertThat(run("shelf --help").out()).isEqualTo(run("dead-letters --help").out());
    assertThat(run("--help").out()).contains("  dead-letters ").doesNotContain("shelf");
  }

  @ParameterizedTest
  @ValueSource(strings = {"start", "demo"})
  void helpListsTheSettingsInOrderWithTheirDefaults(String command) {
    String help = run(command + " --help").out().replaceAll("\\s+", " ");

    assertThat(help)
        .containsSubsequence(
            Settings.ALL.stream()
                .map(
                    setting ->
                        switch (setting.fallback()) {
                          case "" ->
                              "--%s=VALUE %s".formatted(setting.name(), setting.description());
                          case "false" ->
                              "--%s[=true|false] %s"
                                  .formatted(setting.name(), setting.description());
                          default ->
                              "--%s=VALUE %s (default: %s)"
                                  .formatted(
                                      setting.name(), setting.description(), setting.fallback());
                        })
                .toList());
  }

  @Test
  void withoutACommandTheCommandsAreListed() {
    assertThat(run("")).isEqualTo(new CapturedOutput(2, run("--help").out(), ""));
    assertThat(run("frob").err())
        .startsWith("carillon: Unknown command: 'frob'. The commands are start, demo, mail, sms, ");
  }

  @ParameterizedTest
  @CsvSource({
    "start --nosuch 1, Unknown option: '--nosuch', start",
    "mail frob, Unknown command: 'frob'. The commands are confirm., mail",
    "mail confirm --json, Unknown option: '--json', mail confirm",
    "account create, The NAME is missing, account create",
    "demo --endpoint http://x --port 1, The option '--port' is for a server that the demo starts,"
        + " demo",
    "inspect --limit x, 'The limit must be a whole number, not ''x''', inspect"
  })
  void usageErrorsExitWith2(String line, String what, String command) {
    assertThat(run(line))
        .isEqualTo(
            new CapturedOutput(
                2, "", "carillon: " + what + "\n`./carillon " + command + " --help` says more.\n"));
  }

  @ParameterizedTest
  @CsvSource({
    "start --port abc, 'The setting port must be a whole number from 0 to 65535, not \"abc\".'",
    "mail --endpoint http://localhost/x, '\"http://localhost/x\" is not the URL of a server, such"
        + " as http://127.0.0.1:4566.'",
    "mail --endpoint foo, '\"foo\" is not the URL of a server, such as http://127.0.0.1:4566.'",
    "start --config /no/such, The settings file /no/such does not exist.",
    "verify --endpoint http://127.0.0.1:1, 'no server answers at http://127.0.0.1:1. Start one with"
        + " ./carillon start, or say where it is with --endpoint.'"
  })
  void failuresExitWith1(String line, String what) {
    assertThat(run(line)).isEqualTo(new CapturedOutput(1, "", "carillon: " + what + "\n"));
  }

  @Test
  void startLoadsNoOtherCommandsClass() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xlog:class+load:stdout:none",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Main.class.getName(),
            "start",
            "--port=abc");
    Process start = builder.directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(start.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(start.waitFor()).as(output).isEqualTo(1);
    assertThat(
            output
                .lines()
                .filter(line -> line.matches("io\\.carillon\\.cli\\.\\w+Command .*"))
                .map(line -> line.replaceFirst(" .*", ""))
                .collect(Collectors.toSet()))
        .containsExactly("io.carillon.cli.StartCommand");
  }

  private static CapturedOutput run(String line) {
    List<String> arguments = line.isEmpty() ? List.of() : List.of(line.split(" "));
    return CapturedOutput.by(() -> Main.run(arguments.toArray(String[]::new)));
  }
}
