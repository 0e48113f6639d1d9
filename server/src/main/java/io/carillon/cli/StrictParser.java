package io.carillon.cli;

import io.carillon.base.SpellingSuggestion;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/// Parses a command line strictly. An argument that begins with a dash is an option, and refused by
/// name if unknown; a value that begins with a dash has to be joined to its option. The library's
/// parser alone accepts typing errors: to it, `--data --prot` names a folder `--prot`, `-port80`
/// means `--port 80`, and the first value of a repeated option counts.
record StrictParser(Options options) {

  CommandLine parse(List<String> arguments) throws ParseException {
    refuseUnknown(arguments);
    CommandLine given;
    try {
      given =
          DefaultParser.builder()
              .setAllowPartialMatching(false)
              .setStripLeadingAndTrailingQuotes(false)
              .get()
              .parse(options, arguments.toArray(String[]::new));
    } catch (MissingArgumentException e) {
      throw new ParseException(
          "The value of '--%s' is missing".formatted(e.getOption().getLongOpt()));
    } catch (UnrecognizedOptionException e) { // the option is known: its value is the error
      throw new ParseException("The option '%s' takes no value".formatted(nameIn(e.getOption())));
    }
    Set<Option> seen = new HashSet<>();
    for (Option option : given.getOptions()) {
      if (!seen.add(option)) {
        throw new ParseException(
            "The option '--%s' is given more than once".formatted(option.getLongOpt()));
      }
    }
    return given;
  }

  private void refuseUnknown(List<String> arguments) throws ParseException {
    String previous = "";
    for (String argument : arguments) {
      if (argument.equals("--")) {
        return;
      }
      if (argument.startsWith("-") && !isOption(nameIn(argument))) {
        throw new ParseException(
            "Unknown option: '%s'".formatted(argument)
                + (wantsValue(previous)
                    ? ". As a value it is written %s=%s".formatted(previous, argument)
                    : suggestion(nameIn(argument))));
      }
      previous = argument;
    }
  }

  private String suggestion(String name) {
    List<String> known =
        options.getOptions().stream().map(option -> "--" + option.getLongOpt()).toList();
    return SpellingSuggestion.nearest(name, known)
        .map(near -> ". Did you mean '%s'?".formatted(near))
        .orElse("");
  }

  private static String nameIn(String argument) {
    return argument.split("=", 2)[0];
  }

  private boolean isOption(String name) {
    return name.startsWith("--")
        ? options.hasLongOption(name)
        : name.length() == 2 && options.hasShortOption(name);
  }

  private boolean wantsValue(String argument) {
    return argument.startsWith("--")
        && isOption(argument)
        && options.getOption(argument).hasArg()
        && !options.getOption(argument).hasOptionalArg();
  }
}
