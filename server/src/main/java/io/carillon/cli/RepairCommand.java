package io.carillon.cli;

import io.carillon.store.StoreRepair;
import io.carillon.store.StoreRepair.Report;
import io.carillon.store.StoreRepair.Way;
import io.carillon.store.UnusableStoreException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.ParseException;

/// `./carillon repair`: shows what a damaged write-ahead log has lost, and repairs the store as the
/// flags say. The server must not be running.
public final class RepairCommand {
  private RepairCommand() {}

  public static Command command() {
    return new Command(
            "Show what a damaged database has lost; with --keep-later or --cut, make it open"
                + " again.")
        .option("data", "FOLDER", "the server's data folder (default: CARILLON_DATA, else ./data)")
        .flag("keep-later", "leave out what is damaged, keep what is whole behind it")
        .flag("cut", "go back to the moment before the damage")
        .action(RepairCommand::run);
  }

  private static int run(CommandLine given) throws ParseException {
    boolean keeps = given.hasOption("keep-later");
    boolean cuts = given.hasOption("cut");
    if (keeps && cuts) {
      throw new ParseException("Either --keep-later or --cut");
    }
    Path data =
        Path.of(
            given.getOptionValue("data", System.getenv().getOrDefault("CARILLON_DATA", "./data")));
    try {
      StoreRepair store = new StoreRepair(data.resolve("db"));
      Optional<Report> report = store.look();
      if (report.isEmpty()) {
        System.out.println("The database in " + data + " needs no repair: start the server.");
        return 0;
      }
      describe(report.get(), data);
      if (!keeps && !cuts) {
        return 1;
      }
      Path copies = store.repair(keeps ? Way.KEEP_LATER : Way.CUT, Instant.now());
      System.out.println("Repaired. The damaged logs are kept in " + copies + ".");
      return 0;
    } catch (UnusableStoreException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      throw new CommandFailure(e.getMessage() + ": " + e.getCause());
    }
  }

  private static void describe(Report report, Path data) {
    System.out.println("The database in " + data + " is damaged: " + report.what() + ".");
    System.out.println();
    if (report.lost().keys().isEmpty()) {
      System.out.println("Nothing can be read of what is damaged.");
    } else {
      System.out.println("Of what is damaged, these rows can be read. They are lost either way:");
      list(report.lost());
    }
    System.out.println();
    if (report.laterBatches() == 0) {
      System.out.println("Nothing whole lies behind it: --keep-later and --cut do the same.");
    } else {
      System.out.printf(
          "%d whole batches lie behind it. --keep-later keeps them, though some rows may not match"
              + " what is lost;%n--cut drops them too, and the database is as it was at one"
              + " moment:%n",
          report.laterBatches());
      list(report.later());
    }
    System.out.println();
  }

  private static void list(StoreRepair.Rows rows) {
    rows.keys().forEach(key -> System.out.println("  " + key));
    if (rows.more() > 0) {
      System.out.println("  and " + rows.more() + " more");
    }
  }
}
