package io.carillon.s3;

import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.http.Response;
import io.carillon.s3.model.Bucket;
import io.carillon.s3.model.Buckets;
import io.carillon.s3.model.ContentRef;
import io.carillon.s3.model.ContentStore;
import io.carillon.s3.model.ObjectKey;
import io.carillon.s3.model.Part;
import io.carillon.s3.model.StoredChecksum;
import io.carillon.s3.model.Uploads;
import io.carillon.s3.model.Uploads.UploadedPart;
import io.carillon.store.Database;
import io.carillon.store.MemoryDatabase;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// How much a completion does in its write transaction, and what happens if parts change between
/// its read and its transaction.
class CompleteMultipartUploadTest {
  /// Counts the rows that write transactions read, and runs a hook after each read outside them.
  private static final class ObservedDatabase implements Database {
    final MemoryDatabase database = new MemoryDatabase();
    final AtomicInteger readInTransactions = new AtomicInteger();
    final AtomicInteger maxChanges = new AtomicInteger();
    final AtomicInteger writesLeft = new AtomicInteger(Integer.MAX_VALUE);
    Runnable afterRead = () -> {};

    @Override
    public <T> T write(Change<T> change) {
      if (writesLeft.getAndDecrement() <= 0) {
        throw new IllegalStateException("the process died");
      }
      return database.write(
          tx -> {
            T result = change.run(counting(tx));
            maxChanges.accumulateAndGet(tx.changes(), Math::max);
            return result;
          });
    }

    @Override
    public <T> T writeRelaxed(Change<T> change) {
      return write(change);
    }

    @Override
    public <T> T read(Query<T> query) {
      T found = database.read(query);
      afterRead.run();
      return found;
    }

    @Override
    public InstantSource clock() {
      return database.clock();
    }

    private Tx counting(Tx tx) {
      return (Tx)
          Proxy.newProxyInstance(
              Tx.class.getClassLoader(),
              new Class<?>[] {Tx.class},
              (_, method, arguments) -> {
                if (method.getName().equals("scan")) {
                  Snapshot.Visitor visitor = (Snapshot.Visitor) arguments[3];
                  arguments[3] =
                      (Snapshot.Visitor)
                          (key, value) -> {
                            readInTransactions.incrementAndGet();
                            return visitor.visit(key, value);
                          };
                } else if (method.getName().startsWith("get")) {
                  readInTransactions.incrementAndGet();
                }
                try {
                  return method.invoke(tx, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    @Override
    public void close() {
      database.close();
    }
  }

  private final ObservedDatabase database = new ObservedDatabase();
  private final S3Fixture fixture = new S3Fixture(database, new TestBlobs());

  @Test
  void partsAreReadOutsideTheWriteTransaction() {
    completeAThousandParts();
    assertThat(database.readInTransactions.get()).isLessThan(50);
  }

  private void completeAThousandParts() {
    fixture.createBucket("bucket");
    String id = begin();
    List<CompletedPart> listed = putParts(id, 1_000);
    database.readInTransactions.set(0);
    assertThat(complete(id, listed).eTag()).endsWith("-1000\"");
  }

  private List<CompletedPart> putParts(String id, int parts) {
    Uploads uploads = new Uploads(new ContentStore(fixture.blobs));
    StoredChecksum checksum =
        new StoredChecksum(
            ChecksumAlgorithm.CRC64NVME, "AAAAAAAAAAA=", StoredChecksum.Type.FULL_OBJECT);
    List<CompletedPart> listed = new ArrayList<>();
    database.write(
        tx -> {
          Bucket bucket = new Buckets().require(tx, fixture.alice, "bucket", null);
          Uploads.Upload upload = uploads.find(tx, bucket, new ObjectKey("k"), id).orElseThrow();
          for (int number = 1; number <= parts; number++) {
            ContentRef content = new ContentRef(ContentRef.Kind.BLOB, "blob-" + number, 5 << 20);
            Part part = new Part(number, content, "d41d8cd98f00b204e9800998ecf8427e", checksum);
            uploads.put(tx, upload, new UploadedPart(part, 0));
            listed.add(CompletedPart.builder().partNumber(number).eTag(part.etag()).build());
          }
          return id;
        });
    return listed;
  }

  @Test
  void partsOfADeletedObjectAreReleasedInBatches() {
    completeAThousandParts();
    for (int number = 1; number <= 1_000; number++) {
      fixture.blobs.references.put("blob-" + number, 1);
    }
    database.readInTransactions.set(0);
    database.maxChanges.set(0);
    fixture.call(fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key("k").build());
    assertThat(database.readInTransactions.get()).isLessThan(50);
    assertThat(fixture.blobs.references.values()).containsOnly(1);
    fixture.runChores();
    assertThat(fixture.blobs.references.values()).containsOnly(0);
    assertThat(database.maxChanges.get()).isLessThan(600);
    fixture.runChores();
    assertThat(fixture.blobs.references.values()).containsOnly(0);
  }

  @Test
  void partAddedDuringCompletionIsNoticed() {
    fixture.createBucket("bucket");
    String id = begin();
    send(id, "first");
    AtomicInteger looks = new AtomicInteger();
    database.afterRead =
        () -> {
          if (looks.getAndIncrement() < 2) {
            send(id, "first"); // the same bytes in another row
          }
        };
    CompletedPart part = send(id, "first");
    complete(id, List.of(part));
    assertThat(looks.get()).isGreaterThan(2);
    database.afterRead = () -> {};
    Response got =
        fixture.stream(
            fixture.alice,
            GetObjectRequest.builder().bucket("bucket").key("k").build(),
            request(new byte[0]));
    assertThat(S3Fixture.bytes(got)).asString().isEqualTo("first");
  }

  /// Were the upload there until its last part is gone, the object would be made of parts that were
  /// deleted.
  @Test
  void uploadWhoseAbortBeganIsNotCompleted() {
    fixture.createBucket("bucket");
    String id = begin();
    List<CompletedPart> listed = putParts(id, 1_000);
    database.afterRead =
        () -> {
          database.afterRead = () -> {};
          database.writesLeft.set(1);
          try {
            abort(id);
          } catch (IllegalStateException _) {
            // it died after the first transaction
          }
          database.writesLeft.set(Integer.MAX_VALUE);
        };
    assertThatThrownBy(() -> complete(id, listed))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().code()).isEqualTo("NoSuchUpload"));
  }

  private void abort(String id) {
    AbortMultipartUploadResponse _ =
        fixture.call(
            fixture.alice,
            AbortMultipartUploadRequest.builder().bucket("bucket").key("k").uploadId(id).build());
  }

  /// Continuous uploads of parts cannot starve a completion.
  @Test
  void completionReadsPartsInItsTransactionAfterThreeConflicts() {
    fixture.createBucket("bucket");
    String id = begin();
    CompletedPart part = send(id, "x");
    boolean[] sending = {false};
    database.afterRead =
        () -> {
          if (!sending[0]) {
            sending[0] = true;
            send(id, "x");
            sending[0] = false;
          }
        };
    assertThat(complete(id, List.of(part)).eTag()).endsWith("-1\"");
  }

  private String begin() {
    CreateMultipartUploadResponse begun =
        fixture.call(
            fixture.alice,
            CreateMultipartUploadRequest.builder().bucket("bucket").key("k").build());
    return begun.uploadId();
  }

  private CompletedPart send(String upload, String bytes) {
    Response response =
        fixture.stream(
            fixture.alice,
            UploadPartRequest.builder()
                .bucket("bucket")
                .key("k")
                .uploadId(upload)
                .partNumber(1)
                .build(),
            request(bytes.getBytes(StandardCharsets.UTF_8)));
    return CompletedPart.builder().partNumber(1).eTag(response.headers().first("ETag")).build();
  }

  private CompleteMultipartUploadResponse complete(String upload, List<CompletedPart> parts) {
    return fixture.call(
        fixture.alice,
        CompleteMultipartUploadRequest.builder()
            .bucket("bucket")
            .key("k")
            .uploadId(upload)
            .multipartUpload(m -> m.parts(parts))
            .build());
  }
}
