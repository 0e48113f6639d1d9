package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `./carillon shelf`: what could not be delivered and had no dead-letter queue to go to.
@Command(
    name = "shelf",
    description = "Show the dead-letter shelf: work that was given up, with the reason.",
    mixinStandardHelpOptions = true)
public final class ShelfCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Option(names = "--json", description = "print JSON, for scripts")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode shelf = endpoint.get("shelf", Map.of());
    if (json) {
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
