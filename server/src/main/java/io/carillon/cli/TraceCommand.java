package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./carillon trace`: the life of recent events, or of one object's.
@Command(
    name = "trace",
    description = "Show what became of an upload: rules matched, functions run, deliveries.",
    mixinStandardHelpOptions = true)
public final class TraceCommand implements Callable<Integer> {
  @Mixin private final Endpoint endpoint = new Endpoint();

  @Parameters(
      paramLabel = "BUCKET/KEY",
      arity = "0..1",
      description = "an object; without it, the latest events")
  private String object = "";

  @Option(names = "--json", description = "print JSON, for scripts")
  private boolean json;

  @Override
  public Integer call() {
    Map<String, String> query = new LinkedHashMap<>();
    int slash = object.indexOf('/');
    if (slash > 0) {
      query.put("bucket", object.substring(0, slash));
      query.put("key", object.substring(slash + 1));
    }
    JsonNode lives = endpoint.get("trace", query);
    if (json) {
      System.out.println(lives.toPrettyString());
    } else {
      lives.forEach(life -> System.out.println(TraceLines.of(life)));
    }
    return 0;
  }
}
