package io.carillon;

import io.carillon.cli.AccountCommand;
import io.carillon.cli.BenchCommand;
import io.carillon.cli.Command;
import io.carillon.cli.CommandFailure;
import io.carillon.cli.DeadLettersCommand;
import io.carillon.cli.DemoCommand;
import io.carillon.cli.DoctorCommand;
import io.carillon.cli.InspectCommand;
import io.carillon.cli.MailCommand;
import io.carillon.cli.RepairCommand;
import io.carillon.cli.SmsCommand;
import io.carillon.cli.StartCommand;
import io.carillon.cli.TraceCommand;
import io.carillon.cli.VerifyCommand;
import io.carillon.server.LogLines;
import io.carillon.server.Settings.SettingException;
import io.carillon.server.StartupPreload;
import java.util.List;
import java.util.Set;

/// `./carillon`: finds the command and runs it.
public final class Main {
  /// The commands that start a server.
  private static final Set<String> SERVER_COMMANDS = Set.of("start", "demo");

  private Main() {}

  public static void main(String[] arguments) {
    LogLines.use();
    System.exit(run(arguments));
  }

  @SuppressWarnings("CatchAndPrintStackTrace") // nobody is left to tell but the user
  static int run(String... arguments) {
    if (arguments.length > 0 && SERVER_COMMANDS.contains(arguments[0])) {
      StartupPreload.begin();
    }
    try {
      return command().run("carillon", List.of(arguments));
    } catch (SettingException | CommandFailure e) {
      System.err.println("carillon: " + e.getMessage());
    } catch (Throwable e) { // the process ends, although threads of a server may be running
      e.printStackTrace();
    }
    return 1;
  }

  /// Lambdas, not method references: creating a method reference loads its class.
  private static Command command() {
    return new Command("S3 event triggering that runs anywhere.")
        .command("start", () -> StartCommand.command())
        .command("demo", () -> DemoCommand.command())
        .command("mail", () -> MailCommand.command())
        .command("sms", () -> SmsCommand.command())
        .command("account", () -> AccountCommand.command())
        .command("trace", () -> TraceCommand.command())
        .command("dead-letters", () -> DeadLettersCommand.command())
        .alias("shelf", "dead-letters")
        .command("inspect", () -> InspectCommand.command())
        .command("verify", () -> VerifyCommand.command())
        .command("repair", () -> RepairCommand.command())
        .command("doctor", () -> DoctorCommand.command())
        .command("bench", () -> BenchCommand.command());
  }
}
