package io.carillon.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/// The distribution of the server's CPU time: samples of the flight recorder by the stage of the
/// request pipeline in which they were taken.
final class Profile {
  /// @param frame the start of a `class.method` that marks this stage in a stack
  private record Stage(String name, String frame) {}

  /// The innermost first: a sample counts for the first stage that matches.
  private static final List<Stage> STAGES =
      List.of(
          new Stage("delivery in the transaction", "io.carillon.outbox.TableOutbox.deliver"),
          new Stage("planning a change, with its events", "io.carillon.store.Planned.on"),
          new Stage("receiving and hashing the body", "io.carillon.s3.Bodies."),
          new Stage("verifying the signature", "io.carillon.aws.sigv4."),
          new Stage("authorization", "io.carillon.iam.IamAuthorizer."),
          new Stage(
              "commit: RocksDB's log, memory table and sync",
              "io.carillon.store.RocksDatabase$RocksLog.write"),
          new Stage(
              "the transaction: rows read, decoded, encoded",
              "io.carillon.store.GroupCommit$Pending.run"),
          new Stage("waking threads that wait for the commit", "io.carillon.store.GroupCommit."),
          new Stage("reading rows outside a transaction", "io.carillon.store.RocksDatabase.read"),
          new Stage("function environments and their Runtime API", "io.carillon.lambda."),
          new Stage("the outbox: attempts and results", "io.carillon.outbox."),
          new Stage("parsing requests and writing responses", "io.carillon.aws.protocol."),
          new Stage("the rest of the operation", "io.carillon.aws.pipeline.RequestPipeline."),
          new Stage("HTTP: heads, bodies, responses", "io.carillon.http.Exchange."),
          new Stage("HTTP: sockets and event loop", "io.netty."));

  private static final String SETTINGS =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <configuration version="2.0">
        <event name="jdk.CPUTimeSample">
          <setting name="enabled">true</setting>
          <setting name="throttle">5ms</setting>
          <setting name="stackTrace">true</setting>
        </event>
      </configuration>
      """;

  private final Path recording;

  Profile(Path folder) {
    this.recording = folder.resolve("profile.jfr");
  }

  /// The JVM option that starts the recording.
  String option() throws IOException {
    Path settings = recording.resolveSibling("profile.jfc");
    Files.writeString(settings, SETTINGS);
    return "-XX:StartFlightRecording:filename=" + recording + ",settings=" + settings;
  }

  /// The share of each stage in the samples between two instants, as a table.
  String table(String what, Instant from, Instant to) throws IOException {
    Map<String, Integer> samples = new LinkedHashMap<>();
    STAGES.forEach(stage -> samples.put(stage.name(), 0));
    int all = 0;
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        if (event.getEventType().getName().equals("jdk.CPUTimeSample")
            && event.getStartTime().isAfter(from)
            && event.getStartTime().isBefore(to)) {
          samples.merge(stageOf(event), 1, Integer::sum);
          all++;
        }
      }
    }
    StringBuilder table = new StringBuilder("| stage of " + what + " | Java CPU time |\n");
    table.append("| --- | --- |\n");
    for (Map.Entry<String, Integer> stage : samples.entrySet()) {
      if (stage.getValue() > 0) {
        table.append(
            String.format("| %s | %.0f %% |%n", stage.getKey(), 100.0 * stage.getValue() / all));
      }
    }
    return table.append("\n").append(all).append(" samples\n").toString();
  }

  private static String stageOf(RecordedEvent event) {
    if (event.getStackTrace() != null) {
      for (Stage stage : STAGES) {
        for (RecordedFrame frame : event.getStackTrace().getFrames()) {
          String name = frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
          if (name.startsWith(stage.frame())) {
            return stage.name();
          }
        }
      }
    }
    return "other: scheduling of virtual threads and what has no stack";
  }
}
