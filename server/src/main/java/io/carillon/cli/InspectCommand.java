package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./carillon inspect`: the database as it is, a row a line.
@Command(
    name = "inspect",
    description = "Print the rows of a table as JSON, a row a line; without a table, the tables.",
    mixinStandardHelpOptions = true)
public final class InspectCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Parameters(paramLabel = "TABLE", arity = "0..1", description = "such as s3.versions")
  private String table = "";

  @Option(
      names = "--limit",
      defaultValue = "100",
      description = "at most this many rows (default: ${DEFAULT-VALUE})")
  private int limit;

  @Override
  public Integer call() {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("limit", String.valueOf(limit));
    if (!table.isEmpty()) {
      query.put("table", table);
    }
    JsonNode rows = endpoint.get("inspect", query);
    rows.forEach(System.out::println);
    return 0;
  }
}
