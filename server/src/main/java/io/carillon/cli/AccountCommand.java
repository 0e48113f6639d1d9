package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./carillon account`: further accounts, isolated from the first.
@Command(name = "account", description = "Make and list accounts.", mixinStandardHelpOptions = true)
public final class AccountCommand {

  @Command(
      name = "create",
      description = "Make an account; print its root access key.",
      mixinStandardHelpOptions = true)
  int create(
      @Mixin Endpoint endpoint,
      @Parameters(paramLabel = "NAME", description = "a name for people") String name,
      @Option(names = "--json", description = "print JSON, for scripts") boolean json) {
    JsonNode account = endpoint.call("POST", "accounts", Map.of("name", name));
    if (json) {
      System.out.println(account.toPrettyString());
    } else {
      System.out.println("account id         " + account.path("accountId").asText());
      System.out.println("access key id      " + account.path("accessKeyId").asText());
      System.out.println("secret access key  " + account.path("secretAccessKey").asText());
    }
    return 0;
  }

  @Command(name = "list", description = "List the accounts.", mixinStandardHelpOptions = true)
  int list(@Mixin Endpoint endpoint) {
    endpoint
        .get("accounts", Map.of())
        .forEach(
            one ->
                System.out.println(
                    one.path("accountId").asText() + "  " + one.path("name").asText()));
    return 0;
  }
}
