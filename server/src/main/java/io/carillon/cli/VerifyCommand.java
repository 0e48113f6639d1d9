package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon verify`: reads every stored body and compares its checksums.
public final class VerifyCommand {
  private VerifyCommand() {}

  public static Command command() {
    return new Command(
            "Read every stored body and compare its checksums; exits 1 if one is damaged.")
        .with(Endpoint::option)
        .action(VerifyCommand::run);
  }

  private static int run(CommandLine given) {
    JsonNode report = Endpoint.of(given).call("POST", "verify", Map.of());
    System.out.println(report.toPrettyString());
    return report.path("damaged").isEmpty() ? 0 : 1;
  }
}
