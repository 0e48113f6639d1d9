package io.carillon.cli;

import io.carillon.server.Config;
import io.carillon.server.Server;
import java.util.concurrent.CountDownLatch;
import org.apache.commons.cli.CommandLine;

/// `./carillon start`: runs the server in the foreground until TERM, which drains.
public final class StartCommand {
  private StartCommand() {}

  public static Command command() {
    return new Command("Run the server in the foreground until TERM, which drains.")
        .with(ServerOptions::flags)
        .action(StartCommand::run);
  }

  private static int run(CommandLine given) {
    Config config = ServerOptions.read(given, System.getenv());
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
