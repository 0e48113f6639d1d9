package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon shelf`: what could not be delivered and had no dead-letter queue to go to.
public final class ShelfCommand {
  private ShelfCommand() {}

  public static Command command() {
    return new Command("Show the dead-letter shelf: work that was given up, with the reason.")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .runs(ShelfCommand::run);
  }

  private static int run(CommandLine given) {
    JsonNode shelf = Endpoint.of(given).get("shelf", Map.of());
    if (given.hasOption("json")) {
      System.out.println(shelf.toPrettyString());
      return 0;
    }
    if (shelf.isEmpty()) {
      System.out.println("The shelf is empty: nothing was given up.");
    }
    for (JsonNode job : shelf) {
      System.out.println(
          job.path("buried").asText()
              + "  "
              + job.path("kind").asText()
              + "  "
              + job.path("lane").asText()
              + "  after "
              + job.path("attempts").asInt()
              + " tries: "
              + job.path("why").asText());
    }
    return 0;
  }
}
