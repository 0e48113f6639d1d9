package io.carillon;

import io.carillon.Settings.SettingException;
import io.carillon.cli.AccountCommand;
import io.carillon.cli.CommandFailure;
import io.carillon.cli.DemoCommand;
import io.carillon.cli.DoctorCommand;
import io.carillon.cli.InspectCommand;
import io.carillon.cli.MailCommand;
import io.carillon.cli.ShelfCommand;
import io.carillon.cli.SmsCommand;
import io.carillon.cli.StartCommand;
import io.carillon.cli.TraceCommand;
import io.carillon.cli.VerifyCommand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// `./carillon`: finds the command and runs it.
public final class Main {
  private static final Map<String, Supplier<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("start", StartCommand::line);
    COMMANDS.put("demo", DemoCommand::line);
    COMMANDS.put("mail", MailCommand::new);
    COMMANDS.put("sms", SmsCommand::new);
    COMMANDS.put("account", AccountCommand::new);
    COMMANDS.put("trace", TraceCommand::new);
    COMMANDS.put("shelf", ShelfCommand::new);
    COMMANDS.put("inspect", InspectCommand::new);
    COMMANDS.put("verify", VerifyCommand::new);
    COMMANDS.put("doctor", DoctorCommand::new);
  }

  /// The commands that start a server.
  private static final Set<String> STARTING = Set.of("start", "demo");

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    if (arguments.length > 0 && STARTING.contains(arguments[0])) {
      Preparation.begin();
    }
    CommandSpec root = CommandSpec.create().name("carillon");
    root.usageMessage().description("S3 event triggering that runs anywhere.");
    root.mixinStandardHelpOptions(true);
    root.version("carillon " + version());
    CommandLine line = new CommandLine(root);
    // Only the one that is asked for, where one is: reading them all takes a quarter of a second.
    Supplier<?> asked = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
    if (asked != null) {
      line.addSubcommand(asked.get());
    } else {
      COMMANDS.values().forEach(command -> line.addSubcommand(command.get()));
    }
    line.setExecutionExceptionHandler(
        (exception, _, _) -> {
          if (exception instanceof SettingException || exception instanceof CommandFailure) {
            System.err.println("carillon: " + exception.getMessage());
            return 1;
          }
          throw exception;
        });
    line.setParameterExceptionHandler((exception, _) -> misunderstood(exception));
    if (arguments.length == 0) {
      line.usage(System.out);
      return 2;
    }
    return line.execute(arguments);
  }

  /// The whole usage would scroll what was wrong out of sight.
  private static int misunderstood(CommandLine.ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    if (e instanceof CommandLine.UnmatchedArgumentException && command.equals("carillon")) {
      System.err.println(
          "carillon: "
              + e.getMessage()
              + ". The commands are "
              + String.join(", ", COMMANDS.keySet())
              + ".");
    } else {
      System.err.println("carillon: " + e.getMessage());
    }
    System.err.println("`./" + command + " --help` says more.");
    return CommandLine.ExitCode.USAGE;
  }

  private static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
