package io.carillon.cli;

import io.carillon.Config;
import io.carillon.Server;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// `./carillon start`: runs the server in the foreground until TERM, which drains.
public final class StartCommand implements Callable<Integer> {
  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);

  private StartCommand() {
    spec.name("start").mixinStandardHelpOptions(true);
    spec.usageMessage().description("Run the server in the foreground until TERM, which drains.");
    ServerOptions.addTo(spec);
  }

  public static CommandLine line() {
    return new CommandLine(new StartCommand().spec);
  }

  @Override
  public Integer call() {
    Map<String, String> environment = System.getenv();
    Config config = ServerOptions.read(spec.commandLine().getParseResult(), environment);
    try {
      Server server = Startup.start(config);
      CountDownLatch stopped = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    System.out.println("Draining ...");
                    server.close();
                    stopped.countDown();
                  },
                  "drain"));
      System.out.print(Banner.of(server, config));
      stopped.await();
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 130;
    }
  }
}
