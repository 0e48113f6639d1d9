package io.carillon.cli;

import io.carillon.server.Config;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.ParseException;

/// `./carillon demo`: starts the server, builds a pipeline through the public AWS API, uploads a
/// file, and shows each step of its event until an e-mail, an SMS and an HTTP POST have been
/// received.
public final class DemoCommand {
  /// The options allowed together with `--endpoint`.
  private static final Set<String> WITH_ENDPOINT =
      Set.of(
          "endpoint",
          "exit",
          "quiet",
          "config",
          "account-id",
          "access-key-id",
          "secret-access-key");

  private DemoCommand() {}

  public static Command command() {
    return new Command(
            "Start the server, build a pipeline through the AWS API, upload a file, show the"
                + " steps of its event.")
        .flag("exit", "stop the server afterwards; exit 1 if anything is missing")
        .option(
            "endpoint",
            "URL",
            "show it on a server that runs already, with the same account and root key")
        .flag("quiet", "print nothing but errors")
        .with(ServerOptions::flags)
        .action(DemoCommand::run);
  }

  private static int run(CommandLine given) throws ParseException {
    String running = given.getOptionValue("endpoint");
    if (running != null) {
      refuseServerSettings(given);
    }
    PrintStream out =
        given.hasOption("quiet") ? new PrintStream(PrintStream.nullOutputStream()) : System.out;
    Config config = ServerOptions.read(given, System.getenv());
    try {
      Demo demo = new Demo(config, given.hasOption("exit"), out);
      return (running == null ? demo.run() : demo.runOn(Endpoint.url(running))) ? 0 : 1;
    } catch (IOException e) {
      throw new CommandFailure("The demo cannot continue: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 130;
    }
  }

  private static void refuseServerSettings(CommandLine given) throws ParseException {
    for (Option option : given.getOptions()) {
      if (!WITH_ENDPOINT.contains(option.getLongOpt())) {
        throw new ParseException(
            "The option '--%s' is for a server that the demo starts"
                .formatted(option.getLongOpt()));
      }
    }
  }
}
