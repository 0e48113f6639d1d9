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

/// Reads a command line. Whatever begins with a dash is an option, and is refused by name if it is
/// none; a value that does is joined to its option. The library's parser alone is too generous with
/// what is mistyped: to it, `--data --prot` names a folder `--prot`, `-port80` means `--port 80`,
/// and of an option that is repeated the first value counts.
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
    } catch (UnrecognizedOptionException e) { // known, as was seen above: it is for its value
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
    String before = "";
    for (String argument : arguments) {
      if (argument.equals("--")) {
        return;
      }
      if (argument.startsWith("-") && !isOption(nameIn(argument))) {
        throw new ParseException(
            "Unknown option: '%s'".formatted(argument)
                + (wantsValue(before)
                    ? ". As a value it is written %s=%s".formatted(before, argument)
                    : meant(nameIn(argument))));
      }
      before = argument;
    }
  }

  private String meant(String name) {
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
