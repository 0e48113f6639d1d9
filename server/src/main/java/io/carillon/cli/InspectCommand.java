package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.ParseException;

/// `./carillon inspect`: the database as it is, a row a line.
public final class InspectCommand {
  private static final String LIMIT = "100";

  private InspectCommand() {}

  public static Command command() {
    return new Command(
            "Print the rows of a table as JSON, a row a line; without a table, the tables.")
        .optionalArgument("TABLE", "such as s3.versions")
        .with(Endpoint::option)
        .option("limit", "ROWS", "at most this many rows (default: " + LIMIT + ")")
        .action(InspectCommand::run);
  }

  private static int run(CommandLine given) throws ParseException {
    Map<String, String> query = new LinkedHashMap<>();
    int limit = limit(given.getOptionValue("limit", LIMIT));
    query.put("limit", String.valueOf(limit));
    given.getArgList().forEach(table -> query.put("table", table));
    JsonNode rows = Endpoint.of(given).get("inspect", query);
    rows.forEach(System.out::println);
    if (query.containsKey("table") && rows.size() == limit) {
      System.err.println("These are the first " + limit + " rows; --limit shows more.");
    }
    return 0;
  }

  private static int limit(String rows) throws ParseException {
    try {
      return Integer.parseInt(rows);
    } catch (NumberFormatException _) {
      throw new ParseException("The limit must be a whole number, not '%s'".formatted(rows));
    }
  }
}
