package io.carillon.cli;

import io.carillon.server.Config;
import io.carillon.server.Settings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;

/// The flags of the commands that run a server: one for each setting, and `--config`.
final class ServerOptions {
  private ServerOptions() {}

  static void flags(Command command) {
    command.option(
        "config",
        "FILE",
        "settings file of `name: value` lines (default: carillon.yaml, if there)");
    for (Settings.Setting setting : Settings.ALL) {
      if (setting.fallback().equals("false")) {
        command.toggle(setting.name(), setting.description());
      } else if (setting.fallback().isEmpty()) {
        command.option(setting.name(), "VALUE", setting.description());
      } else {
        command.option(
            setting.name(),
            "VALUE",
            setting.description() + " (default: " + setting.fallback() + ")");
      }
    }
  }

  static Config read(CommandLine given, Map<String, String> environment) {
    Map<String, String> flags = new LinkedHashMap<>();
    for (Settings.Setting setting : Settings.ALL) {
      if (given.hasOption(setting.name())) {
        flags.put(setting.name(), given.getOptionValue(setting.name(), "true"));
      }
    }
    Optional<Path> config =
        Optional.ofNullable(given.getOptionValue("config", environment.get("CARILLON_CONFIG")))
            .map(Path::of);
    return Config.of(Settings.resolve(flags, environment, config));
  }
}
