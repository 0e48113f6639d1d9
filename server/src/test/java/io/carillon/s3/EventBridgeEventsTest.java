package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.s3.event.Notifications;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.EventBridgeConfiguration;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketNotificationConfigurationResponse;
import software.amazon.awssdk.services.s3.model.PutBucketNotificationConfigurationRequest;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.Tag;

/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
class EventBridgeEventsTest {
  private final S3Fixture fixture = new S3Fixture();
  private final ObjectMapper json = new ObjectMapper();

  @BeforeEach
  void createBucketWithEventBridge() {
    fixture.createBucket("bucket");
    configure(EventBridgeConfiguration.builder().build());
  }

  @Test
  void anUploadHasTheDocumentedForm() throws Exception {
    fixture.put("bucket", "dir/a b+ü.txt", "hello");
    assertThat(fixture.outbox.getFirst().kind()).isEqualTo(Notifications.KIND);
    assertThat(fixture.outbox.getFirst().lane())
        .isEqualTo("arn:aws:events:eu-central-1:111111111111:event-bus/default");
    JsonNode event = events().getFirst();
    assertThat(event.path("id").asText()).hasSize(36);
    assertThat(event.at("/detail/object/sequencer").asText()).matches("[0-9a-f]{18}");
    assertThat(
            event
                .toString()
                .replace(event.path("id").asText(), "ID")
                .replace(event.at("/detail/object/sequencer").asText(), "SEQUENCER"))
        .isEqualTo(
            "{\"version\":\"0\",\"id\":\"ID\",\"detail-type\":\"Object Created\","
                + "\"source\":\"aws.s3\",\"account\":\"111111111111\","
                + "\"time\":\"2026-03-01T10:00:00Z\",\"region\":\"eu-central-1\","
                + "\"resources\":[\"arn:aws:s3:::bucket\"],\"detail\":{\"version\":\"0\","
                + "\"bucket\":{\"name\":\"bucket\"},\"object\":{\"key\":\"dir/a b+ü.txt\","
                + "\"size\":5,\"etag\":\"5d41402abc4b2a76b9719d911017c592\","
                + "\"sequencer\":\"SEQUENCER\"},\"request-id\":\"REQUESTID0000001\","
                + "\"requester\":\"111111111111\",\"source-ip-address\":\"10.1.2.3\","
                + "\"reason\":\"PutObject\"}}");
  }

  @Test
  void eachChangeOfAnObjectSaysItsReason() throws Exception {
    call(
        PutBucketVersioningRequest.builder()
            .bucket("bucket")
            .versioningConfiguration(v -> v.status("Enabled"))
            .build());
    fixture.put("bucket", "k", "x");
    call(S3Fixture.copyOf("bucket/k").destinationBucket("bucket").destinationKey("copy").build());
    call(
        PutObjectTaggingRequest.builder()
            .bucket("bucket")
            .key("k")
            .tagging(t -> t.tagSet(Tag.builder().key("a").value("b").build()))
            .build());
    call(DeleteObjectTaggingRequest.builder().bucket("bucket").key("k").build());
    call(DeleteObjectRequest.builder().bucket("bucket").key("k").build());
    String copy = events().get(1).at("/detail/object/version-id").asText();
    call(DeleteObjectRequest.builder().bucket("bucket").key("copy").versionId(copy).build());

    assertThat(events())
        .extracting(
            event -> event.path("detail-type").asText(),
            event -> event.at("/detail/reason").asText(),
            event -> event.at("/detail/deletion-type").asText(),
            event -> event.at("/detail/object").has("size"),
            event -> event.at("/detail/object").has("sequencer"),
            event -> event.at("/detail/object/version-id").asText().length())
        .containsExactly(
            expected("Object Created", "PutObject", "", true, true),
            expected("Object Created", "CopyObject", "", true, true),
            expected("Object Tags Added", "", "", false, false),
            expected("Object Tags Deleted", "", "", false, false),
            expected("Object Deleted", "DeleteObject", "Delete Marker Created", false, true),
            expected("Object Deleted", "DeleteObject", "Permanently Deleted", false, true));
  }

  private static org.assertj.core.groups.Tuple expected(
      String type, String reason, String deletion, boolean size, boolean sequencer) {
    return org.assertj.core.groups.Tuple.tuple(type, reason, deletion, size, sequencer, 32);
  }

  @Test
  void theSwitchIsShownAndTurnedOff() {
    assertThat(configuration().eventBridgeConfiguration()).isNotNull();
    assertThat(fixture.service.diagnosis("bucket", "k"))
        .contains("All events of bucket bucket go to the default event bus.");
    configure(null);
    assertThat(configuration().eventBridgeConfiguration()).isNull();
    fixture.put("bucket", "k", "x");
    assertThat(fixture.outbox).isEmpty();
  }

  private void configure(@Nullable EventBridgeConfiguration eventBridge) {
    call(
        PutBucketNotificationConfigurationRequest.builder()
            .bucket("bucket")
            .notificationConfiguration(n -> n.eventBridgeConfiguration(eventBridge))
            .build());
  }

  private GetBucketNotificationConfigurationResponse configuration() {
    return fixture.call(
        fixture.alice,
        GetBucketNotificationConfigurationRequest.builder().bucket("bucket").build());
  }

  private void call(SdkPojo request) {
    var _ = fixture.call(fixture.alice, request);
  }

  private List<JsonNode> events() throws Exception {
    List<JsonNode> events = new java.util.ArrayList<>();
    for (String event : fixture.events()) {
      events.add(json.readTree(event));
    }
    return events;
  }
}
