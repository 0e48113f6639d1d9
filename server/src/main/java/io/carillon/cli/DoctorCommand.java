package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon doctor`: what the server found on its machine.
public final class DoctorCommand {
  private DoctorCommand() {}

  public static Command command() {
    return new Command("Show what the server found: runtimes, sandbox, relays, store.")
        .with(Endpoint::option)
        .action(DoctorCommand::run);
  }

  private static int run(CommandLine given) {
    JsonNode report = Endpoint.of(given).get("doctor", Map.of());
    report
        .properties()
        .forEach(
            finding -> {
              System.out.println(finding.getKey());
              if (finding.getValue().isContainerNode()) {
                finding
                    .getValue()
                    .forEach(
                        line ->
                            System.out.println(
                                "  " + (line.isTextual() ? line.asText() : line.toString())));
              } else {
                System.out.println("  " + finding.getValue().asText());
              }
            });
    return 0;
  }
}
