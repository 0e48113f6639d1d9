package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.S3Wire.WireResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Details of S3's responses for objects, as they are on the wire.
///
/// "Recorded" are responses of S3 itself, from the snapshots of
/// https://github.com/localstack/localstack/tree/main/tests/aws/services/s3 or quoted in issues.
class ObjectResponsesTest {
  private static S3Wire s3;

  @BeforeAll
  static void start() {
    s3 = S3Wire.start();
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  // Conditions

  /// Recorded: TestS3ObjectWritePrecondition.
  @Test
  void unsupportedWriteConditionsAreNotImplemented() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    String upload = s3.begin(bucket + "/k");
    String parts = S3Wire.listed(1, s3.part(bucket + "/k", upload, 1, "x"));
    String source = bucket.substring(1) + "/k";
    for (List<String> condition :
        List.of(List.of("If-Match", "*"), List.of("If-None-Match", "\"etag\""))) {
      String name = condition.get(0);
      String value = condition.get(1);
      for (WireResponse response :
          List.of(
              s3.put(bucket + "/k", "y", name, value),
              s3.put(bucket + "/k2", "", name, value, "x-amz-copy-source", source),
              s3.complete(bucket + "/k", upload, parts, name, value))) {
        assertThat(response.outcome()).isEqualTo("501 NotImplemented");
        assertThat(response.element("Header")).isEqualTo(name);
        assertThat(response.element("additionalMessage"))
            .isEqualTo("We don't accept the provided value of " + name + " header for this API");
      }
    }
    assertThat(s3.delete(bucket + "/k", "If-Match", "*").status())
        .as("deletions support it")
        .isEqualTo(204);
  }

  /// Recorded: test_multipart_if_match_with_put, …_with_put_identical, …_with_delete.
  @Test
  void conditionalCompletionConflictsWithLaterWrites() {
    String object = s3.bucket() + "/k";
    String etag = s3.put(object, "one").header("ETag");
    String upload = s3.begin(object);
    String parts = S3Wire.listed(1, s3.part(object, upload, 1, "x"));
    assertThat(s3.complete(object, upload, parts, "If-Match", "\"other\"").outcome())
        .isEqualTo("412 PreconditionFailed");

    s3.put(object, "one"); // the same bytes, and so the same ETag
    WireResponse conflict = s3.complete(object, upload, parts, "If-Match", etag);
    assertThat(conflict.outcome()).isEqualTo("409 ConditionalRequestConflict");
    assertThat(conflict.element("Condition")).isEqualTo("If-Match");
    assertThat(conflict.element("Key")).isEqualTo("k");

    s3.delete(object);
    assertThat(s3.complete(object, upload, parts, "If-Match", etag).outcome())
        .isEqualTo("404 NoSuchKey");
    assertThat(s3.complete(object, upload, parts, "If-None-Match", "*").outcome())
        .as("it was there when the upload began")
        .isEqualTo("409 ConditionalRequestConflict");

    String anew = s3.begin(object);
    parts = S3Wire.listed(1, s3.part(object, anew, 1, "x"));
    assertThat(s3.complete(object, anew, parts, "If-None-Match", "*").status()).isEqualTo(200);
  }

  /// Recorded: obj-ignore-future-modified-since, copy-ignore-future-modified-since.
  @Test
  void futureIfModifiedSinceIsIgnored() {
    String bucket = s3.bucket();
    String modified = "Wed, 01 Jan 2020 00:00:00 GMT";
    String future = "Fri, 01 Jan 2100 00:00:00 GMT";
    s3.put(bucket + "/k", "x");
    String now = s3.head(bucket + "/k").header("Last-Modified");
    assertThat(s3.get(bucket + "/k", "If-Modified-Since", future).status()).isEqualTo(200);
    assertThat(s3.head(bucket + "/k", "If-Modified-Since", future).status()).isEqualTo(200);
    assertThat(s3.get(bucket + "/k", "If-Modified-Since", modified).status()).isEqualTo(200);
    assertThat(s3.get(bucket + "/k", "If-Modified-Since", now).status()).isEqualTo(304);
    String condition = "x-amz-copy-source-if-modified-since";
    String source = bucket.substring(1) + "/k";
    assertThat(s3.put(bucket + "/c", "", "x-amz-copy-source", source, condition, future).status())
        .isEqualTo(200);
    assertThat(s3.put(bucket + "/c", "", "x-amz-copy-source", source, condition, now).outcome())
        .isEqualTo("412 PreconditionFailed");
  }

  // Versions

  /// Recorded: test_put_object_on_suspended_bucket, test_delete_object_on_suspended_bucket.
  @Test
  void writesReturnNoVersionIdWhileVersioningIsSuspended() {
    String bucket = s3.versioned("Suspended");
    String source = bucket.substring(1) + "/k";
    assertThat(s3.put(bucket + "/k", "x").headers().contains("x-amz-version-id")).isFalse();
    assertThat(
            s3.put(bucket + "/c", "", "x-amz-copy-source", source)
                .headers()
                .contains("x-amz-version-id"))
        .isFalse();
    String upload = s3.begin(bucket + "/m");
    WireResponse completed =
        s3.complete(
            bucket + "/m", upload, S3Wire.listed(1, s3.part(bucket + "/m", upload, 1, "x")));
    assertThat(completed.status()).isEqualTo(200);
    assertThat(completed.headers().contains("x-amz-version-id")).isFalse();
    assertThat(s3.get(bucket + "/k").header("x-amz-version-id")).isEqualTo("null");
    WireResponse deleted = s3.delete(bucket + "/k");
    assertThat(deleted.header("x-amz-version-id")).isEqualTo("null");
    assertThat(deleted.header("x-amz-delete-marker")).isEqualTo("true");

    s3.versioning(bucket, "Enabled");
    assertThat(s3.put(bucket + "/k", "x").header("x-amz-version-id")).hasSize(32);
  }

  /// Recorded: test_delete_object, test_get_object_with_version_unversioned_bucket,
  /// test_delete_objects, delete-with-bad-version, delete-objects-wrong-version-id.
  @Test
  void impossibleVersionIdsAreRefused() {
    for (String bucket : List.of(s3.bucket(), s3.versioned("Enabled"))) {
      s3.put(bucket + "/k", "x");
      for (String id : List.of("HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD", "short", "_".repeat(32))) {
        String target = bucket + "/k?versionId=" + id;
        for (WireResponse response : List.of(s3.get(target), s3.delete(target))) {
          assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
          assertThat(response.message()).isEqualTo("Invalid version id specified");
          assertThat(response.element("ArgumentName")).isEqualTo("versionId");
          assertThat(response.element("ArgumentValue")).isEqualTo(id);
        }
        assertThat(s3.head(target).status()).isEqualTo(400);
        WireResponse many =
            s3.post(
                bucket + "?delete",
                "<Delete><Object><Key>k</Key><VersionId>%s</VersionId></Object></Delete>"
                    .formatted(id));
        assertThat(many.status()).isEqualTo(200);
        assertThat(many.code()).isEqualTo("NoSuchVersion");
        assertThat(many.element("VersionId")).isEqualTo(id);
      }
      assertThat(s3.get(bucket + "/k").status()).isEqualTo(200);
    }
  }

  /// Recorded in 2026: "Versioning Mix", raw responses of S3 to requests with impossible version
  /// ids.
  @ParameterizedTest
  @CsvSource({
    "'', Version id cannot be the empty string",
    "abc, Invalid version id specified",
    "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD, Invalid version id specified"
  })
  void everyOperationExplainsInvalidVersionIds(String id, String message) {
    String bucket = s3.versioned("Enabled");
    s3.put(bucket + "/k", "x");
    String upload = s3.begin(bucket + "/m");
    String version = "versionId=" + id;
    List<WireResponse> responses =
        List.of(
            s3.get(bucket + "/k?" + version),
            s3.delete(bucket + "/k?" + version),
            s3.get(bucket + "/k?acl&" + version),
            s3.put(bucket + "/k?acl&" + version, "", "x-amz-acl", "bucket-owner-full-control"),
            s3.get(bucket + "/k?tagging&" + version),
            s3.put(bucket + "/k?tagging&" + version, S3Wire.tagging("k", "v")),
            s3.delete(bucket + "/k?tagging&" + version),
            s3.get(bucket + "/k?attributes&" + version, "x-amz-object-attributes", "ETag"));
    String[] source = {"x-amz-copy-source", bucket.substring(1) + "/k?" + version};
    List<WireResponse> copies =
        List.of(
            s3.put(bucket + "/c", "", source),
            s3.put(bucket + "/m?partNumber=1&uploadId=" + upload, "", source));
    assertThat(responses)
        .allSatisfy(
            response -> assertThat(response.element("ArgumentName")).isEqualTo("versionId"));
    assertThat(copies)
        .allSatisfy(
            response ->
                assertThat(response.element("ArgumentName")).isEqualTo("x-amz-copy-source"));
    for (WireResponse response : Stream.concat(responses.stream(), copies.stream()).toList()) {
      assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
      assertThat(response.message()).isEqualTo(message);
      assertThat(response.element("ArgumentValue")).isEqualTo(id);
    }
  }

  /// Recorded in 2026 from UploadPart ("Versioning Mix"); assumed for the other operations.
  @Test
  void operationsWithoutVersionsRefuseVersionIds() {
    String bucket = s3.versioned("Enabled");
    String id = s3.put(bucket + "/k", "x").header("x-amz-version-id");
    String upload = s3.begin(bucket + "/m");
    String part = bucket + "/m?partNumber=1&uploadId=" + upload;
    for (String version : List.of(id, "abc", "")) {
      for (WireResponse response :
          List.of(
              s3.put(part + "&versionId=" + version, "x"),
              s3.put(bucket + "/k?versionId=" + version, "y"),
              s3.post(bucket + "/k?uploads&versionId=" + version, ""),
              s3.get(bucket + "?versionId=" + version),
              s3.get(bucket + "?list-type=2&versionId=" + version),
              s3.get(bucket + "?policy&versionId=" + version))) {
        assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
        assertThat(response.message()).isEqualTo("This operation does not accept a version-id.");
        assertThat(response.element("ArgumentName")).isEqualTo("versionId");
        assertThat(response.element("ArgumentValue")).isEqualTo(version);
      }
    }
    assertThat(s3.get(bucket + "/k").body()).isEqualTo("x");
  }

  /// Recorded: test_list_object_versions_pagination.
  @Test
  void versionIdMarkerMustBeAVersionId() {
    String bucket = s3.versioned("Enabled");
    s3.put(bucket + "/k", "x");
    Map<String, String> wrong =
        Map.of(
            "key-marker=k&version-id-marker=", "A version-id marker cannot be empty.",
            "key-marker=k&version-id-marker=abc", "Invalid version id specified",
            "version-id-marker=abc",
                "A version-id marker cannot be specified without a key marker.");
    wrong.forEach(
        (query, message) -> {
          WireResponse response = s3.get(bucket + "?versions&" + query);
          assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
          assertThat(response.message()).isEqualTo(message);
          assertThat(response.element("ArgumentName")).isEqualTo("version-id-marker");
        });
  }

  /// Clients append parameters of their own to signed URLs, and S3 accepts them:
  /// https://github.com/gaul/s3proxy/issues/189 and https://github.com/aws/aws-sdk-go/issues/3380
  @Test
  void unknownQueryParametersAreIgnored() {
    String bucket = s3.bucket();
    assertThat(s3.put(bucket + "/k?customer=5", "x").status()).isEqualTo(200);
    assertThat(s3.get(bucket + "/k?customer=5").body()).isEqualTo("x");
    String upload = s3.begin(bucket + "/m");
    assertThat(s3.put(bucket + "/m?partNumber=1&uploadId=" + upload + "&customer=5", "x").status())
        .isEqualTo(200);
    assertThat(s3.delete(bucket + "/k?customer=5").status()).isEqualTo(204);
    assertThat(s3.unsigned("PUT", s3.presign("PUT", bucket + "/p?customer=5"), "x").status())
        .isEqualTo(200);
  }

  /// Query parameters that select an operation are never ignored, since the client may mean another
  /// operation.
  @Test
  void queryParametersOfOtherOperationsAreRefused() {
    String bucket = s3.bucket();
    for (String parameter : List.of("partNumber=1", "policy", "cors", "restore")) {
      assertThat(s3.put(bucket + "/k?" + parameter, "x").status()).as(parameter).isNotEqualTo(200);
    }
    assertThat(s3.get(bucket + "/k").status()).isEqualTo(404);
  }

  /// Recorded: get-deleted-object-with-version.
  @Test
  void deletedVersionsAreNoSuchVersion() {
    String bucket = s3.versioned("Enabled");
    String id = s3.put(bucket + "/k", "x").header("x-amz-version-id");
    String target = bucket + "/k?versionId=" + id;
    assertThat(s3.delete(target).status()).isEqualTo(204);
    assertThat(s3.get(target).outcome()).isEqualTo("404 NoSuchVersion");
    assertThat(s3.delete(target).status()).isEqualTo(204);
  }

  /// Recorded: test_object_tagging_versioned, get-delete-marker.
  @Test
  void deleteMarkersHaveNoTags() {
    String bucket = s3.versioned("Enabled");
    s3.put(bucket + "/k", "x");
    String marker = s3.delete(bucket + "/k").header("x-amz-version-id");
    for (String target :
        List.of(bucket + "/k?tagging", bucket + "/k?tagging&versionId=" + marker)) {
      for (WireResponse response :
          List.of(s3.get(target), s3.put(target, S3Wire.tagging("k", "v")), s3.delete(target))) {
        assertThat(response.outcome()).isEqualTo("405 MethodNotAllowed");
        assertThat(response.element("ResourceType")).isEqualTo("DeleteMarker");
      }
      assertThat(s3.put(target, S3Wire.tagging("k", "v")).element("Method")).isEqualTo("PUT");
    }
    WireResponse read = s3.get(bucket + "/k?versionId=" + marker);
    assertThat(read.outcome()).isEqualTo("405 MethodNotAllowed");
    assertThat(read.element("Method")).isEqualTo("GET");
    assertThat(s3.get(bucket + "/k").outcome()).isEqualTo("404 NoSuchKey");
    WireResponse copy =
        s3.put(
            bucket + "/c", "", "x-amz-copy-source", bucket.substring(1) + "/k?versionId=" + marker);
    assertThat(copy.outcome()).isEqualTo("400 InvalidRequest");
    assertThat(copy.message()).contains("may not specifically refer to a delete marker");
  }

  /// Recorded: put-versioning-empty, put-versioning-enabled-lowercase,
  /// test_delete_versioned_bucket_with_objects.
  @Test
  void versioningErrorsHaveTheMessagesOfS3() {
    String bucket = s3.versioned("Enabled");
    assertThat(s3.put(bucket + "?versioning", "<VersioningConfiguration/>").outcome())
        .isEqualTo("400 IllegalVersioningConfigurationException");
    assertThat(
            s3.put(
                    bucket + "?versioning",
                    "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>")
                .outcome())
        .isEqualTo("400 MalformedXML");
    s3.put(bucket + "/k", "x");
    assertThat(s3.delete(bucket).message())
        .isEqualTo(
            "The bucket you tried to delete is not empty. You must delete all versions in the"
                + " bucket.");
  }

  /// Recorded in 2026: "Versioning Mix".
  @Test
  void aclResponsesNameTheVersion() {
    String bucket = s3.versioned("Enabled");
    String first = s3.put(bucket + "/k", "1").header("x-amz-version-id");
    String second = s3.put(bucket + "/k", "2").header("x-amz-version-id");
    String[] acl = {"x-amz-acl", "bucket-owner-full-control"};
    for (String query : List.of("?acl", "?acl&versionId=" + first)) {
      String version = query.equals("?acl") ? second : first;
      assertThat(s3.get(bucket + "/k" + query).header("x-amz-version-id")).isEqualTo(version);
      WireResponse put = s3.put(bucket + "/k" + query, "", acl);
      assertThat(put.status()).isEqualTo(200);
      assertThat(put.header("x-amz-version-id")).isEqualTo(version);
    }
    String plain = s3.bucket();
    s3.put(plain + "/k", "1");
    assertThat(s3.get(plain + "/k?acl").headers().contains("x-amz-version-id")).isFalse();
    assertThat(s3.put(plain + "/k?acl", "", acl).headers().contains("x-amz-version-id")).isFalse();
  }

  /// Recorded in 2026: "Versioning Mix".
  @Test
  void deleteMarkersHaveNoAcl() {
    String bucket = s3.versioned("Enabled");
    s3.put(bucket + "/k", "x");
    String marker = s3.delete(bucket + "/k").header("x-amz-version-id");
    String[] acl = {"x-amz-acl", "bucket-owner-full-control"};
    WireResponse current = s3.put(bucket + "/k?acl", "", acl);
    WireResponse named = s3.put(bucket + "/k?acl&versionId=" + marker, "", acl);
    for (WireResponse response : List.of(current, named)) {
      assertThat(response.outcome()).isEqualTo("405 MethodNotAllowed");
      assertThat(response.element("Method")).isEqualTo("PUT");
      assertThat(response.element("ResourceType")).isEqualTo("DeleteMarker");
      assertThat(response.header("Allow")).isEqualTo("DELETE");
    }
    assertThat(current.headers().contains("x-amz-version-id")).isFalse();
    assertThat(named.header("x-amz-version-id")).isEqualTo(marker);
    assertThat(s3.get(bucket + "/k?acl").outcome()).isEqualTo("404 NoSuchKey");
    assertThat(s3.get(bucket + "/k?acl&versionId=" + marker).element("Method")).isEqualTo("GET");
    assertThat(s3.put(bucket + "/none?acl", "", acl).outcome()).isEqualTo("404 NoSuchKey");
  }

  /// Recorded in https://github.com/aws/aws-cli/issues/1130
  @Test
  void websiteRedirectMustBeAPathOrAUrl() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    String header = "x-amz-website-redirect-location";
    String source = bucket.substring(1) + "/k";
    for (String wrong : List.of("about.html", "ftp://example.org/", "http:/x")) {
      for (WireResponse response :
          List.of(
              s3.put(bucket + "/r", "x", header, wrong),
              s3.post(bucket + "/r?uploads", "", header, wrong),
              s3.put(bucket + "/r", "", header, wrong, "x-amz-copy-source", source))) {
        assertThat(response.outcome()).isEqualTo("400 InvalidRedirectLocation");
        assertThat(response.message())
            .isEqualTo(
                "The website redirect location must have a prefix of 'http://' or 'https://' or"
                    + " '/'.");
      }
    }
    assertThat(s3.head(bucket + "/r").status()).isEqualTo(404);
    for (String right : List.of("/about.html", "http://example.org", "https://example.org/")) {
      assertThat(s3.put(bucket + "/r", "x", header, right).status()).isEqualTo(200);
      assertThat(s3.head(bucket + "/r").header(header)).isEqualTo(right);
    }
  }

  // Multipart uploads

  /// Recorded in 2026: "Versioning Mix", UploadPart without a checksum.
  @Test
  void partChecksumsAreReturnedIfSentOrRequested() {
    String object = s3.bucket() + "/k";
    String plain = s3.begin(object);
    WireResponse silent = s3.put(object + "?partNumber=1&uploadId=" + plain, "x");
    assertThat(silent.status()).isEqualTo(200);
    silent
        .headers()
        .forEach((name, _) -> assertThat(name).doesNotStartWithIgnoringCase("x-amz-checksum-"));
    String crc32 = "jNwWgw==";
    String[] sent = {"x-amz-checksum-crc32", crc32};
    assertThat(
            s3.put(object + "?partNumber=2&uploadId=" + plain, "x", sent)
                .header("x-amz-checksum-crc32"))
        .isEqualTo(crc32);
    WireResponse begun = s3.post(object + "?uploads", "", "x-amz-checksum-algorithm", "CRC32");
    String part = object + "?partNumber=1&uploadId=" + begun.element("UploadId");
    assertThat(s3.put(part, "x").header("x-amz-checksum-crc32")).isEqualTo(crc32);
  }

  /// No body: recorded in https://github.com/versity/versitygw/issues/964; an empty list: in
  /// https://github.com/apache/arrow-rs/issues/5404 and versitygw issue 1328.
  @Test
  void completionNeedsAtLeastOnePart() {
    String object = s3.bucket() + "/k";
    String upload = s3.begin(object);
    WireResponse nothing = s3.complete(object, upload, "");
    assertThat(nothing.outcome()).isEqualTo("400 InvalidRequest");
    assertThat(nothing.message()).isEqualTo("You must specify at least one part");
    assertThat(s3.post(object + "?uploadId=" + upload, "<CompleteMultipartUpload/>").outcome())
        .isEqualTo("400 MalformedXML");
  }

  @Test
  void failedCompletionNamesTheUpload() {
    String object = s3.bucket() + "/k";
    String upload = s3.begin(object);
    String one = s3.part(object, upload, 1, "x");
    String two = s3.part(object, upload, 2, "x");
    for (WireResponse response :
        List.of(
            s3.complete(object, upload, S3Wire.listed(2, two) + S3Wire.listed(1, one)),
            s3.complete(object, upload, S3Wire.listed(3, one)),
            s3.complete(object, upload.replace(upload.charAt(20), '_'), S3Wire.listed(1, one)))) {
      assertThat(response.code()).isIn("InvalidPartOrder", "InvalidPart", "NoSuchUpload");
      assertThat(response.has("UploadId")).as(response.body()).isTrue();
    }
  }

  /// Recorded: test_list_multiparts_next_marker, test_list_multiparts_with_prefix_and_delimiter.
  @Test
  void uploadListingsAlwaysHaveNextMarkers() {
    String bucket = s3.bucket();
    WireResponse empty = s3.get(bucket + "?uploads");
    for (String element :
        List.of("KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker")) {
      assertThat(empty.has(element)).as(element).isTrue();
      assertThat(empty.element(element)).isEmpty();
    }
    assertThat(empty.has("Prefix")).isFalse();
    String first = s3.begin(bucket + "/a/1");
    String last = s3.begin(bucket + "/b");
    WireResponse all = s3.get(bucket + "?uploads");
    assertThat(all.element("IsTruncated")).isEqualTo("false");
    assertThat(all.element("NextKeyMarker")).isEqualTo("b");
    assertThat(all.element("NextUploadIdMarker")).isEqualTo(last);
    WireResponse page = s3.get(bucket + "?uploads&max-uploads=1&upload-id-marker=" + first);
    assertThat(page.element("UploadIdMarker")).as("ignored without a key marker").isEmpty();
    assertThat(page.element("NextUploadIdMarker")).isEqualTo(first);
    WireResponse rolled = s3.get(bucket + "?uploads&delimiter=/&prefix=a/");
    assertThat(rolled.element("NextKeyMarker")).isEqualTo("a/1");
    assertThat(s3.get(bucket + "?uploads&delimiter=/&prefix=a").element("NextKeyMarker")).isEmpty();
  }

  /// Recorded: test_upload_part_copy_range_… .
  @ParameterizedTest
  @CsvSource({
    "bytes=0-100, InvalidArgument, Range specified is not valid for source object of size: 10",
    "bytes=100-200, InvalidRequest, The specified copy range is invalid for the source object size",
    "bytes=1-0, InvalidArgument, The x-amz-copy-source-range value must be of the form",
    "bytes=-2, InvalidArgument, The x-amz-copy-source-range value must be of the form",
    "0-8, InvalidArgument, The x-amz-copy-source-range value must be of the form"
  })
  void copyRangeMustBeWithinTheSource(String range, String code, String message) {
    String bucket = s3.bucket();
    s3.put(bucket + "/source", "0123456789");
    String upload = s3.begin(bucket + "/k");
    WireResponse response =
        s3.put(
            bucket + "/k?partNumber=1&uploadId=" + upload,
            "",
            "x-amz-copy-source",
            bucket.substring(1) + "/source",
            "x-amz-copy-source-range",
            range);
    assertThat(response.outcome()).isEqualTo("400 " + code);
    assertThat(response.message()).startsWith(message);
  }

  // Copies

  /// The header is URL-encoded, so a plus sign is a space.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
  @Test
  void plusInACopySourceIsASpace() {
    String bucket = s3.bucket();
    s3.put(bucket + "/a%20b", "spaced");
    s3.put(bucket + "/a%2Bb", "plus");
    String source = bucket.substring(1) + "/a";
    assertThat(s3.put(bucket + "/c", "", "x-amz-copy-source", source + "+b").status())
        .isEqualTo(200);
    assertThat(s3.get(bucket + "/c").body()).isEqualTo("spaced");
    s3.put(bucket + "/c", "", "x-amz-copy-source", source + "%2Bb");
    assertThat(s3.get(bucket + "/c").body()).isEqualTo("plus");
    String upload = s3.begin(bucket + "/m");
    String target = bucket + "/m?partNumber=1&uploadId=" + upload;
    assertThat(s3.put(target, "", "x-amz-copy-source", source + "+b").status()).isEqualTo(200);
  }

  // Reading

  /// Source: "Range" in https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  @Test
  void rangeOfTheWholeObjectHasItsChecksum() {
    String object = s3.bucket() + "/k";
    s3.put(object, "0123456789");
    for (String range : List.of("bytes=0-", "bytes=0-9", "bytes=0-99", "bytes=-10")) {
      WireResponse whole = s3.get(object, "Range", range, "x-amz-checksum-mode", "ENABLED");
      assertThat(whole.status()).isEqualTo(206);
      assertThat(whole.header("x-amz-checksum-crc64nvme")).isNotEmpty();
      assertThat(whole.header("x-amz-checksum-type")).isEqualTo("FULL_OBJECT");
    }
    WireResponse some = s3.get(object, "Range", "bytes=1-", "x-amz-checksum-mode", "ENABLED");
    assertThat(some.headers().contains("x-amz-checksum-crc64nvme")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'gzip, br', 'gzip, br'",
    "'GZIP ,br', 'GZIP ,br'",
    "'aws-chunked, gzip', gzip",
    "aws-chunked, ''"
  })
  void contentEncodingIsReturnedAsSent(String sent, String answered) {
    String object = s3.bucket() + "/k";
    s3.put(object, "x", "Content-Encoding", sent);
    assertThat(s3.head(object).header("Content-Encoding")).isEqualTo(answered);
  }

  /// RFC 9110 §10.1.1 lets a server ignore unknown expectations; S3 does.
  @Test
  void unknownExpectationsAreIgnored() {
    String object = s3.bucket() + "/k";
    assertThat(s3.put(object, "x", "Expect", "the-unexpected").status()).isEqualTo(200);
    assertThat(s3.get(object).body()).isEqualTo("x");
  }

  // Bodies

  /// Recorded in https://github.com/JuliaWeb/HTTP.jl/issues/98 and, of 2026, in
  /// https://github.com/irods/irods_resource_plugin_s3/issues/2301
  @Test
  void chunksWithoutADeclaredLengthAreNotImplemented() {
    String object = s3.bucket() + "/k";
    String upload = s3.begin(object);
    for (String target : List.of(object, object + "?partNumber=1&uploadId=" + upload)) {
      WireResponse response =
          S3Wire.response(
              s3.raw(
                  s3.signedHead("PUT", target, "UNSIGNED-PAYLOAD", "Transfer-Encoding", "chunked")
                      .concat("1\r\nx\r\n0\r\n\r\n")
                      .getBytes(StandardCharsets.ISO_8859_1)));
      assertThat(response.outcome()).isEqualTo("501 NotImplemented");
      assertThat(response.element("Header")).isEqualTo("Transfer-Encoding");
    }
    assertThat(
            S3Wire.response(
                    s3.raw(
                        s3.signedHead("PUT", object, "UNSIGNED-PAYLOAD")
                            .getBytes(StandardCharsets.ISO_8859_1)))
                .outcome())
        .isEqualTo("411 MissingContentLength");
  }
}
