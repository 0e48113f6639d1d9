package io.carillon.server;

import static org.awaitility.Awaitility.await;

import io.carillon.aws.Authorizer;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.outbox.TableOutbox;
import io.carillon.outbox.Work;
import io.carillon.sqs.SqsService;
import io.carillon.store.ManualClock;
import io.carillon.store.Nodes;
import io.carillon.store.RocksDatabase;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/// A whole server that starts on a data folder with rows written while the clock was two days
/// ahead.
@Tag("slow")
class ClockAheadServerTest {
  private static final AccountId ACCOUNT = new AccountId("000000000000");

  /// When the first job of a lane is due.
  private static final Pattern NEXT = Pattern.compile("\"next\":\"([^\"]+)\"");

  @TempDir Path folder;

  @Test
  void aStartingServerCorrectsTimesWrittenWhileTheClockWasAhead() throws Exception {
    String queue;
    try (Server server = start();
        SqsClient sqs = sqs(server)) {
      queue = sqs.createQueue(r -> r.queueName("q")).queueUrl();
    }

    writeAhead(queue);

    try (Server server = start();
        SqsClient sqs = sqs(server)) {
      await()
          .until(
              () ->
                  sqs.receiveMessage(r -> r.queueUrl(queue)).messages().stream()
                      .map(Message::body)
                      .anyMatch("sent ahead"::equals));
      // The job fails, since there is no such function, and is retried within minutes.
      await().until(() -> jobIsDueBefore(server, Instant.now().plus(Duration.ofHours(12))));
    }
  }

  private void writeAhead(String queue) {
    ManualClock clock = new ManualClock();
    clock.set(Instant.now().plus(Duration.ofDays(2)));
    try (RocksDatabase database =
        RocksDatabase.open(
            folder.resolve("db"),
            RocksDatabase.Settings.of(folder.resolve("db")).withClock(clock))) {
      Authorizer authorizer = DirectPipeline.letting(() -> true);
      SqsService sqs = new SqsService(new TestKernel(database, clock).with(authorizer).build());
      new DirectPipeline(sqs.operations(), authorizer)
          .call(
              DirectPipeline.root(ACCOUNT, Region.US_EAST_1, clock.instant()),
              SendMessageRequest.builder().queueUrl(queue).messageBody("sent ahead").build());
      TableOutbox outbox = TableOutbox.open(database, Nodes.join(database, Nodes.ONLY));
      database.write(
          tx -> {
            outbox.add(
                tx,
                new Work("lambda.invocation", "lane", clock.instant(), new byte[] {1}, "nobody"));
            return 0;
          });
    }
  }

  private Server start() throws IOException {
    Map<String, String> flags = Map.of("port", "0", "sandbox", "off", "data", folder.toString());
    return Server.start(Config.of(Settings.resolve(flags, Map.of(), Optional.empty())));
  }

  private static SqsClient sqs(Server server) {
    return SqsClient.builder()
        .endpointOverride(server.endpoint())
        .region(software.amazon.awssdk.regions.Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .build();
  }

  private boolean jobIsDueBefore(Server server, Instant limit) throws Exception {
    String token = Files.readString(folder.resolve("keys/admin-token")).strip();
    try (HttpClient client = HttpClient.newHttpClient()) {
      String lanes =
          client
              .send(
                  HttpRequest.newBuilder(server.endpoint().resolve("/_carillon/lanes"))
                      .header("x-carillon-token", token)
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      Matcher next = NEXT.matcher(lanes);
      return next.find() && Instant.parse(next.group(1)).isBefore(limit);
    }
  }
}
