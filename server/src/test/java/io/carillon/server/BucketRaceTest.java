package io.carillon.server;

import static io.carillon.server.RaceServer.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.server.RaceServer.Account;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// The bucket or the key changes after an upload was planned and before it commits: the result is
/// as if the upload had come after the change.
@Tag("slow")
class BucketRaceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;
  private static RaceServer server;
  private String bucket = "";
  private String queue = "";

  @BeforeAll
  static void start() throws IOException {
    server = RaceServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void createBucket() {
    bucket = server.name("bucket");
    queue = server.queue(bucket + "-events", service("s3"));
    server.s3.createBucket(b -> b.bucket(bucket));
    server.notify(bucket, queue, "");
  }

  @Test
  void aRuleThatWasRemovedCausesNoEvent() {
    server.interleave(
        this::put,
        () ->
            server.s3.putBucketNotificationConfiguration(
                b -> b.bucket(bucket).notificationConfiguration(n -> {})));
    assertThat(events()).isEmpty();
  }

  @Test
  void aRuleThatWasAddedCausesAnEvent() {
    server.s3.putBucketNotificationConfiguration(
        b -> b.bucket(bucket).notificationConfiguration(n -> {}));
    server.interleave(this::put, () -> server.notify(bucket, queue, ""));
    assertThat(events()).hasSize(1);
  }

  @Test
  void aFilterThatWasChangedCounts() {
    server.interleave(this::put, () -> server.notify(bucket, queue, "other/"));
    assertThat(events()).isEmpty();
    server.interleave(this::put, () -> server.notify(bucket, queue, "k"));
    assertThat(events()).hasSize(1);
  }

  @Test
  void anUploadToABucketThatBecameVersionedHasAVersion() {
    AtomicReference<PutObjectResponse> response = new AtomicReference<>();
    server.interleave(
        () -> response.set(put()),
        () ->
            server.s3.putBucketVersioning(
                b -> b.bucket(bucket).versioningConfiguration(v -> v.status("Enabled"))));
    String version = Objects.requireNonNull(response.get()).versionId();
    assertThat(version).isNotNull();
    assertThat(server.s3.listObjectVersions(b -> b.bucket(bucket)).versions())
        .extracting(v -> v.versionId())
        .containsExactly(version);
    assertThat(events())
        .extracting(e -> e.at("/object/versionId").asText())
        .containsExactly(version);
  }

  @Test
  void aDeletedBucketTakesNothing() {
    List<String> codes = new ArrayList<>();
    server.interleave(
        () -> codes.add(refusal(this::put)), () -> server.s3.deleteBucket(b -> b.bucket(bucket)));
    assertThat(codes).containsExactly("NoSuchBucket");
    assertThat(events()).isEmpty();
  }

  /// The caller was authorized for its own bucket, and this is a stranger's.
  @Test
  void aBucketThatAnotherAccountCreatedAgainDeniesAccess() {
    Account other = server.account();
    S3Client others = other.root().s3();
    List<String> codes = new ArrayList<>();
    server.interleave(
        () -> codes.add(refusal(this::put)),
        () -> {
          server.s3.deleteBucket(b -> b.bucket(bucket));
          others.createBucket(b -> b.bucket(bucket));
        });
    others.putObject(b -> b.bucket(bucket).key("theirs"), RequestBody.fromString("x"));
    codes.add(refusal(this::put));
    codes.add(refusal(() -> server.s3.deleteObject(b -> b.bucket(bucket).key("theirs"))));
    assertThat(codes).containsExactly("AccessDenied", "AccessDenied", "AccessDenied");
    assertThat(others.listObjectsV2(b -> b.bucket(bucket)).contents())
        .extracting(o -> o.key())
        .containsExactly("theirs");
    assertThat(events()).isEmpty();
  }

  @Test
  void aDeletionDoesNotReachTheBucketThatAnotherAccountCreatedAgain() {
    Account other = server.account();
    S3Client others = other.root().s3();
    List<String> codes = new ArrayList<>();
    server.interleave(
        () -> codes.add(refusal(() -> server.s3.deleteObject(b -> b.bucket(bucket).key("key")))),
        () -> {
          server.s3.deleteBucket(b -> b.bucket(bucket));
          others.createBucket(b -> b.bucket(bucket));
          others.putObject(b -> b.bucket(bucket).key("key"), RequestBody.fromString("x"));
        });
    assertThat(codes).containsExactly("AccessDenied");
    assertThat(others.listObjectsV2(b -> b.bucket(bucket)).keyCount()).isOne();
    assertThat(events()).isEmpty();
  }

  /// The new bucket has no rules, so the event of the former one's would be wrong.
  @Test
  void aBucketThatItsOwnerCreatedAgainTakesTheObjectWithoutAnEvent() {
    server.interleave(
        this::put,
        () -> {
          server.s3.deleteBucket(b -> b.bucket(bucket));
          server.s3.createBucket(b -> b.bucket(bucket));
        });
    assertThat(server.s3.listObjectsV2(b -> b.bucket(bucket)).keyCount()).isOne();
    assertThat(events()).isEmpty();
  }

  /// The outer upload drew its sequencer first and commits last.
  @Test
  void sequencersOfTwoUploadsAreInTheOrderOfTheirCommits() {
    server.interleave(() -> put("second"), () -> put("first"));
    assertThat(bySequencer())
        .containsExactly("ObjectCreated:Put first", "ObjectCreated:Put second");
    assertThat(content()).isEqualTo("second");
  }

  @Test
  void sequencersOfAnUploadAndADeletionAreInTheOrderOfTheirCommits() {
    put("initial");
    server.interleave(this::delete, () -> put("new"));
    assertThat(bySequencer())
        .containsExactly(
            "ObjectCreated:Put initial", "ObjectCreated:Put new", "ObjectRemoved:Delete key");
    assertThat(server.s3.listObjectsV2(b -> b.bucket(bucket)).keyCount()).isZero();
  }

  @Test
  void sequencersOfADeletionAndAnUploadAreInTheOrderOfTheirCommits() {
    put("initial");
    server.interleave(() -> put("new"), this::delete);
    assertThat(bySequencer())
        .containsExactly(
            "ObjectCreated:Put initial", "ObjectRemoved:Delete key", "ObjectCreated:Put new");
    assertThat(content()).isEqualTo("new");
  }

  @Test
  void sequencersOfVersionsAreInTheOrderOfTheirCommits() {
    server.s3.putBucketVersioning(
        b -> b.bucket(bucket).versioningConfiguration(v -> v.status("Enabled")));
    server.interleave(() -> put("second"), this::delete);
    assertThat(bySequencer())
        .containsExactly("ObjectRemoved:DeleteMarkerCreated key", "ObjectCreated:Put second");
    assertThat(content()).isEqualTo("second");
  }

  private PutObjectResponse put() {
    return put("x");
  }

  /// Uploads a text; the events tell it by its length.
  private PutObjectResponse put(String text) {
    return server.s3.putObject(b -> b.bucket(bucket).key("key"), RequestBody.fromString(text));
  }

  private void delete() {
    server.s3.deleteObject(b -> b.bucket(bucket).key("key"));
  }

  private String content() {
    return server.s3.getObjectAsBytes(b -> b.bucket(bucket).key("key")).asUtf8String();
  }

  private static String refusal(Runnable request) {
    S3Exception refused = catchThrowableOfType(S3Exception.class, request::run);
    return refused == null ? "none" : refused.awsErrorDetails().errorCode();
  }

  /// The events in the order of their sequencers, each with the text that was uploaded.
  private List<String> bySequencer() {
    List<JsonNode> events = events();
    assertThat(events.stream().map(BucketRaceTest::sequencer)).doesNotHaveDuplicates();
    return events.stream()
        .sorted(Comparator.comparing(BucketRaceTest::sequencer))
        .map(e -> e.get("name").asText() + " " + text(e.at("/object/size").asInt(0)))
        .toList();
  }

  private static String text(int length) {
    return List.of("initial", "new", "first", "second", "key").stream()
        .filter(word -> length == 0 ? word.equals("key") : word.length() == length)
        .findFirst()
        .orElseThrow();
  }

  private static String sequencer(JsonNode event) {
    return event.at("/object/sequencer").asText();
  }

  /// Receives all events: the `s3` part of each, with its name.
  private List<JsonNode> events() {
    server.settle();
    assertThat(server.deadLetters(queue)).isEmpty();
    List<JsonNode> events = new ArrayList<>();
    for (int left = server.count(queue); left > 0; left--) {
      try {
        JsonNode event = JSON.readTree(server.receive(queue)).at("/Records/0");
        ObjectNode part = (ObjectNode) event.get("s3");
        events.add(part.put("name", event.get("eventName").asText()));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    return events;
  }
}
