package io.carillon.cli;

import io.carillon.base.SpellingSuggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/// A command of `./carillon`: its description, options, arguments and action. Subcommands are
/// created when they are called: loading the classes of all of them would slow every start.
public final class Command {
  private static final int WIDTH = 80;
  private static final int USAGE_ERROR = 2;

  private final String description;
  private final Options options = new Options();
  private final List<Operand> operands = new ArrayList<>();
  private final Map<String, Supplier<Command>> commands = new LinkedHashMap<>();
  private final Map<String, String> aliases = new LinkedHashMap<>();
  private @Nullable Action action;

  /// The action of a command.
  @FunctionalInterface
  public interface Action {
    /// @return the exit code
    /// @throws ParseException where a value cannot be understood
    int run(CommandLine given) throws ParseException;
  }

  private record Operand(String label, String description, boolean required) {}

  /// @param description what the command does, for people
  public Command(String description) {
    this.description = description;
    add(Option.builder("h").longOpt("help").desc("show this page"));
    add(Option.builder("V").longOpt("version").desc("show the version"));
  }

  /// `--name`
  public Command flag(String name, String description) {
    return add(Option.builder().longOpt(name).desc(description));
  }

  /// `--name VALUE`, `--name=VALUE`
  public Command option(String name, String label, String description) {
    return add(Option.builder().longOpt(name).argName(label).hasArg().desc(description));
  }

  /// `--name`, `--name=true`, `--name=false`
  public Command toggle(String name, String description) {
    return add(
        Option.builder().longOpt(name).argName("true|false").optionalArg(true).desc(description));
  }

  /// A required argument.
  public Command argument(String label, String description) {
    operands.add(new Operand(label, description, true));
    return this;
  }

  /// An optional argument; these follow the required ones.
  public Command optionalArgument(String label, String description) {
    operands.add(new Operand(label, description, false));
    return this;
  }

  /// Options that several commands share.
  public Command with(Consumer<Command> shared) {
    shared.accept(this);
    return this;
  }

  /// A subcommand.
  public Command command(String name, Supplier<Command> command) {
    commands.put(name, command);
    return this;
  }

  /// A former name of a subcommand, for scripts. Help does not list it.
  public Command alias(String former, String name) {
    aliases.put(former, name);
    return this;
  }

  /// The action. A command without one has subcommands.
  public Command action(Action action) {
    this.action = action;
    return this;
  }

  private Command add(Option.Builder option) {
    options.addOption(option.get());
    return this;
  }

  /// Runs this command, or the subcommand that the first argument names.
  ///
  /// @param name the command as it was called: `carillon mail`
  /// @return the exit code
  public int run(String name, List<String> arguments) {
    String first = arguments.isEmpty() ? "" : arguments.getFirst();
    String called = aliases.getOrDefault(first, first);
    Supplier<Command> subcommand = commands.get(called);
    if (subcommand != null) {
      return subcommand.get().run(name + " " + called, arguments.subList(1, arguments.size()));
    }
    try {
      CommandLine given = new StrictParser(options).parse(arguments);
      if (given.hasOption("help")) {
        System.out.print(help(name));
        return 0;
      }
      if (given.hasOption("version")) {
        System.out.println("carillon " + version());
        return 0;
      }
      checkOperands(given.getArgList());
      if (action == null) {
        System.out.print(help(name));
        return USAGE_ERROR;
      }
      return action.run(given);
    } catch (ParseException e) {
      // The whole help would scroll the error out of sight.
      System.err.println("carillon: " + e.getMessage());
      System.err.println("`./" + name + " --help` says more.");
      return USAGE_ERROR;
    }
  }

  private void checkOperands(List<String> given) throws ParseException {
    if (given.size() > operands.size()) {
      String surplus = given.get(operands.size());
      throw new ParseException(
          commands.isEmpty()
              ? "Unexpected argument: '%s'".formatted(surplus)
              : "Unknown command: '%s'. %s"
                  .formatted(
                      surplus,
                      SpellingSuggestion.nearest(surplus, commands.keySet())
                          .map(near -> "Did you mean '%s'?".formatted(near))
                          .orElse(
                              "The commands are %s."
                                  .formatted(String.join(", ", commands.keySet())))));
    }
    for (Operand missing : operands.subList(given.size(), operands.size())) {
      if (missing.required()) {
        throw new ParseException("The %s is missing".formatted(missing.label()));
      }
    }
  }

  private String help(String name) {
    StringBuilder page = new StringBuilder("Usage: ./").append(name).append(" [OPTIONS]");
    Map<String, String> taken = new LinkedHashMap<>();
    for (Operand operand : operands) {
      page.append((operand.required() ? " %s" : " [%s]").formatted(operand.label()));
      taken.put(operand.label(), operand.description());
    }
    options.getOptions().forEach(option -> taken.put(usage(option), option.getDescription()));
    Map<String, String> subcommands = new LinkedHashMap<>();
    commands.forEach((command, made) -> subcommands.put(command, made.get().description));
    if (!subcommands.isEmpty()) {
      page.append(action == null ? " COMMAND" : " [COMMAND]");
    }

    page.append("\n\n").append(wrapped(description, 0));
    if (!subcommands.isEmpty()) {
      page.append('\n').append(table(subcommands));
    }
    return page.append('\n').append(table(taken)).toString();
  }

  private static String usage(Option option) {
    String name = "--" + option.getLongOpt();
    if (option.getOpt() != null) {
      return "-" + option.getOpt() + ", " + name;
    }
    if (option.hasOptionalArg()) {
      return name + "[=" + option.getArgName() + "]";
    }
    return option.hasArg() ? name + "=" + option.getArgName() : name;
  }

  private static String table(Map<String, String> rows) {
    int left = 4 + rows.keySet().stream().mapToInt(String::length).max().orElse(0);
    StringBuilder table = new StringBuilder();
    rows.forEach(
        (name, description) ->
            table
                .append("  ")
                .append(name)
                .append(" ".repeat(left - 2 - name.length()))
                .append(wrapped(description, left)));
    return table.toString();
  }

  /// The text in lines; all but the first are indented by `left` columns.
  private static String wrapped(String text, int left) {
    String lines =
        text.replaceAll("(.{1,%d})(?: |$)".formatted(WIDTH - left), "$1\n" + " ".repeat(left));
    return lines.stripTrailing() + "\n";
  }

  private static String version() {
    String version = Command.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
