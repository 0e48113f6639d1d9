package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `./carillon verify`: reads every stored body and compares its checksums.
@Command(
    name = "verify",
    description = "Read every stored body and compare its checksums; exits 1 if one is damaged.",
    mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Override
  public Integer call() {
    JsonNode report = endpoint.call("POST", "verify", Map.of());
    System.out.println(report.toPrettyString());
    return report.path("damaged").isEmpty() ? 0 : 1;
  }
}
