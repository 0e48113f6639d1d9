package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon mail`: what the built-in mail receiver holds.
public final class MailCommand {
  private MailCommand() {}

  public static Command command() {
    return new Command(
            "Show the e-mail that the built-in receiver holds; follow confirmation links.")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .command("confirm", MailCommand::confirmCommand)
        .action(MailCommand::show);
  }

  private static Command confirmCommand() {
    return new Command("Follow the confirmation link of every subscription mail not followed yet.")
        .with(Endpoint::option)
        .action(MailCommand::confirm);
  }

  private static int show(CommandLine given) {
    JsonNode mails = Endpoint.of(given).get("mail", Map.of());
    if (given.hasOption("json")) {
      System.out.println(mails.toPrettyString());
      return 0;
    }
    if (mails.isEmpty()) {
      System.out.println("No mail yet.");
    }
    for (JsonNode mail : mails) {
      System.out.println("── " + mail.path("received").asText() + "  " + mail.path("id").asText());
      System.out.println("From:    " + mail.path("from").asText());
      System.out.println("To:      " + JsonText.joined(mail.path("to")));
      System.out.println("Subject: " + mail.path("subject").asText());
      System.out.println();
      System.out.println(mail.path("text").asText().stripTrailing().indent(2));
    }
    return 0;
  }

  private static int confirm(CommandLine given) {
    JsonNode confirmed = Endpoint.of(given).call("POST", "mail/confirm", Map.of());
    if (confirmed.isEmpty()) {
      System.out.println("No subscription is waiting for confirmation by mail.");
    }
    confirmed.forEach(
        one ->
            System.out.println(
                "Confirmed "
                    + one.path("address").asText()
                    + ": "
                    + one.path("subscriptionArn").asText()));
    return 0;
  }
}
