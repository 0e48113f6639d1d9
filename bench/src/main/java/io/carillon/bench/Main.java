package io.carillon.bench;

import io.carillon.bench.Load.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// `./carillon bench`: prints one table. Absolute numbers belong to the machine; the ratios are
/// what may be compared.
public final class Main {
  private static final int CONNECTIONS = 32;
  private static final int BODY_BYTES = 4_096;
  private static final int WARM_UP = 20_000;
  private static final int ROUNDS = 3;
  private static final int REQUESTS = 20_000;
  private static final int EVENTS = 300;

  private Main() {}

  /// @param arguments the launcher's path, the product's class path
  public static void main(String[] arguments) throws Exception {
    String launcher = arguments[0];
    String classPath = arguments[1];
    Path folder = Files.createTempDirectory("carillon-bench");
    try {
      Table table = new Table();
      load(launcher, classPath, folder, table);
      events(launcher, folder, table);
      System.out.print(table);
    } finally {
      delete(folder);
    }
  }

  private static List<String> carillon(String launcher, Path data) {
    return List.of(launcher, "start", "--port", "0", "--data", data.toString());
  }

  private static void load(String launcher, String classPath, Path folder, Table table)
      throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> limitCommand =
        List.of(
            java,
            "-XX:+UseG1GC",
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            classPath,
            LimitServer.class.getName(),
            folder.resolve("limit").toString());
    try (Child limit = Child.start(limitCommand, Map.of());
        Child first = Child.start(carillon(launcher, folder.resolve("first")), Map.of())) {
      System.err.println("first start to ready: " + first.startToReady().toMillis() + " ms");
      try (Pipeline pipeline = new Pipeline(first.endpoint())) {
        pipeline.makeBucket("bench");
      }
      table.line("start to ready", first.startToReady().toMillis() + " ms", "", "");
      table.line("resident memory after start", first.residentMiB() + " MiB", "", "");
      for (String method : List.of("PUT", "GET")) {
        System.err.println(method + ": warming up ...");
        new Load(limit, CONNECTIONS, BODY_BYTES).run(method, WARM_UP, "bench");
        new Load(first, CONNECTIONS, BODY_BYTES).run(method, WARM_UP, "bench");
        List<Measured> ours = new ArrayList<>();
        List<Measured> base = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
          base.add(new Load(limit, CONNECTIONS, BODY_BYTES).run(method, REQUESTS, "bench"));
          ours.add(new Load(first, CONNECTIONS, BODY_BYTES).run(method, REQUESTS, "bench"));
          ratios.add(ours.getLast().perSecond() / base.getLast().perSecond());
          System.err.printf(
              "%s round %d: limit %.0f/s, Carillon %.0f/s%n",
              method, round + 1, base.getLast().perSecond(), ours.getLast().perSecond());
        }
        Measured best = fastest(ours);
        Measured bestLimit = fastest(base);
        ratios.sort(null);
        double ratio = ratios.get(ratios.size() / 2);
        table.line(
            method + " 4 KiB, " + CONNECTIONS + " connections",
            rate(best),
            rate(bestLimit),
            String.format("%.2f", ratio));
        table.line(
            method + " 4 KiB, server CPU a request",
            cpu(best),
            cpu(bestLimit),
            String.format("%.2f", best.cpuMicros() / bestLimit.cpuMicros()));
        table.line(method + " 4 KiB, p50 / p99", latency(best), latency(bestLimit), "");
      }
      table.line(
          "resident memory after load",
          first.residentMiB() + " MiB",
          limit.residentMiB() + " MiB",
          "");
    }
  }

  private static void events(String launcher, Path folder, Table table)
      throws IOException, InterruptedException {
    try (Child server = Child.start(carillon(launcher, folder.resolve("events")), Map.of());
        Pipeline pipeline = new Pipeline(server.endpoint())) {
      System.err.println("events: to a function ...");
      pipeline.toFunction("to-function");
      table.line(
          "upload → warm Python function entered, p50 / p99",
          latencies(pipeline, "to-function"),
          "",
          "");
      System.err.println("events: to a subscriber ...");
      pipeline.toSubscriber("to-subscriber");
      table.line(
          "upload → HTTP subscriber has its POST, p50 / p99",
          latencies(pipeline, "to-subscriber"),
          "",
          "");
    }
  }

  private static String latencies(Pipeline pipeline, String bucket) throws InterruptedException {
    for (int i = 0; i < EVENTS; i++) {
      pipeline.upload(bucket, "warm-" + i);
    }
    List<Duration> all = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      all.add(pipeline.upload(bucket, "event-" + i));
    }
    all.sort(null);
    return millis(all.get(EVENTS / 2)) + " / " + millis(all.get(EVENTS * 99 / 100));
  }

  private static Measured fastest(List<Measured> rounds) {
    return Collections.max(rounds, Comparator.comparingDouble(Measured::perSecond));
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
