package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;

/// `./carillon dead-letters`: deliveries that failed for good and had no dead-letter queue.
public final class DeadLettersCommand {
  private DeadLettersCommand() {}

  public static Command command() {
    return new Command("Show the dead letters: work that was given up, with the reason.")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .action(DeadLettersCommand::run);
  }

  private static int run(CommandLine given) {
    Endpoint endpoint = Endpoint.of(given);
    if (given.hasOption("json")) {
      ArrayNode all = JsonNodeFactory.instance.arrayNode();
      eachOf(endpoint, all::add);
      System.out.println(all.toPrettyString());
    } else if (eachOf(endpoint, DeadLettersCommand::print) == 0) {
      System.out.println("There are no dead letters: nothing was given up.");
    }
    return 0;
  }

  /// Visits the dead letters, oldest first and page by page, since there may be many.
  ///
  /// @return how many there are
  private static int eachOf(Endpoint endpoint, Consumer<JsonNode> visitor) {
    int count = 0;
    String after = "";
    while (true) {
      JsonNode page = endpoint.get("dead-letters", Map.of("after", after));
      if (page.isEmpty()) {
        return count;
      }
      page.forEach(visitor);
      count += page.size();
      after = page.get(page.size() - 1).path("id").asText();
    }
  }

  private static void print(JsonNode job) {
    System.out.println(
        job.path("buried").asText()
            + "  "
            + job.path("kind").asText()
            + "  "
            + job.path("lane").asText()
            + "  after "
            + job.path("attempts").asInt()
            + " attempts: "
            + job.path("why").asText());
  }
}
