package io.carillon.cli;

import io.carillon.Config;
import io.carillon.Settings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// The flags of the commands that run a server: one for each setting, and `--config`.
final class ServerOptions {
  private ServerOptions() {}

  static void addTo(CommandSpec command) {
    command.addOption(
        OptionSpec.builder("--config")
            .paramLabel("FILE")
            .type(Path.class)
            .description("settings file of `name: value` lines (default: carillon.yaml, if there)")
            .build());
    for (Settings.Setting setting : Settings.ALL) {
      boolean isSwitch = setting.fallback().equals("false");
      OptionSpec.Builder option =
          OptionSpec.builder("--" + setting.name())
              .type(String.class)
              .description(
                  setting.says()
                      + (setting.fallback().isEmpty() || isSwitch
                          ? ""
                          : " (default: " + setting.fallback() + ")"));
      if (isSwitch) {
        option.arity("0..1").fallbackValue("true").paramLabel("true|false");
      } else {
        option.paramLabel("VALUE");
      }
      command.addOption(option.build());
    }
    command.usageMessage().sortOptions(false);
  }

  static Config read(ParseResult parsed, Map<String, String> environment) {
    Map<String, String> flags = new LinkedHashMap<>();
    for (Settings.Setting setting : Settings.ALL) {
      OptionSpec option = parsed.matchedOption("--" + setting.name());
      if (option != null) {
        flags.put(setting.name(), option.getValue());
      }
    }
    OptionSpec file = parsed.matchedOption("--config");
    Optional<Path> config =
        file != null
            ? Optional.of(file.getValue())
            : Optional.ofNullable(environment.get("CARILLON_CONFIG")).map(Path::of);
    return Config.of(Settings.resolve(flags, environment, config));
  }
}
