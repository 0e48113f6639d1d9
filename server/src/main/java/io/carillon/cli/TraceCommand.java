package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/// `./carillon trace`: the life of recent events, or of one object's.
public final class TraceCommand {
  private TraceCommand() {}

  public static Command command() {
    return new Command("Show what became of an upload: rules matched, functions run, deliveries.")
        .mayTake("BUCKET/KEY", "an object; without it, the latest events")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .runs(TraceCommand::run);
  }

  private static int run(CommandLine given) {
    Map<String, String> query = new LinkedHashMap<>();
    for (String object : given.getArgList()) {
      int slash = object.indexOf('/');
      if (slash > 0) {
        query.put("bucket", object.substring(0, slash));
        query.put("key", object.substring(slash + 1));
      }
    }
    JsonNode lives = Endpoint.of(given).get("trace", query);
    if (given.hasOption("json")) {
      System.out.println(lives.toPrettyString());
    } else if (lives.isEmpty()) {
      System.out.println("No event is known" + (query.isEmpty() ? "." : " of this object."));
    } else {
      lives.forEach(life -> System.out.println(TraceLines.of(life)));
    }
    return 0;
  }
}
