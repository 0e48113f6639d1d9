package io.carillon.s3;

import static io.carillon.s3.PutObjectTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.DeletePublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLocationRequest;
import software.amazon.awssdk.services.s3.model.GetBucketLocationResponse;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyResponse;
import software.amazon.awssdk.services.s3.model.GetBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.GetBucketTaggingResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.ListBucketsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketsResponse;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.PutBucketTaggingRequest;
import software.amazon.awssdk.services.s3.model.Tag;

class BucketsTest {
  private final S3Fixture fixture = new S3Fixture();
  private final Caller american = S3Fixture.caller(S3Fixture.ALICE, Region.US_EAST_1);
  private final Caller bob = S3Fixture.caller(S3Fixture.BOB, S3Fixture.REGION);

  /// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "us-east-1, -, us-east-1",
        "us-east-1, us-east-1, InvalidLocationConstraint",
        "us-east-1, eu-west-1, eu-west-1",
        "us-east-1, nonsense, InvalidLocationConstraint",
        "eu-west-1, eu-west-1, eu-west-1",
        "eu-west-1, EU, EU",
        "eu-west-1, -, IllegalLocationConstraintException",
        "eu-west-1, eu-central-1, IllegalLocationConstraintException"
      })
  void locationConstraintMustMatchTheRegion(
      String signed, @Nullable String constraint, String expected) {
    Caller caller = S3Fixture.caller(S3Fixture.ALICE, new Region(signed));
    Runnable creating = () -> create(caller, "bucket", constraint);

    if (Region.isValid(expected) || expected.equals("EU")) {
      creating.run();
      GetBucketLocationResponse location =
          fixture.call(american, GetBucketLocationRequest.builder().bucket("bucket").build());
      assertThat(location.locationConstraintAsString())
          .isEqualTo(expected.equals("us-east-1") ? null : expected);
    } else {
      refused(creating::run, expected, 400);
    }
  }

  @Test
  void bucketNamesAreUnique() {
    create(american, "mine", null);
    create(american, "mine", null); // allowed in us-east-1
    fixture.createBucket("german");

    refused(() -> fixture.createBucket("german"), "BucketAlreadyOwnedByYou", 409);
    refused(() -> fixture.createBucket("mine"), "BucketAlreadyOwnedByYou", 409);
    refused(() -> create(bob, "mine", S3Fixture.REGION.name()), "BucketAlreadyExists", 409);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ab",
        "Upper",
        "under_score",
        "-begins",
        "ends-",
        ".begins",
        "two..dots",
        "192.168.0.1",
        "xn--bucket",
        "sthree-bucket",
        "amzn-s3-demo-bucket",
        "bucket-s3alias",
        "bucket--ol-s3",
        "bucket.mrap",
        "bucket--x-s3",
        "bucket--table-s3",
        "spaß",
        "a b"
      })
  void invalidBucketNamesAreRefused(String name) {
    refused(() -> create(american, name, null), "InvalidBucketName", 400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "a.b.c", "1-2-3", "0.0.0.0x", "my-bucket.example.org"})
  void validBucketNamesAreAccepted(String name) {
    CreateBucketResponse response = create(american, name, null);

    assertThat(response.location()).isEqualTo("/" + name);
  }

  @Test
  void bucketsAreListedInPagesByName() {
    for (String name : List.of("ccc", "aaa", "bbb", "abc")) {
      fixture.createBucket(name);
    }
    create(bob, "bobs", S3Fixture.REGION.name());
    create(american, "american", null);

    ListBucketsResponse first =
        fixture.call(fixture.alice, ListBucketsRequest.builder().maxBuckets(3).build());
    assertThat(first.buckets()).extracting(Bucket::name).containsExactly("aaa", "abc", "american");
    ListBucketsResponse second =
        fixture.call(
            fixture.alice,
            ListBucketsRequest.builder()
                .maxBuckets(3)
                .continuationToken(first.continuationToken())
                .build());
    assertThat(second.buckets()).extracting(Bucket::name).containsExactly("bbb", "ccc");
    assertThat(second.continuationToken()).isNull();
    ListBucketsResponse some =
        fixture.call(
            fixture.alice,
            ListBucketsRequest.builder().prefix("a").bucketRegion("us-east-1").build());
    assertThat(some.buckets()).extracting(Bucket::name).containsExactly("american");
    assertThat(some.owner().id()).hasSize(64);
  }

  @Test
  void deletingABucketDeletesItsConfigurations() {
    fixture.createBucket("bucket");
    fixture.notifyFunction("bucket");
    fixture.call(
        fixture.alice,
        CreateMultipartUploadRequest.builder().bucket("bucket").key("unfinished").build());
    fixture.put("bucket", "k", "x");
    refused(this::delete, "BucketNotEmpty", 409);

    fixture.call(
        fixture.alice,
        software.amazon.awssdk.services.s3.model.DeleteObjectRequest.builder()
            .bucket("bucket")
            .key("k")
            .build());
    delete();

    refused(
        () -> fixture.call(fixture.alice, HeadBucketRequest.builder().bucket("bucket").build()),
        "NoSuchBucket",
        404);
    fixture.createBucket("bucket");
    fixture.outbox.clear();
    fixture.put("bucket", "k", "x");
    assertThat(fixture.outbox).isEmpty();
  }

  @Test
  void bucketsOfOtherRegionsRedirect() {
    fixture.createBucket("german");

    refused(
            () -> fixture.call(american, HeadBucketRequest.builder().bucket("german").build()),
            "PermanentRedirect",
            301)
        .satisfies(
            e ->
                assertThat(((io.carillon.aws.AwsException) e).headers())
                    .containsEntry("x-amz-bucket-region", "eu-central-1"));
    HeadBucketResponse head =
        fixture.call(fixture.alice, HeadBucketRequest.builder().bucket("german").build());
    assertThat(head.bucketRegion()).isEqualTo("eu-central-1");
  }

  @Test
  void policyIsStoredUnchangedAndAppliesToBucketAndObjects() {
    fixture.createBucket("bucket");
    fixture.call(fixture.alice, DeletePublicAccessBlockRequest.builder().bucket("bucket").build());
    String policy =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
            + "\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::bucket/*\"}]}";
    fixture.call(
        fixture.alice, PutBucketPolicyRequest.builder().bucket("bucket").policy(policy).build());

    GetBucketPolicyResponse read =
        fixture.call(fixture.alice, GetBucketPolicyRequest.builder().bucket("bucket").build());
    assertThat(read.policy()).isEqualTo(policy);
    assertThat(fixture.policy(Arn.object("bucket", "a/b")))
        .hasValueSatisfying(
            owned -> {
              assertThat(owned.owner()).isEqualTo(S3Fixture.ALICE);
              assertThat(owned.policy()).contains(policy);
            });
    assertThat(fixture.policy(Arn.bucket("nowhere"))).isEmpty();

    fixture.call(fixture.alice, DeleteBucketPolicyRequest.builder().bucket("bucket").build());
    refused(
        () ->
            fixture.call(fixture.alice, GetBucketPolicyRequest.builder().bucket("bucket").build()),
        "NoSuchBucketPolicy",
        404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{\"Version\":\"2012-10-17\"}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::other/*\"}]}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::bucket/*\"}]}"
      })
  void malformedPoliciesAreRefused(String policy) {
    fixture.createBucket("bucket");

    refused(
        () ->
            fixture.call(
                fixture.alice,
                PutBucketPolicyRequest.builder().bucket("bucket").policy(policy).build()),
        "MalformedPolicy",
        400);
  }

  @Test
  void bucketTagsArePutReadAndDeleted() {
    fixture.createBucket("bucket");
    refused(this::tags, "NoSuchTagSet", 404);
    fixture.call(
        fixture.alice,
        PutBucketTaggingRequest.builder()
            .bucket("bucket")
            .tagging(t -> t.tagSet(Tag.builder().key("k").value("v").build()))
            .build());
    assertThat(tags().tagSet().getFirst().value()).isEqualTo("v");
    fixture.call(fixture.alice, DeleteBucketTaggingRequest.builder().bucket("bucket").build());
    refused(this::tags, "NoSuchTagSet", 404);
  }

  private GetBucketTaggingResponse tags() {
    return fixture.call(fixture.alice, GetBucketTaggingRequest.builder().bucket("bucket").build());
  }

  private void delete() {
    fixture.call(fixture.alice, DeleteBucketRequest.builder().bucket("bucket").build());
  }

  private CreateBucketResponse create(Caller caller, String name, @Nullable String constraint) {
    CreateBucketRequest.Builder input = CreateBucketRequest.builder().bucket(name);
    if (constraint != null) {
      input.createBucketConfiguration(c -> c.locationConstraint(constraint));
    }
    return fixture.call(caller, input.build());
  }
}
