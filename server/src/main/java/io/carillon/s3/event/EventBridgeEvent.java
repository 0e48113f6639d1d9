package io.carillon.s3.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.s3.model.Sequence;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/// An event in the form that EventBridge receives. Unlike in the other form, keys are as they are.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
///
/// @param id the event's own
record EventBridgeEvent(EventRecord event, String id) {
  private static final JsonFactory JSON = new JsonFactory();

  /// The bus that it goes to: the default one of the bucket's owner, in the bucket's region.
  Arn bus() {
    return Arn.of(
        "events",
        new Region(event.bucket().region()),
        new AccountId(event.bucket().account()),
        "event-bus/default");
  }

  byte[] toJson() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("version", "0");
      json.writeStringField("id", id);
      json.writeStringField("detail-type", detailType());
      json.writeStringField("source", "aws.s3");
      json.writeStringField("account", event.bucket().account());
      json.writeStringField("time", event.time().truncatedTo(ChronoUnit.SECONDS).toString());
      json.writeStringField("region", event.bucket().region());
      json.writeArrayFieldStart("resources");
      json.writeString(event.bucket().arn().toString());
      json.writeEndArray();
      writeDetail(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private String detailType() {
    return switch (event.type()) {
      case CREATED_PUT, CREATED_POST, CREATED_COPY, CREATED_COMPLETE_MULTIPART_UPLOAD ->
          "Object Created";
      case REMOVED_DELETE, REMOVED_DELETE_MARKER_CREATED -> "Object Deleted";
      case TAGGING_PUT -> "Object Tags Added";
      case TAGGING_DELETE -> "Object Tags Deleted";
    };
  }

  private void writeDetail(JsonGenerator json) throws IOException {
    Caller caller = event.caller();
    json.writeObjectFieldStart("detail");
    json.writeStringField("version", "0");
    json.writeObjectFieldStart("bucket");
    json.writeStringField("name", event.bucket().name());
    json.writeEndObject();
    writeObject(json);
    json.writeStringField("request-id", caller.requestId());
    json.writeStringField("requester", requester(caller));
    json.writeStringField("source-ip-address", caller.sourceAddress());
    switch (event.type()) {
      case CREATED_PUT -> json.writeStringField("reason", "PutObject");
      case CREATED_POST -> json.writeStringField("reason", "POST Object");
      case CREATED_COPY -> json.writeStringField("reason", "CopyObject");
      case CREATED_COMPLETE_MULTIPART_UPLOAD ->
          json.writeStringField("reason", "CompleteMultipartUpload");
      case REMOVED_DELETE -> writeDeletion(json, "Permanently Deleted");
      case REMOVED_DELETE_MARKER_CREATED -> writeDeletion(json, "Delete Marker Created");
      case TAGGING_PUT, TAGGING_DELETE -> {} // events of tags have no reason
    }
    json.writeEndObject();
  }

  private static void writeDeletion(JsonGenerator json, String type) throws IOException {
    json.writeStringField("reason", "DeleteObject");
    json.writeStringField("deletion-type", type);
  }

  private void writeObject(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("object");
    json.writeStringField("key", event.key().value());
    if (event.type().hasSize()) {
      json.writeNumberField("size", event.version().sizeBytes());
    }
    if (!event.version().etag().isEmpty()) { // a key that had no object has none
      json.writeStringField("etag", event.version().etag());
    }
    if (event.hasVersionId()) {
      json.writeStringField("version-id", event.version().versionId());
    }
    if (event.type().hasSequencer()) {
      // in small letters, unlike in the other form
      json.writeStringField("sequencer", Sequence.text(event.sequence()).toLowerCase(Locale.ROOT));
    }
    json.writeEndObject();
  }

  /// The account of the caller, or the name of a service.
  private static String requester(Caller caller) {
    return switch (caller.principal()) {
      case Principal.Service(String name) -> name;
      case Principal.Anonymous anonymous -> anonymous.uniqueId();
      case Principal.Root _, Principal.User _, Principal.AssumedRole _ -> caller.account().value();
    };
  }
}
