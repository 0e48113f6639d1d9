package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Operations.Operation;
import io.carillon.s3.S3Wire.WireResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;

/// The permissions of S3 operations, and the errors for callers without them.
class S3AuthorizationTest {
  private static final String OTHER_ACCOUNT = "999999999999";
  private static S3Wire s3;
  private static IamClient iam;

  @BeforeAll
  static void start() {
    s3 = S3Wire.start();
    iam =
        IamClient.builder()
            .endpointOverride(s3.endpoint())
            .region(Region.US_EAST_1)
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .build();
  }

  @AfterAll
  static void stop() {
    iam.close();
    s3.close();
  }

  /// A client for a new user of the account with one policy.
  private static S3Wire user(String name, String... statements) {
    iam.createUser(u -> u.userName(name));
    iam.putUserPolicy(
        p ->
            p.userName(name)
                .policyName("p")
                .policyDocument(
                    "{\"Version\": \"2012-10-17\", \"Statement\": ["
                        + String.join(",", statements)
                        + "]}"));
    AccessKey key = iam.createAccessKey(k -> k.userName(name)).accessKey();
    return s3.as(key.accessKeyId(), key.secretAccessKey());
  }

  private static String statement(String effect, String action, String resource) {
    return "{\"Effect\": \"%s\", \"Action\": \"%s\", \"Resource\": \"arn:aws:s3:::%s\"}"
        .formatted(effect, action, resource);
  }

  // x-amz-expected-bucket-owner

  /// A request of an operation that has the header.
  private record Call(String operation, String method, String target, String body) {
    WireResponse send(String bucket, String upload, String... headers) {
      return s3.send(
          method,
          target.replace("{b}", bucket).replace("{u}", upload),
          body.replace("{n}", bucket.substring(1)),
          headers);
    }
  }

  private static final String TAGS =
      "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
  private static final String COPY = "x-amz-copy-source";

  private static final List<Call> CALLS =
      List.of(
          new Call("HeadBucket", "HEAD", "{b}", ""),
          new Call("GetBucketLocation", "GET", "{b}?location", ""),
          new Call("GetBucketAcl", "GET", "{b}?acl", ""),
          new Call("PutBucketAcl", "PUT", "{b}?acl", ""),
          new Call("PutBucketTagging", "PUT", "{b}?tagging", TAGS),
          new Call("GetBucketTagging", "GET", "{b}?tagging", ""),
          new Call("DeleteBucketTagging", "DELETE", "{b}?tagging", ""),
          new Call(
              "PutBucketPolicy",
              "PUT",
              "{b}?policy",
              """
              {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
               "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{n}/secret"}]}
              """),
          new Call("GetBucketPolicy", "GET", "{b}?policy", ""),
          new Call("DeleteBucketPolicy", "DELETE", "{b}?policy", ""),
          new Call(
              "PutBucketVersioning",
              "PUT",
              "{b}?versioning",
              "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"),
          new Call("GetBucketVersioning", "GET", "{b}?versioning", ""),
          new Call(
              "PutBucketNotificationConfiguration",
              "PUT",
              "{b}?notification",
              "<NotificationConfiguration/>"),
          new Call("GetBucketNotificationConfiguration", "GET", "{b}?notification", ""),
          new Call("PutObject", "PUT", "{b}/k", "x"),
          new Call("GetObject", "GET", "{b}/k", ""),
          new Call("HeadObject", "HEAD", "{b}/k", ""),
          new Call("GetObjectAcl", "GET", "{b}/k?acl", ""),
          new Call("PutObjectAcl", "PUT", "{b}/k?acl", ""),
          new Call("PutObjectTagging", "PUT", "{b}/k?tagging", TAGS),
          new Call("GetObjectTagging", "GET", "{b}/k?tagging", ""),
          new Call("DeleteObjectTagging", "DELETE", "{b}/k?tagging", ""),
          new Call("GetObjectAttributes", "GET", "{b}/k?attributes", ""),
          new Call("CopyObject", "PUT", "{b}/copy", ""),
          new Call("ListObjects", "GET", "{b}", ""),
          new Call("ListObjectsV2", "GET", "{b}?list-type=2", ""),
          new Call("ListObjectVersions", "GET", "{b}?versions", ""),
          new Call("CreateMultipartUpload", "POST", "{b}/m?uploads", ""),
          new Call("UploadPart", "PUT", "{b}/m?partNumber=1&uploadId={u}", "x"),
          new Call("UploadPartCopy", "PUT", "{b}/m?partNumber=2&uploadId={u}", ""),
          new Call("ListParts", "GET", "{b}/m?uploadId={u}", ""),
          new Call("ListMultipartUploads", "GET", "{b}?uploads", ""),
          new Call(
              "CompleteMultipartUpload",
              "POST",
              "{b}/m?uploadId={u}",
              "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>"),
          new Call("AbortMultipartUpload", "DELETE", "{b}/m?uploadId={u}", ""),
          new Call(
              "DeleteObjects",
              "POST",
              "{b}?delete",
              "<Delete><Object><Key>k</Key></Object></Delete>"),
          new Call("DeleteObject", "DELETE", "{b}/k", ""),
          new Call("DeleteBucket", "DELETE", "{b}", ""));

  private static String[] headers(Call call, String bucket, String name, String value) {
    return switch (call.operation()) {
      case "CopyObject", "UploadPartCopy" ->
          new String[] {name, value, COPY, bucket.substring(1) + "/k"};
      case "GetObjectAttributes" -> new String[] {name, value, "x-amz-object-attributes", "ETag"};
      case "PutBucketAcl", "PutObjectAcl" ->
          new String[] {name, value, "x-amz-acl", "bucket-owner-full-control"};
      default -> new String[] {name, value};
    };
  }

  /// Words: https://github.com/localstack/localstack, InvalidBucketOwnerAWSAccountID; the code is
  /// in https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  @Test
  void expectedOwnerMustBeAnAccountId() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    String upload = s3.begin(bucket + "/m");
    for (Call call : CALLS) {
      for (String owner : List.of("me", "12345678901", "1234567890123", "12345678901x", "")) {
        WireResponse response =
            call.send(bucket, upload, headers(call, bucket, "x-amz-expected-bucket-owner", owner));
        assertThat(response.status()).as("%s for '%s': %s", call, owner, response).isEqualTo(400);
        if (!call.method().equals("HEAD")) {
          assertThat(response.code()).as("%s", call).isEqualTo("InvalidBucketOwnerAWSAccountID");
          assertThat(response.message())
              .isEqualTo(
                  "The value of the expected bucket owner parameter must be an AWS Account ID... ["
                      + owner
                      + "]");
        }
      }
      WireResponse other =
          call.send(
              bucket, upload, headers(call, bucket, "x-amz-expected-bucket-owner", OTHER_ACCOUNT));
      assertThat(other.status()).as("%s: %s", call, other).isEqualTo(403);
    }
    assertThat(s3.get(bucket + "/k").body()).as("nothing was changed").isEqualTo("x");
  }

  @Test
  void expectedSourceOwnerMustBeAnAccountId() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    String upload = s3.begin(bucket + "/m");
    for (Call call : CALLS) {
      if (call.operation().contains("Copy")) {
        String header = "x-amz-source-expected-bucket-owner";
        assertThat(call.send(bucket, upload, headers(call, bucket, header, "me")).outcome())
            .isEqualTo("400 InvalidBucketOwnerAWSAccountID");
        assertThat(
                call.send(bucket, upload, headers(call, bucket, header, OTHER_ACCOUNT)).outcome())
            .isEqualTo("403 AccessDenied");
        assertThat(
                call.send(bucket, upload, headers(call, bucket, header, S3Wire.ACCOUNT)).status())
            .isEqualTo(200);
      }
    }
  }

  /// The configuration operations share one implementation, so a few of them stand for all.
  @Test
  void everyOperationWithAnExpectedOwnerIsTested() throws ReflectiveOperationException {
    Set<String> called = CALLS.stream().map(Call::operation).collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>();
    for (Operation<?> operation : new S3Fixture().service.operations().all()) {
      SdkPojo builder = (SdkPojo) operation.input().getMethod("builder").invoke(null);
      boolean takes =
          builder.sdkFields().stream()
              .anyMatch(
                  field ->
                      field
                          .locationName()
                          .toLowerCase(Locale.ROOT)
                          .equals("x-amz-expected-bucket-owner"));
      if (takes && !called.contains(operation.name())) {
        missing.add(operation.name());
      }
    }
    missing.removeIf(
        name ->
            (!name.contains("Object") && name.matches("(Get|Put|Delete|List)(Bucket|Public).*"))
                || name.matches(".*(ObjectLock|ObjectRetention|ObjectLegalHold).*"));
    missing.remove("PostObject"); // a form: its fields are checked like those of PutObject
    assertThat(missing).isEmpty();
  }

  // 403 or 404

  /// The s3:ListBucket check has the key as `s3:prefix`.
  ///
  /// Source: "Permissions" in https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  @Test
  void missingKeysAreNotFoundWithListPermissionForThePrefix() {
    String bucket = s3.bucket();
    String name = bucket.substring(1);
    S3Wire reader =
        user(
            "reader",
            statement("Allow", "s3:GetObject*", name + "/*"),
            statement("Allow", "s3:PutObject", name + "/*"),
            """
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::%s",
             "Condition": {"StringLike": {"s3:prefix": "home/reader/*"}}}
            """
                .formatted(name));
    for (String key : List.of("/home/reader/missing", "/home/other/missing")) {
      int status = key.contains("reader") ? 404 : 403;
      assertThat(reader.get(bucket + key).status()).isEqualTo(status);
      assertThat(reader.head(bucket + key).status()).isEqualTo(status);
      assertThat(
              reader.get(bucket + key + "?attributes", "x-amz-object-attributes", "ETag").status())
          .isEqualTo(status);
      assertThat(reader.put(bucket + "/copy", "", COPY, name + key).status()).isEqualTo(status);
    }
    assertThat(reader.get(bucket + "/home/reader/missing").code()).isEqualTo("NoSuchKey");
  }

  // The initiator of an upload

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html
  @Test
  void initiatorsCanListPartsAndAbort() {
    String bucket = s3.bucket();
    String objects = bucket.substring(1) + "/*";
    S3Wire writer = user("writer", statement("Allow", "s3:PutObject", objects));
    S3Wire colleague = user("colleague", statement("Allow", "s3:PutObject", objects));
    S3Wire bound =
        user(
            "bound",
            statement("Allow", "s3:PutObject", objects),
            statement("Deny", "s3:AbortMultipartUpload", objects),
            statement("Deny", "s3:ListMultipartUploadParts", objects));
    String upload = bucket + "/m?uploadId=" + writer.begin(bucket + "/m");

    assertThat(colleague.get(upload).outcome()).isEqualTo("403 AccessDenied");
    assertThat(colleague.delete(upload).outcome()).isEqualTo("403 AccessDenied");
    assertThat(writer.get(upload).status()).isEqualTo(200);
    assertThat(s3.get(upload).element("ID")).as("the owner may as well").isNotEmpty();
    assertThat(writer.delete(upload).status()).isEqualTo(204);
    assertThat(s3.get(upload).outcome()).isEqualTo("404 NoSuchUpload");
    assertThat(writer.get(upload).outcome())
        .as("it has initiated no upload")
        .isEqualTo("403 AccessDenied");

    String denied = bucket + "/m?uploadId=" + bound.begin(bucket + "/m");
    assertThat(bound.get(denied).outcome()).isEqualTo("403 AccessDenied");
    assertThat(bound.delete(denied).outcome()).isEqualTo("403 AccessDenied");
  }
}
