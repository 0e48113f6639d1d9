package io.carillon.cli;

/// `./carillon bench`: runs from the launcher, since the benchmark is not part of the product.
public final class BenchCommand {
  private BenchCommand() {}

  public static Command command() {
    return new Command(
            "Measure this build beside the limit that its parts allow; takes some minutes.")
        .action(
            _ -> {
              throw new CommandFailure("bench runs from a checkout, by ./carillon bench");
            });
  }
}
