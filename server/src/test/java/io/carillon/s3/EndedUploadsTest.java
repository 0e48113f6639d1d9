package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentRef;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Uploads.UploadedPart;
import io.carillon.store.Blobs.BlobRef;
import io.carillon.store.CountingDatabase;
import io.carillon.store.Inspection;
import io.carillon.store.LosingDatabase;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.MemoryDatabase;
import io.carillon.store.Tx;
import io.carillon.store.UnknownOutcomeException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAttributesResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListPartsRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// How an upload with many parts ends: in one small transaction, and then in pieces.
final class EndedUploadsTest {
  /// A piece drops 500 parts: a row each, and up to two for the blob's references.
  private static final int MOST_CHANGES = 1_550;

  private static final int PART_BYTES = 5 << 20;

  private final LosingDatabase losing =
      new LosingDatabase(new MemoryDatabase(), new Random(20_30), 0);
  private final CountingDatabase database = new CountingDatabase(losing);
  private final MemoryBlobs blobs = new MemoryBlobs(database, InstantSource.system());
  private final S3Fixture fixture = new S3Fixture(database, blobs);

  @Test
  void noTransactionOfTenThousandPartsIsLong() throws IOException {
    String id = begin("k");
    List<CompletedPart> parts = putParts("k", id, 10_000);
    database.reset();
    complete("k", id, parts.subList(0, 9_000));
    assertThat(database.mostChanges()).isLessThan(20);
    fixture.runChores();
    assertThat(database.mostChanges()).isLessThan(MOST_CHANGES);
    assertNothingIsLeft();
    assertThat(blobs.removeReleased()).as("unused parts").isEqualTo(1_000);
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("k").build());
    fixture.runChores();
    assertThat(blobs.removeReleased()).as("used parts").isEqualTo(9_000);
    assertThat(database.mostChanges()).isLessThan(MOST_CHANGES);
  }

  @Test
  void noTransactionOfAnAbortIsLong() throws IOException {
    String id = begin("k");
    putParts("k", id, 10_000);
    database.reset();
    abort("k", id);
    assertThat(database.mostChanges()).isLessThan(20);
    fixture.runChores();
    assertThat(database.mostChanges()).isLessThan(MOST_CHANGES);
    assertNothingIsLeft();
    assertThat(blobs.removeReleased()).isEqualTo(10_000);
  }

  @Test
  void anUploadThatCannotBeDroppedDoesNotHoldUpOthers() throws IOException {
    String first = begin("a");
    putParts("a", first, 2);
    String second = beginIn("b");
    putParts("b", second, 2);
    abort("a", first);
    abort("b", second);
    database.failNext(1);
    fixture.runChores();
    assertThat(blobs.removeReleased()).as("parts of the other upload").isEqualTo(2);
    fixture.runChores();
    assertThat(blobs.removeReleased()).isEqualTo(2);
    assertNothingIsLeft();
  }

  @Test
  void aDeletedObjectThatCannotBeReleasedDoesNotHoldUpOthers() throws IOException {
    String first = begin("a");
    complete("a", first, putParts("a", first, 500));
    String second = beginIn("b");
    complete("b", second, putParts("b", second, 500));
    fixture.runChores();
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("a").build());
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("b").build());
    database.failNext(1);
    fixture.runChores();
    assertThat(blobs.removeReleased()).as("parts of the other object").isEqualTo(500);
    fixture.runChores();
    assertThat(blobs.removeReleased()).isEqualTo(500);
  }

  @Test
  void noTransactionOfDeletingABucketWithManyUploadsIsLong() throws IOException {
    fixture.createBucket("bucket");
    for (int i = 0; i < 250; i++) {
      putParts("k" + i, beginIn("k" + i), 2);
    }
    database.reset();
    fixture.call(fixture.alice, DeleteBucketRequest.builder().bucket("bucket").build());
    assertThat(database.mostChanges()).isLessThan(350);
    fixture.runChores();
    assertNothingIsLeft();
    assertThat(blobs.removeReleased()).isEqualTo(500);
  }

  /// After each unknown outcome the process starts anew.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void crashesBetweenPiecesDropEachPartOnce(boolean completes) throws IOException {
    String id = begin("k");
    List<CompletedPart> parts = putParts("k", id, 5_600);
    if (completes) {
      complete("k", id, parts.subList(0, 5_000));
    } else {
      abort("k", id);
    }
    losing.lose(50);
    S3Fixture started = fixture;
    boolean isDone = false;
    while (!isDone) {
      try {
        started.runChores();
        isDone = true;
      } catch (UnknownOutcomeException _) {
        started = new S3Fixture(database, blobs);
      }
    }
    losing.lose(0);
    assertThat(losing.lost()).isPositive();
    assertNothingIsLeft();
    assertThat(blobs.removeReleased()).isEqualTo(completes ? 600 : 5_600);
  }

  /// As on AWS, where a completed or aborted upload is gone at once.
  @Test
  void requestsBetweenPiecesFindTheUploadGone() {
    String id = begin("k");
    List<CompletedPart> parts = putParts("k", id, 1_600);
    CompleteMultipartUploadResponse response = complete("k", id, parts.subList(0, 1_500));
    assertIsGone(id, parts.subList(0, 1_500), response);
    database.failAfter(1);
    fixture.runChores();
    database.reset();
    assertThat(new Inspection(database).rows("s3.uploadedParts", 2_000)).hasSize(1_100);
    assertIsGone(id, parts.subList(0, 1_500), response);
    fixture.runChores();
    assertNothingIsLeft();
    assertIsGone(id, parts.subList(0, 1_500), response);
  }

  private void assertIsGone(
      String id, List<CompletedPart> used, CompleteMultipartUploadResponse response) {
    refused(() -> send(id), "NoSuchUpload", 404);
    refused(() -> abort("k", id), "NoSuchUpload", 404);
    refused(
        () ->
            fixture.call(
                fixture.alice,
                ListPartsRequest.builder().bucket("bucket").key("k").uploadId(id).build()),
        "NoSuchUpload",
        404);
    assertThat(complete("k", id, used)).isEqualTo(response);
    ListMultipartUploadsResponse listed =
        fixture.call(fixture.alice, ListMultipartUploadsRequest.builder().bucket("bucket").build());
    assertThat(listed.uploads()).isEmpty();
    GetObjectAttributesResponse object =
        fixture.call(
            fixture.alice,
            GetObjectAttributesRequest.builder()
                .bucket("bucket")
                .key("k")
                .objectAttributesWithStrings("ObjectSize", "ObjectParts")
                .build());
    assertThat(object.objectSize()).isEqualTo((long) used.size() * PART_BYTES);
    assertThat(object.objectParts().totalPartsCount()).isEqualTo(used.size());
  }

  private void assertNothingIsLeft() {
    Inspection rows = new Inspection(database);
    assertThat(rows.tables())
        .doesNotContain("s3.uploads", "s3.uploadedParts", "s3.endedUploads", "s3.uploadSeals");
  }

  private String begin(String key) {
    fixture.createBucket("bucket");
    return beginIn(key);
  }

  private String beginIn(String key) {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder().bucket("bucket").key(key).build());
    return begun.uploadId();
  }

  /// Parts as UploadPart leaves them, without their bytes.
  private List<CompletedPart> putParts(String key, String id, int count) {
    List<CompletedPart> listed = new ArrayList<>();
    database.write(
        tx -> {
          for (int number = 1; number <= count; number++) {
            listed.add(putPart(tx, key, id, number));
          }
          return id;
        });
    return listed;
  }

  private CompletedPart putPart(Tx tx, String key, String id, int number) {
    Uploads uploads = new Uploads(new ContentStore(blobs));
    Bucket bucket = new Buckets().require(tx, fixture.alice, "bucket", null);
    Uploads.Upload upload = uploads.find(tx, bucket, new ObjectKey(key), id).orElseThrow();
    BlobRef blob = new BlobRef(key + "-" + number, PART_BYTES);
    blobs.retain(tx, blob);
    Part part =
        new Part(
            number,
            new ContentRef(ContentRef.Kind.BLOB, blob.id(), blob.sizeBytes()),
            "d41d8cd98f00b204e9800998ecf8427e",
            new StoredChecksum(
                ChecksumAlgorithm.CRC64NVME, "AAAAAAAAAAA=", StoredChecksum.Type.FULL_OBJECT));
    uploads.put(tx, upload, new UploadedPart(part, 0));
    return CompletedPart.builder().partNumber(number).eTag(part.etag()).build();
  }

  private void send(String id) {
    fixture.stream(
        fixture.alice,
        UploadPartRequest.builder().bucket("bucket").key("k").uploadId(id).partNumber(1).build(),
        request(new byte[1]));
  }

  private void abort(String key, String id) {
    fixture.call(
        fixture.alice,
        AbortMultipartUploadRequest.builder().bucket("bucket").key(key).uploadId(id).build());
  }

  private CompleteMultipartUploadResponse complete(
      String key, String id, List<CompletedPart> parts) {
    return fixture.call(
        fixture.alice,
        CompleteMultipartUploadRequest.builder()
            .bucket("bucket")
            .key(key)
            .uploadId(id)
            .multipartUpload(m -> m.parts(parts))
            .build());
  }
}
