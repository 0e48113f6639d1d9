package io.carillon.cli;

import io.carillon.Config;
import java.io.IOException;
import java.io.PrintStream;
import org.apache.commons.cli.CommandLine;

/// `./carillon demo`: starts the server, builds a pipeline through the public AWS API, uploads a
/// file, and shows the event's way until an e-mail, an SMS and an HTTP POST have been received.
public final class DemoCommand {
  private DemoCommand() {}

  public static Command command() {
    return new Command(
            "Start the server, build a pipeline through the AWS API, upload a file, show the"
                + " event's way.")
        .flag("exit", "stop the server afterwards; exit 1 if anything is missing")
        .option(
            "endpoint",
            "URL",
            "show it on a server that runs already, with the same account and root key")
        .flag("quiet", "print nothing but errors")
        .with(ServerOptions::flags)
        .runs(DemoCommand::run);
  }

  private static int run(CommandLine given) {
    PrintStream out =
        given.hasOption("quiet") ? new PrintStream(PrintStream.nullOutputStream()) : System.out;
    Config config = ServerOptions.read(given, System.getenv());
    try {
      Demo demo = new Demo(config, given.hasOption("exit"), out);
      String running = given.getOptionValue("endpoint");
      return (running == null ? demo.run() : demo.runOn(Endpoint.url(running))) ? 0 : 1;
    } catch (IOException e) {
      throw new CommandFailure("The demo cannot go on: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 130;
    }
  }
}
