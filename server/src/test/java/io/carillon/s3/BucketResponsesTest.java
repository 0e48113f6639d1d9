package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.s3.S3Wire.WireResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Details of S3's responses for buckets, as they are on the wire.
///
/// "Recorded" are responses of S3 itself, from the snapshots of
/// https://github.com/localstack/localstack/tree/main/tests/aws/services/s3 or quoted in issues.
class BucketResponsesTest {
  private static S3Wire s3;

  @BeforeAll
  static void start() {
    s3 = S3Wire.start();
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  // Every response

  /// Recorded: the `Server` header of every response.
  @Test
  void everyResponseNamesTheServer() {
    String bucket = s3.bucket();
    assertThat(
            List.of(
                s3.put(bucket + "/k", "x"),
                s3.get(bucket + "/k"),
                s3.head(bucket + "/missing"),
                s3.get("/responses-none?list-type=2"),
                s3.delete(bucket + "/k"),
                s3.unsigned("GET", bucket, "")))
        .allSatisfy(
            response -> assertThat(response.headers().all("server")).containsExactly("AmazonS3"));
  }

  /// Recorded: test_region_header_exists, and the content type of HeadBucket.
  @Test
  void bucketResponsesNameTheRegion() {
    String bucket = s3.bucket();
    WireResponse head = s3.head(bucket);
    assertThat(head.header("x-amz-bucket-region")).isEqualTo("us-east-1");
    assertThat(head.header("content-type")).isEqualTo("application/xml");
    for (String query : List.of("?list-type=2", "")) {
      assertThat(s3.get(bucket + query).header("x-amz-bucket-region")).isEqualTo("us-east-1");
    }
  }

  /// Recorded: test_put_and_get_bucket_policy, test_bucket_tagging_crud.
  @Test
  void bucketConfigurationPutsReturn204() {
    String bucket = s3.bucket();
    String policy =
        """
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
         "Action": "s3:GetObject", "Resource": "arn:aws:s3::%s/secret"}]}
        """
            .formatted(bucket.replace("/", ":"));
    assertThat(s3.put(bucket + "?policy", policy).status()).isEqualTo(204);
    assertThat(s3.put(bucket + "?tagging", S3Wire.tagging("k", "v")).status()).isEqualTo(204);
    s3.put(bucket + "/k", "x");
    assertThat(s3.put(bucket + "/k?tagging", S3Wire.tagging("k", "v")).status()).isEqualTo(200);
  }

  // Locations and regions

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html; recorded: the
  /// location of a bucket in another region is its URL
  @Test
  void bucketLocationUsesTheHostOfTheRequest() {
    String here = "responses-here";
    assertThat(s3.put("/" + here, "").header("Location")).isEqualTo("/" + here);
    String constraint =
        "<CreateBucketConfiguration><LocationConstraint>%s</LocationConstraint>"
            + "</CreateBucketConfiguration>";
    assertThat(s3.put("/responses-west", constraint.formatted("eu-west-1")).header("Location"))
        .isEqualTo(s3.endpoint() + "/responses-west/");
    String host = "responses-named.localhost:" + s3.endpoint().getPort();
    assertThat(s3.put("/", constraint.formatted("eu-west-1"), "Host", host).header("Location"))
        .isEqualTo("http://" + host + "/");
  }

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
  @Test
  void locationConstraintEuIsReturnedAsPut() {
    String configuration =
        "<CreateBucketConfiguration><LocationConstraint>EU</LocationConstraint>"
            + "</CreateBucketConfiguration>";
    assertThat(s3.put("/responses-eu", configuration).status()).isEqualTo(200);
    assertThat(s3.get("/responses-eu?location").element("LocationConstraint")).isEqualTo("EU");
    assertThat(s3.in("eu-west-1").head("/responses-eu").header("x-amz-bucket-region"))
        .isEqualTo("eu-west-1");
  }

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  @ParameterizedTest
  @CsvSource({
    "eu-west-1, '', unspecified",
    "eu-west-1, us-east-1, us-east-1",
    "eu-west-1, eu-central-1, eu-central-1",
    "eu-west-1, nonsense, nonsense",
    "eu-central-1, EU, EU"
  })
  void regionalEndpointAcceptsOnlyItsOwnConstraint(String signed, String constraint, String named) {
    String body =
        constraint.isEmpty()
            ? ""
            : "<CreateBucketConfiguration><LocationConstraint>"
                + constraint
                + "</LocationConstraint></CreateBucketConfiguration>";
    WireResponse response = s3.in(signed).put("/responses-nowhere", body);
    assertThat(response.outcome()).isEqualTo("400 IllegalLocationConstraintException");
    assertThat(response.message())
        .isEqualTo(
            "The "
                + named
                + " location constraint is incompatible for the region specific endpoint this"
                + " request was sent to.");
  }

  @Test
  void completedUploadLocationUsesTheHostOfTheRequest() {
    String object = s3.bucket() + "/a%20b/c";
    String upload = s3.begin(object);
    String parts = S3Wire.listed(1, s3.part(object, upload, 1, "x"));
    assertThat(s3.complete(object, upload, parts).element("Location"))
        .isEqualTo(s3.endpoint() + object.replace("b/c", "b%2Fc"));
  }

  /// Clients that follow buckets across regions read the header; the element is for users.
  ///
  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html, and for the
  /// behaviour of clients the script `regions.py`
  @Test
  void requestsForAnotherRegionAreRedirected() {
    String bucket = "/responses-redirected";
    S3Wire west = s3.in("eu-west-1");
    west.put(
        bucket,
        "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
            + "</CreateBucketConfiguration>");
    west.put(bucket + "/k", "x");
    for (WireResponse response :
        List.of(
            s3.get(bucket + "/k"),
            s3.head(bucket + "/k"),
            s3.put(bucket + "/k", "y"),
            s3.delete(bucket + "/k"),
            s3.get(bucket + "/missing"),
            s3.post(bucket + "/k?uploads", ""),
            s3.get(bucket + "/k?tagging"),
            s3.get(bucket + "?list-type=2"),
            s3.head(bucket),
            s3.unsigned("GET", s3.presign("GET", bucket + "/k"), ""))) {
      assertThat(response.status()).isEqualTo(301);
      assertThat(response.header("x-amz-bucket-region")).isEqualTo("eu-west-1");
      if (!response.body().isEmpty()) {
        assertThat(response.code()).isEqualTo("PermanentRedirect");
        assertThat(response.element("Bucket")).isEqualTo("responses-redirected");
        assertThat(response.element("Endpoint")).contains("eu-west-1");
      }
    }
    assertThat(west.get(bucket + "/k").body()).isEqualTo("x");
  }

  // Tags

  /// Recorded: test_tagging_validation.
  @ParameterizedTest
  @CsvSource({
    "Key1, Val1, Key1, Val2, Cannot provide multiple Tags with the same key, Key1, ''",
    "'Key1,Key2', Val1, '', '', The TagKey you have provided is invalid, 'Key1,Key2', ''",
    "Key1, 'Val1,Val2', '', '', The TagValue you have provided is invalid, Key1, 'Val1,Val2'"
  })
  void invalidTagsAreRefused(
      String key, String value, String key2, String value2, String message, String k, String v) {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    String tags =
        key2.isEmpty() ? S3Wire.tagging(key, value) : S3Wire.tagging(key, value, key2, value2);
    for (String target : List.of(bucket + "?tagging", bucket + "/k?tagging")) {
      WireResponse response = s3.put(target, tags);
      assertThat(response.outcome()).isEqualTo("400 InvalidTag");
      assertThat(response.message()).isEqualTo(message);
      assertThat(response.element("TagKey")).isEqualTo(k);
      assertThat(response.element("TagValue")).isEqualTo(v);
    }
  }

  /// Recorded: put-bucket-tags-aws-prefixed, put-object-tags-aws-prefixed.
  @Test
  void systemTagsCannotBePut() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    WireResponse ofBucket = s3.put(bucket + "?tagging", S3Wire.tagging("aws:prefixed", "v"));
    assertThat(ofBucket.message()).isEqualTo("System tags cannot be added/updated by requester");
    WireResponse ofObject = s3.put(bucket + "/k?tagging", S3Wire.tagging("aws:prefixed", "v"));
    assertThat(ofObject.message()).isEqualTo("Your TagKey cannot be prefixed with aws:");
    assertThat(ofObject.element("TagKey")).isEqualTo("aws:prefixed");
  }

  /// Recorded: test_object_tagging_exc, test_put_object_with_tags.
  @Test
  void duplicateTagsInAHeaderAreRefused() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    for (String header : List.of("key1=val1&key1=val2", "key1=val1,key2=val2", "k=%ZZ")) {
      for (WireResponse response :
          List.of(
              s3.put(bucket + "/t", "x", "x-amz-tagging", header),
              s3.post(bucket + "/t?uploads", "", "x-amz-tagging", header),
              s3.put(
                  bucket + "/t",
                  "",
                  "x-amz-tagging",
                  header,
                  "x-amz-tagging-directive",
                  "REPLACE",
                  "x-amz-copy-source",
                  bucket.substring(1) + "/k"))) {
        assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
        assertThat(response.element("ArgumentName")).isEqualTo("x-amz-tagging");
        assertThat(response.element("ArgumentValue")).isEqualTo(header.replace("&", "&amp;"));
        assertThat(response.message()).endsWith("without tag name duplicates.");
      }
    }
    assertThat(s3.put(bucket + "/t", "x", "x-amz-tagging", "key1&&&key2").status()).isEqualTo(200);
    assertThat(s3.get(bucket + "/t?tagging").body()).contains("key1", "key2");
  }

  // Notifications

  private static String queueRule(String arn, String filter) {
    return "<NotificationConfiguration><QueueConfiguration><Queue>%s</Queue>%s<Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>"
        .formatted(arn, filter);
  }

  private static String filter(String rule) {
    return "<Filter><S3Key><FilterRule>" + rule + "</FilterRule></S3Key></Filter>";
  }

  /// Recorded: test_bucket_notification_with_invalid_filter_rules; the schema wants both elements.
  @Test
  void filterRulesNeedANameAndAValue() {
    String target = s3.bucket() + "?notification";
    String arn = "arn:aws:sqs:us-east-1:000000000000:q";
    for (String rule : List.of("<Name>prefix</Name>", "<Value>v</Value>", "")) {
      assertThat(s3.put(target, queueRule(arn, filter(rule))).outcome())
          .isEqualTo("400 MalformedXML");
    }
    WireResponse wrong =
        s3.put(target, queueRule(arn, filter("<Name>INVALID</Name><Value>v</Value>")));
    assertThat(wrong.outcome()).isEqualTo("400 InvalidArgument");
    assertThat(wrong.element("ArgumentName")).isEqualTo("FilterRule.Name");
    assertThat(wrong.element("ArgumentValue")).isEqualTo("INVALID");
  }

  /// Recorded: test_invalid_sqs_arn, test_invalid_topic_arn, test_invalid_lambda_arn.
  @ParameterizedTest
  @CsvSource({
    "QueueConfiguration, Queue",
    "TopicConfiguration, Topic",
    "CloudFunctionConfiguration, CloudFunction"
  })
  void invalidDestinationArnsAreNamedByTheirElement(String configuration, String element) {
    String target = s3.bucket() + "?notification";
    for (String skip : List.of("true", "false")) {
      WireResponse response =
          s3.put(
              target,
              "<NotificationConfiguration><%1$s><%2$s>invalid</%2$s><Event>s3:ObjectCreated:*</Event></%1$s></NotificationConfiguration>"
                  .formatted(configuration, element),
              "x-amz-skip-destination-validation",
              skip);
      assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
      assertThat(response.message()).isEqualTo("The ARN could not be parsed");
      assertThat(response.element("ArgumentName")).isEqualTo(element);
      assertThat(response.element("ArgumentValue")).isEqualTo("invalid");
    }
  }

  /// Recorded: multiple-queues-do-not-exist.
  @Test
  void everyInvalidDestinationIsNamed() {
    String queue =
        "<QueueConfiguration><Queue>arn:aws:sqs:us-east-1:000000000000:%s</Queue><Event>s3:%s</Event></QueueConfiguration>";
    WireResponse response =
        s3.put(
            s3.bucket() + "?notification",
            "<NotificationConfiguration>"
                + queue.formatted("none", "ObjectCreated:*")
                + queue.formatted("none-2", "ObjectRemoved:*")
                + "</NotificationConfiguration>");
    assertThat(response.message())
        .isEqualTo("Unable to validate the following destination configurations");
    assertThat(response.element("ArgumentName1")).endsWith(":none");
    assertThat(response.element("ArgumentName2")).endsWith(":none-2");
    assertThat(response.element("ArgumentValue2")).isNotEmpty();
  }

  // ACLs and Object Lock

  /// Canned: recorded in https://github.com/versity/versitygw/issues/1379; grants: in 1384.
  @Test
  void invalidAclsAreRefusedBeforeDisabledAcls() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    for (String target :
        List.of("/responses-acl", bucket + "?acl", bucket + "/k", bucket + "/k?acl")) {
      WireResponse canned = s3.put(target, "", "x-amz-acl", "privatee");
      assertThat(canned.outcome()).as(target).isEqualTo("400 InvalidArgument");
      assertThat(canned.message()).isEmpty();
      assertThat(canned.element("ArgumentName")).isEqualTo("x-amz-acl");
      assertThat(canned.element("ArgumentValue")).isEqualTo("privatee");
      WireResponse format = s3.put(target, "", "x-amz-grant-full-control", "fdjklasaj");
      assertThat(format.message()).isEqualTo("Argument format not recognized");
      assertThat(format.element("ArgumentName")).isEqualTo("x-amz-grant-full-control");
      WireResponse id =
          s3.put(target, "", "x-amz-acl", "public-read", "x-amz-grant-read", "id=0123");
      assertThat(id.message()).isEqualTo("Invalid id");
      assertThat(id.element("ArgumentName")).isEqualTo("id");
      assertThat(id.element("ArgumentValue")).isEqualTo("0123");
    }
    assertThat(s3.put(bucket + "/k", "x", "x-amz-acl", "public-read").outcome())
        .isEqualTo("400 AccessControlListNotSupported");
    String everyone = "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"";
    assertThat(s3.put(bucket + "/k", "x", "x-amz-grant-read", everyone).outcome())
        .isEqualTo("400 AccessControlListNotSupported");
  }

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  @ParameterizedTest
  @CsvSource({
    "x-amz-acl, public-read",
    "x-amz-acl, public-read-write",
    "x-amz-acl, authenticated-read",
    "x-amz-grant-read, uri=http://acs.amazonaws.com/groups/global/AllUsers"
  })
  void bucketsWithDisabledAclsAreNotCreatedWithAnAcl(String header, String value) {
    WireResponse response = s3.put("/responses-public", "", header, value);
    assertThat(response.outcome()).isEqualTo("400 InvalidBucketAclWithObjectOwnership");
    assertThat(response.message())
        .isEqualTo(
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
    assertThat(s3.head("/responses-public").status()).isEqualTo(404);
  }

  /// Recorded: test_delete_object_with_no_locking.
  @Test
  void retentionBypassNeedsObjectLock() {
    String bucket = s3.bucket();
    s3.put(bucket + "/k", "x");
    for (String value : List.of("true", "false")) {
      String header = "x-amz-bypass-governance-retention";
      String delete = "<Delete><Object><Key>k</Key></Object></Delete>";
      for (WireResponse response :
          List.of(
              s3.delete(bucket + "/k", header, value),
              s3.post(bucket + "?delete", delete, header, value))) {
        assertThat(response.outcome()).isEqualTo("400 InvalidArgument");
        assertThat(response.message())
            .isEqualTo(
                "x-amz-bypass-governance-retention is only applicable to Object Lock enabled"
                    + " buckets.");
        assertThat(response.element("ArgumentName")).isEqualTo(header);
      }
    }
    assertThat(s3.get(bucket + "/k").status()).isEqualTo(200);
  }

  // Anonymous callers

  @Test
  void anonymousCallersGetNoSuchBucketForMissingBuckets() {
    List<WireResponse> responses = new ArrayList<>();
    responses.add(s3.unsigned("GET", "/responses-none?list-type=2", ""));
    responses.add(s3.unsigned("GET", "/responses-none/k", ""));
    responses.add(s3.unsigned("PUT", "/responses-none/k", "x"));
    responses.add(s3.unsigned("DELETE", "/responses-none/k", ""));
    responses.add(s3.unsigned("GET", "/responses-none?policy", ""));
    responses.add(s3.unsigned("POST", "/responses-none/k?uploads", ""));
    assertThat(responses)
        .allSatisfy(response -> assertThat(response.outcome()).isEqualTo("404 NoSuchBucket"));
    assertThat(responses.getFirst().element("BucketName")).isEqualTo("responses-none");
    assertThat(s3.unsigned("HEAD", "/responses-none", "").status()).isEqualTo(404);
    String bucket = s3.bucket();
    assertThat(s3.unsigned("GET", bucket, "").outcome()).isEqualTo("403 AccessDenied");
    assertThat(s3.unsigned("GET", bucket + "/k", "").outcome()).isEqualTo("403 AccessDenied");
    assertThat(s3.unsigned("PUT", "/responses-none", "").outcome()).isEqualTo("403 AccessDenied");
  }
}
