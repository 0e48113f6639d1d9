package io.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// How a command line is parsed, and the messages about errors in it.
class CommandTest {

  @ParameterizedTest
  @CsvSource({
    "--port 80, 80",
    "--port=80, 80",
    "--port=, ''",
    "--port=-1, -1",
    "--port=a=b, a=b",
    "--port \"80\", \"80\"",
    "--quick --port 80, 80",
    "--port 80 --quick, 80",
    "'', none"
  })
  void valuesFollowAnEqualsSignOrASpace(String line, String value) {
    assertThat(run(line).out()).startsWith("port=" + value + " ");
  }

  @ParameterizedTest
  @CsvSource({
    "--wet, true",
    "--wet=true, true",
    "--wet=false, false",
    "--wet false, false",
    "--wet --port=80, true",
    "--port=80 --wet, true",
    "'', none"
  })
  void aToggleNeedsNoValue(String line, String value) {
    assertThat(run(line).out()).contains(" wet=" + value + " ");
  }

  @ParameterizedTest
  @CsvSource({"one, [one]", "--port 80 one, [one]", "one --port 80, [one]", "-- --one, [--one]"})
  void anythingElseIsAnArgument(String line, String arguments) {
    assertThat(run(line).out()).endsWith(" " + arguments);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nosuch",
        "--nosuch=1",
        "-x",
        "-port",
        "-port=80",
        "-port80",
        "--por",
        "----port",
        "-hV",
        "-"
      })
  void unknownOptionsAreNamed(String option) {
    for (String line : List.of(option, "--wet " + option, "one " + option + " 1")) {
      CapturedOutput output = run(line);
      assertThat(output.exit()).isEqualTo(2);
      assertThat(output.err()).startsWith("carillon: Unknown option: '" + option + "'");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--prot 80, Did you mean '--port'?",
    "--por=80, Did you mean '--port'?",
    "--qiuck, Did you mean '--quick'?"
  })
  void mistypedOptionsGetASuggestion(String line, String hint) {
    assertThat(run(line).err()).contains(hint);
  }

  @Test
  void optionsAreNotTakenForValues() {
    assertUsageError(
        "Unknown option: '-secret'. As a value it is written --port=-secret", "--port -secret");
    assertUsageError("The value of '--port' is missing", "--port --quick");
  }

  @ParameterizedTest
  @CsvSource({
    "--port, The value of '--port' is missing",
    "--port -- 80, The value of '--port' is missing",
    "--port 1 --port=2, The option '--port' is given more than once",
    "--wet --wet, The option '--wet' is given more than once",
    "--quick --quick, The option '--quick' is given more than once",
    "--quick=true, The option '--quick' takes no value",
    "-h=true, The option '-h' takes no value",
    "one two, Unexpected argument: 'two'"
  })
  void usageErrorsAreOneLine(String line, String what) {
    assertUsageError(what, line);
  }

  @Test
  void missingArgumentsAreReported() {
    Command command = new Command("Does it.").argument("NAME", "a name").action(_ -> 0);

    assertThat(run(command, "").err()).startsWith("carillon: The NAME is missing\n");
    assertThat(run(command, "one").exit()).isZero();
  }

  @Test
  void theExitCodeIsThatOfTheAction() {
    assertThat(run(new Command("Does it.").action(_ -> 7), "").exit()).isEqualTo(7);
  }

  @Test
  void onlyTheCalledSubcommandIsCreated() {
    Command group =
        new Command("Has two.")
            .command(
                "a", () -> new Command("Does it.").optionalArgument("X", "what").action(_ -> 3))
            .command(
                "b",
                () -> {
                  throw new AssertionError("created without being called");
                });

    assertThat(run(group, "a b").exit()).isEqualTo(3);
    assertThat(run(group, "c").err())
        .isEqualTo(
            "carillon: Unknown command: 'c'. The commands are a, b.\n`./it --help` says more.\n");
  }

  @Test
  void commandsWithoutAnActionShowTheirHelp() {
    Command group = new Command("Has one.").command("a", () -> new Command("Does it."));

    CapturedOutput output = run(group, "");

    assertThat(output.exit()).isEqualTo(2);
    assertThat(output.out()).isEqualTo(run(group, "--help").out()).contains("  a  Does it.\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", "--port 80 -h", "one two three --help"})
  void helpIsShownWhateverTheOtherArguments(String line) {
    CapturedOutput output = run(line);

    assertThat(output.exit()).isZero();
    assertThat(output.err()).isEmpty();
    assertThat(output.out())
        .isEqualTo(
            """
            Usage: ./it [OPTIONS] [ONE]

            Does it.

              ONE                 an argument
              -h, --help          show this page
              -V, --version       show the version
              --port=NUMBER       a text that is rather long, so that a line cannot hold it
                                  and another one is begun
              --wet[=true|false]  it may rain
              --quick             no waiting
            """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V"})
  void theVersionIsShown(String line) {
    assertThat(run(line)).isEqualTo(new CapturedOutput(0, "carillon development\n", ""));
  }

  private static void assertUsageError(String what, String line) {
    assertThat(run(line))
        .isEqualTo(new CapturedOutput(2, "", "carillon: " + what + "\n`./it --help` says more.\n"));
  }

  private static CapturedOutput run(String line) {
    return run(
        new Command("Does it.")
            .optionalArgument("ONE", "an argument")
            .option(
                "port",
                "NUMBER",
                "a text that is rather long, so that a line cannot hold it and another one is"
                    + " begun")
            .toggle("wet", "it may rain")
            .flag("quick", "no waiting")
            .action(
                given -> {
                  System.out.print("port=" + given.getOptionValue("port", "none"));
                  System.out.print(
                      " wet="
                          + (given.hasOption("wet")
                              ? given.getOptionValue("wet", "true")
                              : "none"));
                  System.out.print(" " + given.getArgList());
                  return 0;
                }),
        line);
  }

  private static CapturedOutput run(Command command, String line) {
    List<String> arguments = line.isEmpty() ? List.of() : List.of(line.split(" "));
    return CapturedOutput.by(() -> command.run("it", arguments));
  }
}
