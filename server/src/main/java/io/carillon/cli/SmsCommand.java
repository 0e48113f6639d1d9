package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon sms`: what the built-in SMS receiver holds.
public final class SmsCommand {
  private SmsCommand() {}

  public static Command command() {
    return new Command("Show the SMS that the built-in receiver holds.")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .action(SmsCommand::run);
  }

  private static int run(CommandLine given) {
    JsonNode messages = Endpoint.of(given).get("sms", Map.of());
    if (given.hasOption("json")) {
      System.out.println(messages.toPrettyString());
      return 0;
    }
    if (messages.isEmpty()) {
      System.out.println("No SMS yet.");
    }
    for (JsonNode message : messages) {
      System.out.println(
          "── " + message.path("received").asText() + "  to " + message.path("to").asText());
      System.out.println(message.path("text").asText().indent(2));
    }
    return 0;
  }
}
