package io.carillon.bench;

import io.carillon.bench.Load.Measured;
import io.carillon.server.LogLines;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// `./carillon bench`: prints two tables. Absolute numbers depend on the machine; only the ratios
/// can be compared.
public final class Main {
  private static final String HUGE_PAGES = "-XX:+UseTransparentHugePages";
  private static final List<String> METHODS = List.of("PUT", "GET");
  private static final int STARTS = 5;
  private static final int CONNECTIONS = 32;
  private static final int BODY_BYTES = 4_096;
  private static final int WARM_UP = 60_000;
  private static final int ROUNDS = 3;
  private static final int REQUESTS = 20_000;
  private static final int LONE_REQUESTS = 1_000;
  private static final int FILTERS = 60;
  private static final int EVENTS = 1_000;
  private static final int EVENTS_WARM_UP = 5_000;
  private static final int BURST = 100;
  private static final int EVENT_LOAD = 3_000;
  private static final int EVENT_CLIENTS = 8;

  private final String launcher;
  private final Path folder;
  private final Table table = new Table();
  private int uploads;

  private Main(String launcher, Path folder) {
    this.launcher = launcher;
    this.folder = folder;
  }

  /// @param arguments the launcher's path, the class path of the bench and the product
  public static void main(String[] arguments) throws Exception {
    LogLines.use();
    Path folder = Files.createTempDirectory("carillon-bench");
    try {
      Main bench = new Main(arguments[0], folder);
      bench.starts();
      bench.load(arguments[1]);
      bench.filtered();
      bench.events();
      System.out.println(bench.table);
      System.out.print(bench.profile());
    } finally {
      delete(folder);
    }
  }

  private Child carillon(String data, Map<String, String> environment) throws IOException {
    String path = folder.resolve(data).toString();
    return Child.start(List.of(launcher, "start", "--port", "0", "--data", path), environment);
  }

  private Child limit(String classPath) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        new ArrayList<>(
            List.of(
                java,
                "-XX:+UseG1GC",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
    if (ManagementFactory.getRuntimeMXBean().getInputArguments().contains(HUGE_PAGES)) {
      command.add(HUGE_PAGES); // as the launcher starts Carillon
    }
    command.addAll(
        List.of("-cp", classPath, LimitServer.class.getName(), folder.resolve("limit").toString()));
    return Child.start(command, Map.of());
  }

  private void starts() throws IOException {
    printProgress("starting " + STARTS + " times");
    List<Duration> took = new ArrayList<>();
    long resident = 0;
    for (int i = 0; i <= STARTS; i++) {
      try (Child server = carillon("starts", Map.of())) {
        resident = server.residentMiB();
        if (i > 0) { // the first start may build, and creates the data folder
          took.add(server.startToReady());
        }
      }
    }
    took.sort(null);
    table.line("start to ready, median of " + STARTS, millis(took.get(STARTS / 2)), "", "");
    table.line("resident memory after start", resident + " MiB", "", "");
  }

  private void load(String classPath) throws IOException, InterruptedException {
    try (Child limit = limit(classPath);
        Child server = carillon("load", Map.of())) {
      makeBucket(server);
      Load ours = new Load(server, CONNECTIONS, BODY_BYTES);
      Load theirs = new Load(limit, CONNECTIONS, BODY_BYTES);
      for (String method : METHODS) {
        printProgress(method + ": warming up");
        theirs.run(method, WARM_UP);
        ours.run(method, WARM_UP);
        compare(method, ours, theirs);
      }
      Measured lone = new Load(server, 1, BODY_BYTES).run("PUT", LONE_REQUESTS);
      Measured loneLimit = new Load(limit, 1, BODY_BYTES).run("PUT", LONE_REQUESTS);
      table.line(
          "PUT 4 KiB, 1 connection, p50 / p99",
          latency(lone),
          latency(loneLimit),
          ratio((double) lone.median().toNanos(), (double) loneLimit.median().toNanos()));
      table.line(
          "resident memory after load",
          server.residentMiB() + " MiB",
          limit.residentMiB() + " MiB",
          "");
    }
  }

  /// Alternately, so that other load slows both; the ratio is the median of the rounds.
  private void compare(String method, Load ours, Load theirs)
      throws IOException, InterruptedException {
    List<Measured> here = new ArrayList<>();
    List<Measured> there = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = 1; round <= ROUNDS; round++) {
      there.add(theirs.run(method, REQUESTS));
      here.add(ours.run(method, REQUESTS));
      ratios.add(here.getLast().perSecond() / there.getLast().perSecond());
      printProgress(
          String.format(
              "%s round %d: Carillon %.0f/s, limit %.0f/s",
              method, round, here.getLast().perSecond(), there.getLast().perSecond()));
    }
    ratios.sort(null);
    Measured best = fastest(here);
    Measured bestLimit = fastest(there);
    String what = method + " 4 KiB, " + CONNECTIONS + " connections";
    table.line(
        what, rate(best), rate(bestLimit), String.format("%.2f", ratios.get(ratios.size() / 2)));
    table.line(
        what + ", server CPU a request",
        cpu(best),
        cpu(bestLimit),
        ratio(best.cpuMicros(), bestLimit.cpuMicros()));
    table.line(what + ", p50 / p99", latency(best), latency(bestLimit), "");
  }

  /// What an event costs whose topic has many subscriptions, none of which wants it.
  private void filtered() throws IOException, InterruptedException {
    try (Child server = carillon("filtered", Map.of());
        Pipeline pipeline = new Pipeline(server.endpoint())) {
      printProgress("events to a topic with filters");
      pipeline.toFilteredTopic(Load.BUCKET, FILTERS);
      Load load = new Load(server, CONNECTIONS, BODY_BYTES);
      load.run("PUT", REQUESTS);
      Measured measured = load.run("PUT", REQUESTS);
      String what = "PUT 4 KiB → topic with " + FILTERS + " filtered subscriptions, ";
      table.line(what + "server CPU a request", cpu(measured), "", "");
      table.line(
          what + "of it the store's writer",
          String.format("%.0f µs", measured.writerMicros()),
          "",
          "");
    }
  }

  private void events() throws IOException, InterruptedException {
    try (Child server = carillon("events", Map.of());
        Pipeline pipeline = new Pipeline(server.endpoint())) {
      printProgress("events to a function");
      pipeline.toFunction("to-function");
      table.line(
          "upload → warm Python function entered, a new server's first 1,000, p50 / p99",
          latencies(pipeline, "to-function", EVENTS / 100),
          "",
          "");
      table.line(
          "upload → warm Python function entered, warm server, p50 / p99",
          latencies(pipeline, "to-function", EVENTS_WARM_UP),
          "",
          "");
      bursts(pipeline);
      printProgress("events to a subscriber");
      pipeline.toSubscriber("to-subscriber");
      table.line(
          "upload → HTTP subscriber has its POST, warm server, p50 / p99",
          latencies(pipeline, "to-subscriber", EVENTS),
          "",
          "");
    }
  }

  private void bursts(Pipeline pipeline) throws IOException, InterruptedException {
    printProgress("bursts of events");
    Duration took = pipeline.upload("to-function", keys(EVENT_LOAD), EVENT_CLIENTS);
    table.line(
        "upload → warm Python function entered, with " + EVENT_CLIENTS + " clients, events/s",
        String.format("%.0f/s", EVENT_LOAD / (took.toNanos() / 1e9)),
        "",
        "");
    pipeline.toImportingFunction("to-importing");
    table.line(
        "burst of " + BURST + " uploads through a cold Python function",
        millis(pipeline.upload("to-importing", keys(BURST), EVENT_CLIENTS)),
        "",
        "");
  }

  private List<String> keys(int count) {
    return IntStream.range(0, count).mapToObj(_ -> "object-" + uploads++).toList();
  }

  private String latencies(Pipeline pipeline, String bucket, int warmUp)
      throws IOException, InterruptedException {
    List<Duration> all = new ArrayList<>();
    for (int i = 0; i < warmUp + EVENTS; i++) {
      Duration took = pipeline.upload(bucket, "object-" + uploads++);
      if (i >= warmUp) {
        all.add(took);
      }
    }
    all.sort(null);
    return millis(all.get(EVENTS / 2)) + " / " + millis(all.get(EVENTS * 99 / 100));
  }

  /// A phase of the server's work.
  private record Span(String what, Instant from, Instant to) {}

  private String profile() throws IOException, InterruptedException {
    Profile profile = new Profile(folder);
    List<Span> spans = new ArrayList<>();
    Map<String, String> recording =
        Map.of("CARILLON_JAVA_OPTIONS", profile.option() + " -Xlog:jfr*=off");
    try (Child server = carillon("profile", recording)) {
      makeBucket(server);
      Load load = new Load(server, CONNECTIONS, BODY_BYTES);
      for (String method : METHODS) {
        printProgress("profile of " + method);
        load.run(method, WARM_UP);
        Instant begun = Instant.now();
        load.run(method, 2 * REQUESTS);
        spans.add(new Span("a " + method, begun, Instant.now()));
      }
      printProgress("profile of events");
      spans.add(events(server));
    }
    StringBuilder tables = new StringBuilder();
    for (Span span : spans) {
      tables.append(profile.table(span.what(), span.from(), span.to())).append('\n');
    }
    return tables.toString();
  }

  /// Over connections of its own: the server closes those that were idle during the loads.
  private Span events(Child server) throws IOException, InterruptedException {
    try (Pipeline pipeline = new Pipeline(server.endpoint())) {
      pipeline.toFunction("to-function");
      latencies(pipeline, "to-function", EVENTS);
      Instant begun = Instant.now();
      latencies(pipeline, "to-function", EVENTS_WARM_UP);
      return new Span("an upload that runs a function", begun, Instant.now());
    }
  }

  private static void makeBucket(Child server) throws IOException {
    try (Connection connection = new Connection(server.endpoint())) {
      connection.exchange("PUT", "/" + Load.BUCKET, new byte[0]);
    }
  }

  private static void printProgress(String what) {
    System.err.println(what + " ...");
  }

  private static Measured fastest(List<Measured> rounds) {
    return Collections.max(rounds, Comparator.comparingDouble(Measured::perSecond));
  }

  private static String ratio(double ours, double theirs) {
    return String.format("%.2f", ours / theirs);
  }

  private static String rate(Measured measured) {
    return String.format("%.0f/s", measured.perSecond());
  }

  private static String cpu(Measured measured) {
    return String.format("%.0f µs", measured.cpuMicros());
  }

  private static String latency(Measured measured) {
    return millis(measured.median()) + " / " + millis(measured.p99());
  }

  private static String millis(Duration duration) {
    return String.format("%.1f ms", duration.toNanos() / 1e6);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
