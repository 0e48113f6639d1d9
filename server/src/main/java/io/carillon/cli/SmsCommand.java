package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `./carillon sms`: what the built-in SMS receiver holds.
@Command(
    name = "sms",
    description = "Show the SMS that the built-in receiver holds.",
    mixinStandardHelpOptions = true)
public final class SmsCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Option(names = "--json", description = "print JSON, for scripts")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode messages = endpoint.get("sms", Map.of());
    if (json) {
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
