package io.carillon.s3.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.base.Timestamps;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.OwnerId;
import io.carillon.s3.model.Sequence;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// An event in the form that destinations receive.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
///
/// @param version the version that was created, deleted or tagged
/// @param sequence orders the event among those of its key
public record EventRecord(
    EventType type,
    Bucket bucket,
    ObjectKey key,
    ObjectVersion version,
    long sequence,
    Caller caller,
    Instant time) {

  private static final JsonFactory JSON = new JsonFactory();
  private static final String EVENT_VERSION = "2.5";

  /// The message, which has this one record.
  ///
  /// @param configurationId the id of the rule that matched
  public byte[] toJson(String configurationId) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("Records");
      json.writeStartObject();
      json.writeStringField("eventVersion", EVENT_VERSION);
      json.writeStringField("eventSource", "aws:s3");
      json.writeStringField("awsRegion", bucket.region());
      json.writeStringField("eventTime", Timestamps.millis(time));
      json.writeStringField("eventName", type.eventName());
      writeIdentity(json, "userIdentity", principalId(caller.principal()));
      json.writeObjectFieldStart("requestParameters");
      json.writeStringField("sourceIPAddress", caller.sourceAddress());
      json.writeEndObject();
      json.writeObjectFieldStart("responseElements");
      json.writeStringField("x-amz-request-id", caller.requestId());
      json.writeStringField("x-amz-id-2", caller.hostId());
      json.writeEndObject();
      json.writeObjectFieldStart("s3");
      json.writeStringField("s3SchemaVersion", "1.0");
      json.writeStringField("configurationId", configurationId);
      json.writeObjectFieldStart("bucket");
      json.writeStringField("name", bucket.name());
      writeIdentity(json, "ownerIdentity", OwnerId.principal(bucket.owner()));
      json.writeStringField("arn", bucket.arn().toString());
      json.writeEndObject();
      writeObject(json);
      json.writeEndObject();
      json.writeEndObject();
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /// The test message for the destinations of new rules.
  public static byte[] test(Bucket bucket, Caller caller, Instant time) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("Service", "Amazon S3");
      json.writeStringField("Event", "s3:TestEvent");
      json.writeStringField("Time", Timestamps.millis(time));
      json.writeStringField("Bucket", bucket.name());
      json.writeStringField("RequestId", caller.requestId());
      json.writeStringField("HostId", caller.hostId());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /// Keys in events are form-encoded, except for slashes.
  static String encodedKey(String key) {
    return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("%2F", "/");
  }

  /// Removals have neither size nor ETag; delete markers and tagging have the ETag only. Objects
  /// that are written while versioning is suspended have no version id.
  private void writeObject(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("object");
    json.writeStringField("key", encodedKey(key.value()));
    if (type.hasSize()) {
      json.writeNumberField("size", version.sizeBytes());
    }
    if (type != EventType.REMOVED_DELETE) {
      json.writeStringField("eTag", version.etag());
    }
    if (hasVersionId()) {
      json.writeStringField("versionId", version.versionId());
    }
    if (type.hasSequencer()) {
      json.writeStringField("sequencer", Sequence.text(sequence));
    }
    json.writeEndObject();
  }

  /// Whether the version has an id of its own.
  boolean hasVersionId() {
    return bucket.keepsVersions()
        || (bucket.everVersioned() && !version.hasId(ObjectVersion.NULL_VERSION));
  }

  private static void writeIdentity(JsonGenerator json, String name, String principalId)
      throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("principalId", principalId);
    json.writeEndObject();
  }

  private static String principalId(Principal principal) {
    return switch (principal) {
      case Principal.Service(String name) -> name;
      case Principal.Anonymous() -> principal.uniqueId();
      case Principal.Root _, Principal.User _, Principal.AssumedRole _ ->
          "AWS:" + principal.uniqueId();
    };
  }
}
