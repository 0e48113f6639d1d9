package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Principal;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import io.carillon.base.Region;
import io.carillon.http.Response;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetObjectTaggingResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectTaggingRequest;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.Tag;

class ObjectsTest {
  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucket() {
    fixture.createBucket("bucket");
  }

  @Test
  void rangesReturnPartialContent() {
    fixture.put("bucket", "k", "0123456789");

    Response part = get(r -> r.range("bytes=2-4"));

    assertThat(part.status()).isEqualTo(206);
    assertThat(part.headers().first("Content-Range")).isEqualTo("bytes 2-4/10");
    assertThat(S3Fixture.text(part)).isEqualTo("234");
    refused(() -> get(r -> r.range("bytes=10-")), "InvalidRange", 416);
    refused(() -> get(r -> r.range("bytes=0-").partNumber(1)), "InvalidRequest", 400);
  }

  @Test
  void ifRangeReturnsTheWholeChangedObject() {
    String etag = String.valueOf(fixture.put("bucket", "k", "0123456789").headers().first("ETag"));
    GetObjectRequest input =
        GetObjectRequest.builder().bucket("bucket").key("k").range("bytes=0-1").build();

    assertThat(
            fixture.stream(fixture.alice, input, request(new byte[0], "If-Range", etag)).status())
        .isEqualTo(206);
    assertThat(
            fixture.stream(fixture.alice, input, request(new byte[0], "If-Range", "\"x\""))
                .status())
        .isEqualTo(200);
  }

  @Test
  void currentCopiesAreNotModified() {
    String etag = String.valueOf(fixture.put("bucket", "k", "x").headers().first("ETag"));

    Response same = get(r -> r.ifNoneMatch(etag));

    assertThat(same.status()).isEqualTo(304);
    assertThat(same.headers().first("ETag")).isEqualTo(etag);
    assertThat(S3Fixture.bytes(same)).isEmpty();
    refused(() -> get(r -> r.ifMatch("\"other\"")), "PreconditionFailed", 412);
    refused(
        () -> get(r -> r.ifUnmodifiedSince(Instant.parse("2020-01-01T00:00:00Z"))),
        "PreconditionFailed",
        412);
  }

  @Test
  void responseHeadersCanBeOverriddenUnlessAnonymous() {
    fixture.put("bucket", "k", "x");

    Response read =
        get(r -> r.responseContentType("text/x").responseContentDisposition("attachment"));
    assertThat(read.headers().all("content-type")).containsExactly("text/x");
    assertThat(read.headers().first("content-disposition")).isEqualTo("attachment");

    Caller anonymous =
        new Caller(
            new Principal.Anonymous(),
            S3Fixture.ALICE,
            Region.US_EAST_1,
            List.of(),
            "id",
            "host",
            "10.0.0.1",
            false,
            "",
            S3Fixture.START,
            Instant.MAX,
            "");
    GetObjectRequest plain = GetObjectRequest.builder().bucket("bucket").key("k").build();
    assertThat(fixture.stream(anonymous, plain, request(new byte[0])).status()).isEqualTo(200);
    refused(
        () ->
            fixture.stream(
                anonymous,
                plain.toBuilder().responseContentType("text/x").build(),
                request(new byte[0])),
        "InvalidRequest",
        400);
  }

  @Test
  void headReturnsTheLengthOfARange() {
    fixture.put("bucket", "k", "0123456789");

    Response head =
        fixture.stream(
            fixture.alice,
            HeadObjectRequest.builder().bucket("bucket").key("k").range("bytes=0-3").build(),
            request(new byte[0]));

    assertThat(head.status()).isEqualTo(206);
    assertThat(((Response.Content.Stream) head.content()).lengthBytes()).isEqualTo(4);
  }

  @Test
  void missingKeysAreDeniedWithoutListPermission() {
    refused(() -> get(r -> r), "NoSuchKey", 404);

    fixture.denied = need -> need.action().equals("s3:ListBucket");

    refused(() -> get(r -> r), "AccessDenied", 403);
  }

  @Test
  void deletingAMissingObjectSucceedsWithoutEvent() {
    fixture.notifyFunction("bucket");

    DeleteObjectResponse nothing = delete("k");

    assertThat(nothing.deleteMarker()).isNull();
    assertThat(fixture.outbox).isEmpty();
    fixture.put("bucket", "k", "x");
    delete("k");
    assertThat(fixture.events()).hasSize(2);
    refused(() -> get(r -> r), "NoSuchKey", 404);
  }

  @Test
  void deletionsCanBeConditional() {
    String etag = String.valueOf(fixture.put("bucket", "k", "x").headers().first("ETag"));

    refused(() -> deleteIf("\"other\""), "PreconditionFailed", 412);
    deleteIf(etag);
    refused(() -> deleteIf("*"), "NoSuchKey", 404);
    assertThat(
            fixture
                .needs(DeleteObjectRequest.builder().bucket("b").key("k").ifMatch(etag).build())
                .stream()
                .map(need -> need.action()))
        .containsExactly("s3:DeleteObject", "s3:GetObject");
  }

  @Test
  void deleteObjectsChecksEachObjectIndividually() {
    fixture.notifyFunction("bucket");
    for (String key : List.of("a", "b", "secret")) {
      fixture.put("bucket", key, "x");
    }
    fixture.outbox.clear();
    fixture.denied = need -> need.resource().endsWith("/secret");

    DeleteObjectsResponse response =
        deleteAll(
            false,
            object("a"),
            object("missing"),
            object("secret"),
            ObjectIdentifier.builder().key("b").eTag("other").build(),
            object("k".repeat(1025)));

    assertThat(response.deleted()).extracting(d -> d.key()).containsExactly("a", "missing");
    assertThat(response.errors())
        .extracting(e -> e.code())
        .containsExactly("AccessDenied", "PreconditionFailed", "KeyTooLongError");
    assertThat(fixture.outbox).as("missing keys get an event as well").hasSize(2);
    assertThat(deleteAll(true, object("a")).deleted()).isEmpty();
    refused(() -> deleteAll(false), "MalformedXML", 400);
    refused(
        () ->
            deleteAll(
                false,
                java.util.stream.IntStream.range(0, 1001)
                    .mapToObj(i -> object("k" + i))
                    .toArray(ObjectIdentifier[]::new)),
        "MalformedXML",
        400);
  }

  @Test
  void copiesShareBytesUntilTheLastIsDeleted() {
    fixture.stream(fixture.alice, put("big").build(), request(new byte[100_000]));
    fixture.put("bucket", "small", "abc");

    copy("bucket/big", "big2", c -> c);
    copy("bucket/small", "small2", c -> c);
    copy("bucket/small2", "small3", c -> c);

    assertThat(fixture.blobs.references).containsExactly(Map.entry("blob-0", 2));
    delete("big");
    delete("small");
    assertThat(fixture.blobs.references).containsExactly(Map.entry("blob-0", 1));
    assertThat(fixture.get("bucket", "small2")).isEqualTo("abc");
    delete("small2");
    assertThat(fixture.get("bucket", "small3")).isEqualTo("abc");
    delete("big2");
    assertThat(fixture.blobs.references).containsExactly(Map.entry("blob-0", 0));
  }

  @Test
  void copiesKeepOrReplaceMetadata() {
    fixture.stream(
        fixture.alice,
        put("k").contentType("text/plain").metadata(Map.of("a", "1")).tagging("t=1").build(),
        request(new byte[] {1}));

    copy("/bucket/k", "same", c -> c);
    copy(
        "bucket/k",
        "other",
        c ->
            c.metadataDirective("REPLACE")
                .metadata(Map.of("b", "2"))
                .taggingDirective("REPLACE")
                .tagging("t=2&u=3"));

    Response same = get("same");
    assertThat(same.headers().first("content-type")).isEqualTo("text/plain");
    assertThat(same.headers().first("x-amz-meta-a")).isEqualTo("1");
    assertThat(same.headers().first("x-amz-tagging-count")).isEqualTo("1");
    Response other = get("other");
    assertThat(other.headers().first("content-type")).isEqualTo("binary/octet-stream");
    assertThat(other.headers().first("x-amz-meta-a")).isNull();
    assertThat(other.headers().first("x-amz-meta-b")).isEqualTo("2");
    assertThat(other.headers().first("x-amz-tagging-count")).isEqualTo("2");
  }

  @Test
  void copyToItselfMustChangeSomething() {
    fixture.put("bucket", "k", "x");

    refused(() -> copy("bucket/k", "k", c -> c), "InvalidRequest", 400);
    copy("bucket/k", "k", c -> c.metadataDirective("REPLACE").metadata(Map.of("new", "1")));

    assertThat(get("k").headers().first("x-amz-meta-new")).isEqualTo("1");
    assertThat(fixture.get("bucket", "k")).isEqualTo("x");
  }

  @Test
  void copyConditionsApplyToSourceAndTarget() {
    String etag = String.valueOf(fixture.put("bucket", "k", "x").headers().first("ETag"));

    refused(() -> copy("bucket/k", "c", c -> c.copySourceIfMatch("y")), "PreconditionFailed", 412);
    refused(
        () -> copy("bucket/k", "c", c -> c.copySourceIfNoneMatch(etag)), "PreconditionFailed", 412);
    copy("bucket/k", "c", c -> c.copySourceIfMatch(etag).ifNoneMatch("*"));
    refused(() -> copy("bucket/k", "c", c -> c.ifNoneMatch("*")), "PreconditionFailed", 412);
    refused(() -> copy("bucket/nothing", "c", c -> c), "NoSuchKey", 404);
    refused(() -> copy("nowhere/k", "c", c -> c), "NoSuchBucket", 404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bucket", "bucket/", "/", "bucket/%zz"})
  void invalidCopySourcesAreRefused(String source) {
    refused(() -> copy(source, "c", c -> c), "InvalidArgument", 400);
  }

  @Test
  void copiesCanHaveAnotherChecksum() {
    fixture.put("bucket", "a+b c", "hello");

    CopyObjectResponse copied = copy("bucket/a%2Bb%20c", "c", c -> c.checksumAlgorithm("SHA256"));

    assertThat(copied.copyObjectResult().checksumSHA256())
        .isEqualTo(ChecksumAlgorithm.SHA256.of("hello".getBytes(StandardCharsets.UTF_8)).base64());
  }

  @Test
  void copyingTagsNeedsPermission() {
    fixture.stream(fixture.alice, put("k").tagging("t=1").build(), request(new byte[] {1}));
    fixture.denied = need -> need.action().equals("s3:GetObjectTagging");

    refused(() -> copy("bucket/k", "c", c -> c), "AccessDenied", 403);
    copy("bucket/k", "c", c -> c.taggingDirective("REPLACE"));
  }

  @Test
  void listingsEchoTheirParametersAndContinue() {
    for (String key : List.of("a b", "dir/1", "dir/2", "z")) {
      fixture.put("bucket", key, "x");
    }

    ListObjectsV2Response first =
        second(r -> r.maxKeys(2).delimiter("/").encodingType("url").fetchOwner(true));
    assertThat(first.contents()).extracting(S3Object::key).containsExactly("a+b");
    assertThat(first.contents().getFirst().owner().id()).hasSize(64);
    assertThat(first.contents().getFirst().eTag()).startsWith("\"");
    assertThat(first.commonPrefixes()).extracting(CommonPrefix::prefix).containsExactly("dir/");
    assertThat(first.keyCount()).isEqualTo(2);
    assertThat(first.isTruncated()).isTrue();
    ListObjectsV2Response rest =
        second(r -> r.delimiter("/").continuationToken(first.nextContinuationToken()));
    assertThat(rest.contents()).extracting(S3Object::key).containsExactly("z");
    assertThat(rest.isTruncated()).isFalse();
    assertThat(rest.nextContinuationToken()).isNull();

    ListObjectsResponse old = first(r -> r.maxKeys(2).delimiter("/"));
    assertThat(old.nextMarker()).isEqualTo("dir/");
    assertThat(first(r -> r.delimiter("/").marker("dir/")).contents())
        .extracting(S3Object::key)
        .containsExactly("z");
    assertThat(second(r -> r.startAfter("dir/1")).contents())
        .extracting(S3Object::key)
        .containsExactly("dir/2", "z");
    assertThat(second(r -> r.maxKeys(0)).isTruncated()).isFalse();
  }

  @Test
  void invalidListingParametersAreRefused() {
    refused(() -> second(r -> r.maxKeys(-1)), "InvalidArgument", 400);
    refused(() -> second(r -> r.encodingType("xml")), "InvalidArgument", 400);
    refused(() -> second(r -> r.continuationToken("???")), "InvalidArgument", 400);
    refused(() -> second(r -> r.bucket("nowhere")), "NoSuchBucket", 404);
  }

  @Test
  void listingNeedsHaveThePrefix() {
    assertThat(
            fixture
                .needs(
                    ListObjectsV2Request.builder().bucket("b").prefix("home/").maxKeys(5).build())
                .getFirst()
                .context())
        .containsEntry("s3:prefix", List.of("home/"))
        .containsEntry("s3:max-keys", List.of("5"));
  }

  @Test
  void objectTagsChangeWithoutANewVersion() {
    fixture.notifyFunction("bucket");
    fixture.put("bucket", "k", "x");
    tag("k", "colour", "blue");

    assertThat(tags("k").tagSet().getFirst().value()).isEqualTo("blue");
    assertThat(fixture.get("bucket", "k")).isEqualTo("x");
    fixture.call(
        fixture.alice, DeleteObjectTaggingRequest.builder().bucket("bucket").key("k").build());
    assertThat(tags("k").tagSet()).isEmpty();
    assertThat(fixture.events())
        .satisfiesExactly(
            put -> assertThat(put).contains("ObjectCreated:Put"),
            put -> assertThat(put).contains("ObjectTagging:Put").doesNotContain("sequencer"),
            delete -> assertThat(delete).contains("ObjectTagging:Delete"));
    refused(() -> tag("k", "", "v"), "InvalidTag", 400);
    refused(() -> tag("k", "aws:x", "v"), "InvalidTag", 400);
    refused(() -> tag("missing", "k", "v"), "NoSuchKey", 404);
  }

  @Test
  void otherServicesReadWithTheCallersPermissions() throws Exception {
    fixture.put("bucket", "code.zip", "zip");

    assertThat(fixture.service.read(fixture.alice, "bucket", "code.zip", null, 10))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("zip");
    refused(
        () -> fixture.service.read(fixture.alice, "bucket", "code.zip", null, 2),
        "EntityTooLarge",
        400);
    fixture.denied = need -> need.action().equals("s3:GetObject");
    refused(
        () -> fixture.service.read(fixture.alice, "bucket", "code.zip", null, 10),
        "AccessDenied",
        403);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a//b", "../up", "/", "a%2Fb", "nul\0", "ü", "\uD83D\uDE00", "a+b", " "})
  void anyTextIsAValidKey(String key) {
    fixture.put("bucket", key, key);

    assertThat(fixture.get("bucket", key)).isEqualTo(key);
    assertThat(second(r -> r).contents()).extracting(S3Object::key).containsExactly(key);
  }

  @Test
  void unpairedSurrogatesAreRefusedInKeys() {
    refused(() -> fixture.put("bucket", "\uD83D", "x"), "InvalidArgument", 400);
  }

  private Response get(UnaryOperator<GetObjectRequest.Builder> change) {
    return fixture.stream(
        fixture.alice,
        change.apply(GetObjectRequest.builder().bucket("bucket").key("k")).build(),
        request(new byte[0]));
  }

  private Response get(String key) {
    return get(r -> r.key(key));
  }

  private static PutObjectRequest.Builder put(String key) {
    return PutObjectRequest.builder().bucket("bucket").key(key);
  }

  private DeleteObjectResponse delete(String key) {
    return fixture.call(
        fixture.alice, DeleteObjectRequest.builder().bucket("bucket").key(key).build());
  }

  private DeleteObjectResponse deleteIf(String etag) {
    return fixture.call(
        fixture.alice,
        DeleteObjectRequest.builder().bucket("bucket").key("k").ifMatch(etag).build());
  }

  private DeleteObjectsResponse deleteAll(boolean quiet, ObjectIdentifier... objects)
      throws AwsException {
    return fixture.call(
        fixture.alice,
        DeleteObjectsRequest.builder()
            .bucket("bucket")
            .delete(d -> d.quiet(quiet).objects(objects))
            .build());
  }

  private static ObjectIdentifier object(String key) {
    return ObjectIdentifier.builder().key(key).build();
  }

  private CopyObjectResponse copy(
      String source, String key, UnaryOperator<CopyObjectRequest.Builder> change) {
    CopyObjectRequest.Builder input =
        S3Fixture.copyOf(source).destinationBucket("bucket").destinationKey(key);
    input = change.apply(input);
    return fixture.call(fixture.alice, input.build());
  }

  private ListObjectsResponse first(UnaryOperator<ListObjectsRequest.Builder> change) {
    ListObjectsRequest.Builder input = ListObjectsRequest.builder().bucket("bucket");
    input = change.apply(input);
    return fixture.call(fixture.alice, input.build());
  }

  private ListObjectsV2Response second(UnaryOperator<ListObjectsV2Request.Builder> change) {
    ListObjectsV2Request.Builder input = ListObjectsV2Request.builder().bucket("bucket");
    input = change.apply(input);
    return fixture.call(fixture.alice, input.build());
  }

  private void tag(String object, String key, String value) {
    fixture.call(
        fixture.alice,
        PutObjectTaggingRequest.builder()
            .bucket("bucket")
            .key(object)
            .tagging(t -> t.tagSet(Tag.builder().key(key).value(value).build()))
            .build());
  }

  private GetObjectTaggingResponse tags(String key) {
    return fixture.call(
        fixture.alice, GetObjectTaggingRequest.builder().bucket("bucket").key(key).build());
  }
}
