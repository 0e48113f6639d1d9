package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `./carillon mail`: what the built-in mail receiver holds.
@Command(
    name = "mail",
    description = "Show the e-mail that the built-in receiver holds; follow confirmation links.",
    mixinStandardHelpOptions = true)
public final class MailCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Option(names = "--json", description = "print JSON, for scripts")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode mails = endpoint.get("mail", Map.of());
    if (json) {
      System.out.println(mails.toPrettyString());
      return 0;
    }
    if (mails.isEmpty()) {
      System.out.println("No mail yet.");
    }
    for (JsonNode mail : mails) {
      System.out.println("── " + mail.path("received").asText() + "  " + mail.path("id").asText());
      System.out.println("From:    " + mail.path("from").asText());
      System.out.println("To:      " + Texts.joined(mail.path("to")));
      System.out.println("Subject: " + mail.path("subject").asText());
      System.out.println();
      System.out.println(mail.path("text").asText().stripTrailing().indent(2));
    }
    return 0;
  }

  @Command(
      name = "confirm",
      description = "Follow the confirmation link of every subscription mail not followed yet.",
      mixinStandardHelpOptions = true)
  int confirm(@Mixin Endpoint server) {
    JsonNode confirmed = server.call("POST", "mail/confirm", Map.of());
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
