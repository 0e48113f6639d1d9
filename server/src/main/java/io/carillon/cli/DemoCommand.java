package io.carillon.cli;

import io.carillon.Config;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// `./carillon demo`: starts the server, builds a pipeline through the public AWS API, uploads a
/// file, and shows the event's way until an e-mail, an SMS and an HTTP POST have been received.
public final class DemoCommand implements Callable<Integer> {
  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);

  private DemoCommand() {
    spec.name("demo").mixinStandardHelpOptions(true);
    spec.usageMessage()
        .description(
            "Start the server, build a pipeline through the AWS API, upload a file, show the"
                + " event's way.");
    spec.addOption(
        OptionSpec.builder("--exit")
            .type(boolean.class)
            .description("stop the server afterwards; exit 1 if anything is missing")
            .build());
    spec.addOption(
        OptionSpec.builder("--endpoint")
            .paramLabel("URL")
            .type(URI.class)
            .description(
                "show it on a server that runs already, with the same account and root key")
            .build());
    spec.addOption(
        OptionSpec.builder("--quiet")
            .type(boolean.class)
            .description("print nothing but errors")
            .build());
    ServerOptions.addTo(spec);
  }

  public static CommandLine line() {
    return new CommandLine(new DemoCommand().spec);
  }

  @Override
  public Integer call() {
    ParseResult parsed = spec.commandLine().getParseResult();
    PrintStream out =
        parsed.hasMatchedOption("--quiet")
            ? new PrintStream(PrintStream.nullOutputStream())
            : System.out;
    Config config = ServerOptions.read(parsed, System.getenv());
    try {
      Demo demo = new Demo(config, parsed.hasMatchedOption("--exit"), out);
      OptionSpec running = parsed.matchedOption("--endpoint");
      return (running == null ? demo.run() : demo.runOn(running.getValue())) ? 0 : 1;
    } catch (IOException e) {
      throw new CommandFailure("The demo cannot go on: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 130;
    }
  }
}
