package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `./carillon doctor`: what the server found on its machine.
@Command(
    name = "doctor",
    description = "Show what the server found: runtimes, sandbox, relays, store.",
    mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Override
  public Integer call() {
    JsonNode report = endpoint.get("doctor", Map.of());
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
