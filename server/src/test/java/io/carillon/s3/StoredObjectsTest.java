package io.carillon.s3;

import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.store.Blobs;
import io.carillon.store.FileBlobs;
import io.carillon.store.OnlyIncarnation;
import io.carillon.store.RocksDatabase;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;

/// The service on its production store, with restarts.
class StoredObjectsTest {
  @TempDir Path folder;

  @Test
  void objectsVersionsAndRulesSurviveARestart() throws Exception {
    byte[] large = new byte[300_000];
    new Random(7).nextBytes(large);
    try (RocksDatabase database = RocksDatabase.open(folder.resolve("db"))) {
      S3Fixture fixture = new S3Fixture(database, blobs(database));
      fixture.createBucket("bucket");
      fixture.call(
          fixture.alice,
          PutBucketVersioningRequest.builder()
              .bucket("bucket")
              .versioningConfiguration(v -> v.status("Enabled"))
              .build());
      fixture.notifyFunction("bucket");
      fixture.put("bucket", "small", "one");
      fixture.put("bucket", "small", "two");
      fixture.stream(
          fixture.alice,
          PutObjectRequest.builder()
              .bucket("bucket")
              .key("large")
              .metadata(Map.of("a", "b"))
              .tagging("t=1")
              .build(),
          request(large));
      fixture.call(
          fixture.alice,
          S3Fixture.copyOf("bucket/large")
              .destinationBucket("bucket")
              .destinationKey("copy")
              .build());
      fixture.call(
          fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("large").build());
    }

    try (RocksDatabase database = RocksDatabase.open(folder.resolve("db"))) {
      S3Fixture fixture = new S3Fixture(database, blobs(database));
      assertThat(fixture.get("bucket", "small")).isEqualTo("two");
      assertThat(
              S3Fixture.bytes(
                  fixture.stream(
                      fixture.alice,
                      GetObjectRequest.builder().bucket("bucket").key("copy").build(),
                      request(new byte[0]))))
          .isEqualTo(large);
      ListObjectsV2Response listed =
          fixture.call(fixture.alice, ListObjectsV2Request.builder().bucket("bucket").build());
      assertThat(listed.contents()).extracting(S3Object::key).containsExactly("copy", "small");
      fixture.put("bucket", "small", "three");
      assertThat(fixture.outbox).hasSize(1);
    }
  }

  private Blobs blobs(RocksDatabase database) {
    return FileBlobs.open(
        folder.resolve("blobs"),
        database,
        new OnlyIncarnation(System.nanoTime()),
        InstantSource.system());
  }
}
