package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon account`: further accounts, isolated from the first.
public final class AccountCommand {
  private AccountCommand() {}

  public static Command command() {
    return new Command("Make and list accounts.")
        .command("create", AccountCommand::createCommand)
        .command("list", AccountCommand::listCommand);
  }

  private static Command createCommand() {
    return new Command("Make an account; print its root access key.")
        .argument("NAME", "a name for people")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .action(AccountCommand::create);
  }

  private static Command listCommand() {
    return new Command("List the accounts.").with(Endpoint::option).action(AccountCommand::list);
  }

  private static int create(CommandLine given) {
    String name = given.getArgList().getFirst();
    JsonNode account = Endpoint.of(given).call("POST", "accounts", Map.of("name", name));
    if (given.hasOption("json")) {
      System.out.println(account.toPrettyString());
    } else {
      System.out.println("account id         " + account.path("accountId").asText());
      System.out.println("access key id      " + account.path("accessKeyId").asText());
      System.out.println("secret access key  " + account.path("secretAccessKey").asText());
    }
    return 0;
  }

  private static int list(CommandLine given) {
    Endpoint.of(given)
        .get("accounts", Map.of())
        .forEach(
            one ->
                System.out.println(
                    one.path("accountId").asText() + "  " + one.path("name").asText()));
    return 0;
  }
}
