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
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// `./carillon`: finds the command and runs it.
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    CommandSpec root = CommandSpec.create().name("carillon");
    root.usageMessage().description("S3 event triggering that runs anywhere.");
    root.mixinStandardHelpOptions(true);
    root.version("carillon " + version());
    CommandLine line = new CommandLine(root);
    line.addSubcommand(StartCommand.line())
        .addSubcommand(DemoCommand.line())
        .addSubcommand(new MailCommand())
        .addSubcommand(new SmsCommand())
        .addSubcommand(new AccountCommand())
        .addSubcommand(new TraceCommand())
        .addSubcommand(new ShelfCommand())
        .addSubcommand(new InspectCommand())
        .addSubcommand(new VerifyCommand())
        .addSubcommand(new DoctorCommand());
    line.setExecutionExceptionHandler(
        (exception, _, _) -> {
          if (exception instanceof SettingException || exception instanceof CommandFailure) {
            System.err.println("carillon: " + exception.getMessage());
            return 1;
          }
          throw exception;
        });
    if (arguments.length == 0) {
      line.usage(System.out);
      return 2;
    }
    return line.execute(arguments);
  }

  private static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
