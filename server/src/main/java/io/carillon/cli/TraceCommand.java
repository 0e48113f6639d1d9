package io.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;

/// `./carillon trace`: the steps of recent events or of an object's events, and why nothing
/// happened.
public final class TraceCommand {
  private static final Pattern EVENT = Pattern.compile("[0-9a-f]{12}-[0-9A-Z]{16}");
  private static final Pattern SCHEME = Pattern.compile("(?i)^(s3://|arn:[a-z-]+:s3:::|/)");
  private static final Pattern URL = Pattern.compile("(?i)https?://.*");

  /// Hosts of S3, on AWS and here, that may begin with the bucket's name.
  private static final Pattern HOST = Pattern.compile("(?:(.+)\\.)?(?:s3[.-].*|localhost)");

  private TraceCommand() {}

  public static Command command() {
    return new Command("Show what became of an upload: rules matched, functions run, deliveries.")
        .optionalArgument(
            "OBJECT",
            "s3://BUCKET/KEY or BUCKET/KEY, a bucket, or an event's id; without it, the latest"
                + " events")
        .with(Endpoint::option)
        .flag("json", "print JSON, for scripts")
        .action(TraceCommand::run);
  }

  private static int run(CommandLine given) {
    Endpoint endpoint = Endpoint.of(given);
    Map<String, String> query = query(given.getArgList());
    JsonNode lives = endpoint.get("trace", query);
    if (given.hasOption("json")) {
      System.out.println(lives.toPrettyString());
      return 0;
    }
    lives.forEach(life -> System.out.println(TraceLines.of(life)));
    if (lives.isEmpty()) {
      System.out.println("No event is known" + of(query) + ".");
    }
    if (query.containsKey("key") && !hadEffect(lives)) {
      endpoint.get("trace/diagnosis", query).forEach(line -> System.out.println(line.asText()));
    }
    return 0;
  }

  /// Reads `s3://BUCKET/KEY`, `arn:aws:s3:::BUCKET/KEY`, `BUCKET/KEY`, `BUCKET`, an object's URL,
  /// presigned or not, and the id of an event, as this command prints it.
  static Map<String, String> query(List<String> arguments) {
    Map<String, String> query = new LinkedHashMap<>();
    for (String argument : arguments) {
      if (EVENT.matcher(argument).matches()) {
        query.put("event", argument);
        continue;
      }
      String plain = URL.matcher(argument).matches() ? pathOf(argument) : argument;
      String object = SCHEME.matcher(plain).replaceFirst("");
      int slash = object.indexOf('/');
      query.put("bucket", slash < 0 ? object : object.substring(0, slash));
      if (slash >= 0 && slash + 1 < object.length()) {
        query.put("key", object.substring(slash + 1));
      }
    }
    return query;
  }

  /// `/BUCKET/KEY` of a URL; other text is returned unchanged.
  private static String pathOf(String url) {
    try {
      URI uri = new URI(url);
      Matcher host = HOST.matcher(String.valueOf(uri.getHost()));
      String bucket = host.matches() ? host.group(1) : null;
      return bucket == null ? uri.getPath() : "/" + bucket + uri.getPath();
    } catch (URISyntaxException _) {
      return url;
    }
  }

  private static String of(Map<String, String> query) {
    if (query.isEmpty()) {
      return "";
    }
    return query.containsKey("key") ? " of this object" : " of objects in this bucket";
  }

  /// Whether the latest event had any effect.
  private static boolean hadEffect(JsonNode lives) {
    return lives.path(0).path("steps").size() > 1;
  }
}
