package io.carillon.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.InputLogEvent;

/// `aws logs tail`, which only version 2 of the CLI has. Debian's is older than `AWS_ENDPOINT_URL`.
class LogsTailTest {
  private static final String AWS = "/usr/bin/aws";
  private static final String GROUP = "/aws/lambda/tailed";

  @TempDir Path folder;

  @Test
  void tailShowsExistingEventsAndFollowsNewOnes() throws Exception {
    Requirements.program("sh", "-c", AWS + " --version | grep -q ^aws-cli/2");
    try (Carillon server = Carillon.start(folder);
        CloudWatchLogsClient logs = Clients.root(server).logs()) {
      logs.createLogGroup(r -> r.logGroupName(GROUP));
      logs.createLogStream(r -> r.logGroupName(GROUP).logStreamName("s"));
      put(logs, "first");
      put(logs, "second");

      FinishedProcess all =
          FinishedProcess.of(tail(server), server.environment(), folder).expectSuccess();
      assertThat(all.output().lines().map(line -> line.substring(line.lastIndexOf(' ') + 1)))
          .containsExactly("first", "second");
      assertThat(all.output().lines()).allMatch(line -> line.contains(" s "));

      Process following = follow(server);
      // Without this, the test would wait forever for a missing line.
      var _ =
          CompletableFuture.runAsync(
              following::destroyForcibly, CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS));
      try (BufferedReader lines = following.inputReader(StandardCharsets.UTF_8)) {
        assertThat(lines.readLine()).endsWith(" first");
        assertThat(lines.readLine()).endsWith(" second");
        put(logs, "third");
        assertThat(lines.readLine()).endsWith(" third");
      } finally {
        following.destroyForcibly().waitFor();
      }
    }
  }

  private static void put(CloudWatchLogsClient logs, String message) throws InterruptedException {
    logs.putLogEvents(
        r ->
            r.logGroupName(GROUP)
                .logStreamName("s")
                .logEvents(
                    InputLogEvent.builder()
                        .timestamp(System.currentTimeMillis())
                        .message(message)
                        .build()));
    Thread.sleep(Duration.ofMillis(2)); // events of one millisecond have no order
  }

  private Process follow(Carillon server) throws Exception {
    List<String> command = new ArrayList<>(tail(server));
    command.add("--follow");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(server.environment());
    builder.environment().putAll(Map.of("PYTHONUNBUFFERED", "1"));
    return builder.start();
  }

  private static List<String> tail(Carillon server) {
    return List.of(AWS, "--endpoint-url", server.endpoint().toString(), "logs", "tail", GROUP);
  }
}
