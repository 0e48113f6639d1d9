package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// Events as recorded from S3.
///
/// Source: recorded in
/// https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_notifications_sqs.snapshot.json
class RecordedEventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucketWithNotifications() {
    fixture.createBucket("bucket");
    fixture.notifyFunction("bucket");
  }

  /// test_delete_objects: every key of the request gets an event, whether or not the object exists.
  @Test
  void deleteObjectsSendsEventsForMissingKeys() {
    fixture.put("bucket", "there", "x");
    fixture.outbox.clear();
    deleteAll("missing", "there", "missing", "missing too");

    List<JsonNode> events = events();
    assertThat(events)
        .allSatisfy(
            event -> {
              assertThat(event.at("/eventName").asText()).isEqualTo("ObjectRemoved:Delete");
              assertThat(event.at("/s3/object").fieldNames())
                  .toIterable()
                  .containsExactlyInAnyOrder("key", "sequencer");
            });
    assertThat(events)
        .extracting(event -> event.at("/s3/object/key").asText())
        .containsExactly("missing", "there", "missing", "missing+too");
    assertThat(events.getFirst().at("/s3/object/sequencer").asText())
        .isLessThan(events.get(2).at("/s3/object/sequencer").asText());
  }

  @Test
  void deleteObjectsSendsNoEventsForMissingVersions() {
    versioning("Enabled");
    String version =
        String.valueOf(fixture.put("bucket", "k", "x").headers().first("x-amz-version-id"));
    delete("k", version);
    fixture.outbox.clear();
    fixture.call(
        fixture.alice,
        DeleteObjectsRequest.builder()
            .bucket("bucket")
            .delete(d -> d.objects(ObjectIdentifier.builder().key("k").versionId(version).build()))
            .build());
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void deleteObjectSendsNoEventForAMissingKey() {
    delete("missing", null);
    assertThat(fixture.outbox).isEmpty();
  }

  /// test_object_tagging_put_event, test_object_tagging_delete_event.
  @Test
  void taggingEventsHaveNoSize() {
    fixture.put("bucket", "k", "x");
    fixture.outbox.clear();
    fixture.call(
        fixture.alice,
        PutObjectTaggingRequest.builder()
            .bucket("bucket")
            .key("k")
            .tagging(t -> t.tagSet(Tag.builder().key("k").value("v").build()))
            .build());
    fixture.call(
        fixture.alice, DeleteObjectTaggingRequest.builder().bucket("bucket").key("k").build());
    assertThat(events())
        .hasSize(2)
        .allSatisfy(
            event ->
                assertThat(event.at("/s3/object").fieldNames())
                    .toIterable()
                    .containsExactlyInAnyOrder("key", "eTag"));
  }

  /// Only events of versioned buckets have "versionId", as test_s3_put_object_on_suspended_bucket
  /// and the user guide say.
  @Test
  void eventsHaveNoVersionIdWhileVersioningIsSuspended() {
    versioning("Enabled");
    String kept =
        String.valueOf(fixture.put("bucket", "k", "x").headers().first("x-amz-version-id"));
    versioning("Suspended");
    fixture.outbox.clear();
    fixture.put("bucket", "k", "y");
    fixture.call(
        fixture.alice,
        S3Fixture.copyOf("bucket/k").destinationBucket("bucket").destinationKey("c").build());
    complete();
    delete("k", null);
    assertThat(events())
        .hasSize(4)
        .allSatisfy(event -> assertThat(event.at("/s3/object").has("versionId")).isFalse());

    fixture.outbox.clear();
    delete("k", kept);
    assertThat(events().getFirst().at("/s3/object/versionId").asText()).isEqualTo(kept);
  }

  private void complete() {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder().bucket("bucket").key("m").build());
    String etag =
        fixture.stream(
                fixture.alice,
                UploadPartRequest.builder()
                    .bucket("bucket")
                    .key("m")
                    .uploadId(begun.uploadId())
                    .partNumber(1)
                    .build(),
                S3Fixture.request(new byte[1]))
            .headers()
            .first("ETag");
    fixture.call(
        fixture.alice,
        CompleteMultipartUploadRequest.builder()
            .bucket("bucket")
            .key("m")
            .uploadId(begun.uploadId())
            .multipartUpload(m -> m.parts(CompletedPart.builder().partNumber(1).eTag(etag).build()))
            .build());
  }

  private void versioning(String status) {
    fixture.call(
        fixture.alice,
        PutBucketVersioningRequest.builder()
            .bucket("bucket")
            .versioningConfiguration(v -> v.status(status))
            .build());
  }

  private void delete(String key, @Nullable String versionId) {
    fixture.call(
        fixture.alice,
        DeleteObjectRequest.builder().bucket("bucket").key(key).versionId(versionId).build());
  }

  private void deleteAll(String... keys) {
    List<ObjectIdentifier> objects = new ArrayList<>();
    for (String key : keys) {
      objects.add(ObjectIdentifier.builder().key(key).build());
    }
    fixture.call(
        fixture.alice,
        DeleteObjectsRequest.builder().bucket("bucket").delete(d -> d.objects(objects)).build());
  }

  private List<JsonNode> events() {
    List<JsonNode> records = new ArrayList<>();
    for (String message : fixture.events()) {
      try {
        records.add(JSON.readTree(message).at("/Records/0"));
      } catch (JsonProcessingException e) {
        throw new AssertionError(message, e);
      }
    }
    return records;
  }
}
