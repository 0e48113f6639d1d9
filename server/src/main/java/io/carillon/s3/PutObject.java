package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.s3.event.EventType;
import io.carillon.s3.event.Notifications;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.ObjectMetadata;
import io.carillon.s3.model.ObjectVersion;
import io.carillon.s3.model.ObjectVersion.Draft;
import io.carillon.s3.model.Versions;
import io.carillon.s3.model.Versions.NewVersion;
import io.carillon.s3.model.WritePreconditions;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// PutObject: stores one object version and, in the same transaction, the events it causes.
final class PutObject {
  private final Database database;
  private final Buckets buckets;
  private final Bodies bodies;
  private final ContentStore contents;
  private final Versions versions;
  private final Notifications notifications;

  PutObject(
      Database database,
      Buckets buckets,
      Bodies bodies,
      ContentStore contents,
      Versions versions,
      Notifications notifications) {
    this.database = database;
    this.buckets = buckets;
    this.bodies = bodies;
    this.contents = contents;
    this.versions = versions;
    this.notifications = notifications;
  }

  /// Receives the body to be stored.
  interface BodySource {
    Bodies.Received receive() throws IOException;
  }

  /// Makes the response for the stored version.
  interface ResponseFactory {
    Response of(Bucket bucket, ObjectVersion version);
  }

  Response run(Caller caller, PutObjectRequest input, Request http) throws IOException {
    return run(
        caller,
        input,
        () -> bodies.receive(http, Optional.empty()),
        EventType.CREATED_PUT,
        ObjectHeaders::written);
  }

  Response run(
      Caller caller,
      PutObjectRequest input,
      BodySource body,
      EventType event,
      ResponseFactory responses)
      throws IOException {
    ObjectKey key = new ObjectKey(input.key());
    ObjectMetadata description = RequestMetadata.of(input);
    WritePreconditions conditions = new WritePreconditions(input.ifMatch(), input.ifNoneMatch());
    database.read( // refuse early, before the client sends the body
        snapshot -> {
          Bucket bucket =
              buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
          AccessControlLists.requireForObject(caller, bucket, input.key(), "s3:PutObject", input);
          conditions.check(() -> versions.live(snapshot, bucket, key), key);
          return bucket;
        });
    // The slow part holds no lock. Small bodies stay in memory and become a row; larger ones become
    // a synced blob before any row names them. A crash here leaves an unnamed blob, which the sweep
    // deletes.
    Bodies.Received received = body.receive();
    ContentStore.Prepared content = contents.prepare(received.newContent());
    Draft draft = new Draft(received.etag(), content.content(), received.checksum(), description);

    return database.change(
        snapshot -> {
          Bucket bucket =
              buckets.require(snapshot, caller, input.bucket(), input.expectedBucketOwner());
          NewVersion version = versions.plan(snapshot, bucket, key, draft);
          return new Upload(
              bucket,
              version,
              notifications.objectCreated(snapshot, bucket, key, version.version(), event, caller));
        },
        (tx, upload) -> {
          conditions.check(() -> versions.live(tx, upload.bucket, key), key);
          contents.put(tx, content);
          versions.put(tx, upload.bucket, key, upload.version);
          upload.events.accept(tx);
          return responses.of(upload.bucket, upload.version.version());
        });
  }

  /// @param events the effect that stores or delivers what the upload causes
  private record Upload(Bucket bucket, NewVersion version, Consumer<Tx> events) {}
}
