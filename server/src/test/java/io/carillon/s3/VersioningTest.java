package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.http.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;

/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
class VersioningTest {
  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucket() {
    fixture.createBucket("bucket");
  }

  @Test
  void versioningStartsUnset() {
    GetBucketVersioningResponse before = versioning();
    assertThat(before.status()).isNull();

    set("Enabled");
    assertThat(versioning().status()).isEqualTo(BucketVersioningStatus.ENABLED);
    set("Suspended");
    assertThat(versioning().status()).isEqualTo(BucketVersioningStatus.SUSPENDED);
    refused(() -> set("Off"), "MalformedXML", 400);
  }

  @Test
  void everyVersionIsReadableById() {
    set("Enabled");
    String first = version(fixture.put("bucket", "k", "one"));
    String second = version(fixture.put("bucket", "k", "two"));

    assertThat(fixture.get("bucket", "k")).isEqualTo("two");
    assertThat(read(first)).isEqualTo("one");
    assertThat(read(second)).isEqualTo("two");
    assertThat(first).hasSize(32).isNotEqualTo(second);
  }

  @Test
  void deleteMarkerHidesTheObjectUntilItIsDeleted() {
    set("Enabled");
    String first = version(fixture.put("bucket", "k", "one"));
    DeleteObjectResponse hidden = delete(null);
    assertThat(hidden.deleteMarker()).isTrue();

    refused(() -> fixture.get("bucket", "k"), "NoSuchKey", 404)
        .satisfies(
            e ->
                assertThat(((io.carillon.aws.AwsException) e).headers())
                    .containsEntry("x-amz-delete-marker", "true"));
    refused(() -> read(hidden.versionId()), "MethodNotAllowed", 405);
    assertThat(read(first)).isEqualTo("one");

    DeleteObjectResponse restored = delete(hidden.versionId());
    assertThat(restored.deleteMarker()).isTrue();
    assertThat(fixture.get("bucket", "k")).isEqualTo("one");
  }

  @Test
  void objectsFromBeforeVersioningAreTheNullVersion() {
    fixture.put("bucket", "k", "old");
    set("Enabled");
    fixture.put("bucket", "k", "new");

    assertThat(read("null")).isEqualTo("old");
    delete("null");
    refused(() -> read("null"), "NoSuchVersion", 404);
    assertThat(fixture.get("bucket", "k")).isEqualTo("new");
  }

  @Test
  void suspendedWritesReplaceTheNullVersionAndKeepTheOthers() {
    fixture.put("bucket", "k", "null-1");
    set("Enabled");
    String kept = version(fixture.put("bucket", "k", "kept"));
    set("Suspended");
    fixture.put("bucket", "k", "null-2");

    assertThat(fixture.get("bucket", "k")).isEqualTo("null-2");
    assertThat(read("null")).isEqualTo("null-2");
    assertThat(read(kept)).isEqualTo("kept");
    assertThat(list(100).versions()).hasSize(2);
    delete(null); // a null delete marker takes the null version's place
    assertThat(list(100).versions()).hasSize(1);
    assertThat(list(100).deleteMarkers().getFirst().versionId()).isEqualTo("null");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"})
  void invalidVersionIdsAreRefused(String id) {
    refused(() -> read(id), "InvalidArgument", 400);
  }

  @Test
  void bucketsWithOlderVersionsAreNotEmpty() {
    set("Enabled");
    fixture.put("bucket", "k", "x");
    delete(null);

    refused(
        () ->
            fixture.call(
                fixture.alice,
                software.amazon.awssdk.services.s3.model.DeleteBucketRequest.builder()
                    .bucket("bucket")
                    .build()),
        "BucketNotEmpty",
        409);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void versionsMatchAModel(long seed) {
    Random random = new Random(seed);
    List<Entry> model = new ArrayList<>(); // newest first
    String status = "";
    for (int step = 0; step < 60; step++) {
      switch (random.nextInt(6)) {
        case 0 -> {
          status = random.nextBoolean() ? "Enabled" : "Suspended";
          set(status);
        }
        case 1, 2, 3 -> {
          boolean marker = random.nextInt(3) == 0;
          boolean nullVersion = !status.equals("Enabled");
          if (marker && status.isEmpty()) {
            delete(null);
            model.clear();
          } else {
            if (nullVersion) {
              model.removeIf(entry -> entry.id().equals("null"));
            }
            String text = marker ? "" : "text " + step;
            String id =
                marker
                    ? String.valueOf(delete(null).versionId())
                    : Optional.ofNullable(
                            fixture.put("bucket", "k", text).headers().first("x-amz-version-id"))
                        .orElse("null");
            model.addFirst(new Entry(id, marker, text));
          }
        }
        default -> {
          if (!model.isEmpty() && !status.isEmpty()) {
            Entry victim = model.remove(random.nextInt(model.size()));
            delete(victim.id());
          }
        }
      }
      assertThat(listed(1 + random.nextInt(3)))
          .as("seed %s, step %s", seed, step)
          .isEqualTo(model.stream().map(Entry::id).toList());
      for (Entry entry : model) {
        if (!entry.marker()) {
          assertThat(read(entry.id())).isEqualTo(entry.text());
        }
      }
    }
  }

  private record Entry(String id, boolean marker, String text) {}

  /// The ids of all versions in order, by pages.
  private List<String> listed(int pageSize) {
    List<String> ids = new ArrayList<>();
    String keyMarker = null;
    String versionMarker = null;
    while (true) {
      ListObjectVersionsResponse page =
          fixture.call(
              fixture.alice,
              ListObjectVersionsRequest.builder()
                  .bucket("bucket")
                  .maxKeys(pageSize)
                  .keyMarker(keyMarker)
                  .versionIdMarker(versionMarker)
                  .build());
      record Dated(String id, boolean latest) {}
      List<Dated> both = new ArrayList<>();
      page.versions().forEach(v -> both.add(new Dated(v.versionId(), v.isLatest())));
      page.deleteMarkers().forEach(m -> both.add(new Dated(m.versionId(), m.isLatest())));
      if (pageSize == 1 || both.size() == 1) {
        both.forEach(one -> ids.add(one.id()));
      } else {
        return listed(
            1); // the SDK model lists versions and markers separately, so pages of one show the
        // order
      }
      if (!page.isTruncated()) {
        return ids;
      }
      keyMarker = page.nextKeyMarker();
      versionMarker = page.nextVersionIdMarker();
    }
  }

  private ListObjectVersionsResponse list(int pageSize) {
    return fixture.call(
        fixture.alice,
        ListObjectVersionsRequest.builder().bucket("bucket").maxKeys(pageSize).build());
  }

  private String read(String versionId) {
    return S3Fixture.text(
        fixture.stream(
            fixture.alice,
            GetObjectRequest.builder().bucket("bucket").key("k").versionId(versionId).build(),
            request(new byte[0])));
  }

  private DeleteObjectResponse delete(@Nullable String versionId) {
    return fixture.call(
        fixture.alice,
        DeleteObjectRequest.builder().bucket("bucket").key("k").versionId(versionId).build());
  }

  private void set(String status) {
    fixture.call(
        fixture.alice,
        PutBucketVersioningRequest.builder()
            .bucket("bucket")
            .versioningConfiguration(v -> v.status(status))
            .build());
  }

  private GetBucketVersioningResponse versioning() {
    return fixture.call(
        fixture.alice, GetBucketVersioningRequest.builder().bucket("bucket").build());
  }

  private static String version(Response response) {
    return Objects.requireNonNull(response.headers().first("x-amz-version-id"));
  }
}
