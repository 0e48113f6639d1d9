package io.carillon.s3;

import static io.carillon.s3.S3Fixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.base.Arn;
import io.carillon.s3.model.Bucket;
import io.carillon.server.Config;
import io.carillon.server.Settings;
import io.carillon.store.RowCodec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.DeletePublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAclRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAclResponse;
import software.amazon.awssdk.services.s3.model.GetBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.GetBucketOwnershipControlsResponse;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyStatusRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyStatusResponse;
import software.amazon.awssdk.services.s3.model.GetPublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.GetPublicAccessBlockResponse;
import software.amazon.awssdk.services.s3.model.Grant;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;
import software.amazon.awssdk.services.s3.model.OwnershipControlsRule;
import software.amazon.awssdk.services.s3.model.PublicAccessBlockConfiguration;
import software.amazon.awssdk.services.s3.model.PutBucketAclRequest;
import software.amazon.awssdk.services.s3.model.PutBucketOwnershipControlsRequest;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.PutObjectAclRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutPublicAccessBlockRequest;

/// Public access blocks, ownership controls, and the ACLs that they allow.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
class BucketAccessTest {
  private static final String TO_ANYONE = policy("\"*\"");

  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucket() {
    fixture.createBucket("bucket");
    fixture.put("bucket", "k", "x");
  }

  @Test
  void newBucketsBlockPublicAccessAndDisableAcls() {
    assertThat(block())
        .isEqualTo(
            PublicAccessBlockConfiguration.builder()
                .blockPublicAcls(true)
                .ignorePublicAcls(true)
                .blockPublicPolicy(true)
                .restrictPublicBuckets(true)
                .build());
    assertThat(ownership()).isEqualTo(ObjectOwnership.BUCKET_OWNER_ENFORCED);
  }

  @Test
  void bucketsWithLegacyDefaultsBlockNothing() {
    S3Fixture legacy = new S3Fixture(false);
    legacy.createBucket("bucket");

    refused(
        () ->
            legacy.call(
                legacy.alice, GetPublicAccessBlockRequest.builder().bucket("bucket").build()),
        "NoSuchPublicAccessBlockConfiguration",
        404);
    legacy.call(
        legacy.alice, PutBucketPolicyRequest.builder().bucket("bucket").policy(TO_ANYONE).build());
    assertThat(legacy.policy(Arn.bucket("bucket")).orElseThrow().restriction()).isEmpty();
  }

  /// The setting `new-bucket-defaults`; an unknown value is an error.
  @Test
  void newBucketsFollowTheSetting() {
    assertThat(setting("aws")).isEqualTo(Config.NewBuckets.AWS);
    assertThat(setting("legacy")).isEqualTo(Config.NewBuckets.LEGACY);
    assertThatThrownBy(() -> setting("old")).hasMessageContaining("must be aws or legacy");
  }

  private static Config.NewBuckets setting(String value) {
    return Config.of(
            Settings.resolve(Map.of("new-bucket-defaults", value), Map.of(), Optional.empty()))
        .newBuckets();
  }

  /// The row of a bucket from before public access blocks and ownership controls.
  private record RowBeforePublicAccessBlocks(
      String name,
      String account,
      String region,
      Instant created,
      Bucket.@Nullable Versioning versioning,
      boolean notifies) {}

  @Test
  void rowsFromBeforePublicAccessBlocksKeepTheirMeaning() {
    byte[] row =
        RowCodec.of(RowBeforePublicAccessBlocks.class)
            .encode(
                new RowBeforePublicAccessBlocks(
                    "b", "111111111111", "eu-west-1", S3Fixture.START, null, true));

    Bucket read = RowCodec.of(Bucket.class).decode(row);

    assertThat(read.effectivePublicAccess()).isEqualTo(Bucket.PublicAccess.NONE);
    assertThat(read.publicAccess()).isNull();
    assertThat(read.aclsDisabled()).isTrue();
    assertThat(read.notifies()).isTrue();
  }

  @Test
  void publicAccessBlockIsReturnedUntilDeleted() {
    putBlock(b -> b.blockPublicPolicy(true));

    assertThat(block())
        .isEqualTo(
            PublicAccessBlockConfiguration.builder()
                .blockPublicAcls(false)
                .ignorePublicAcls(false)
                .blockPublicPolicy(true)
                .restrictPublicBuckets(false)
                .build());
    deleteBlock();
    deleteBlock();
    refused(this::block, "NoSuchPublicAccessBlockConfiguration", 404);
  }

  @ParameterizedTest
  @EnumSource(
      value = ObjectOwnership.class,
      names = "UNKNOWN_TO_SDK_VERSION",
      mode = EnumSource.Mode.EXCLUDE)
  void ownershipIsReturnedAsPut(ObjectOwnership ownership) {
    putOwnership(ownership);
    assertThat(ownership()).isEqualTo(ownership);
    fixture.call(
        fixture.alice,
        CreateBucketRequest.builder()
            .bucket("other")
            .objectOwnership(ownership)
            .createBucketConfiguration(c -> c.locationConstraint(S3Fixture.REGION.name()))
            .build());
    GetBucketOwnershipControlsResponse ofNew =
        fixture.call(
            fixture.alice, GetBucketOwnershipControlsRequest.builder().bucket("other").build());
    assertThat(ofNew.ownershipControls().rules().getFirst().objectOwnership()).isEqualTo(ownership);
  }

  @Test
  void deletedOwnershipControlsAreNotFound() {
    for (int i = 0; i < 2; i++) {
      fixture.call(
          fixture.alice, DeleteBucketOwnershipControlsRequest.builder().bucket("bucket").build());
    }
    refused(this::ownership, "OwnershipControlsNotFoundError", 404);
  }

  @Test
  void invalidOwnershipIsRefused() {
    refused(
        () ->
            fixture.call(
                fixture.alice,
                PutBucketOwnershipControlsRequest.builder()
                    .bucket("bucket")
                    .ownershipControls(c -> c.rules(List.of()))
                    .build()),
        "MalformedXML",
        400);
    refused(
        () ->
            fixture.call(
                fixture.alice,
                CreateBucketRequest.builder().bucket("other").objectOwnership("Mine").build()),
        "InvalidArgument",
        400);
  }

  @Test
  void publicPolicyIsRefusedUntilTheBlockIsRemoved() {
    AwsException refused = refused(() -> putPolicy(TO_ANYONE), "AccessDenied", 403);
    assertThat(refused)
        .hasMessage(
            "User: arn:aws:iam::111111111111:root is not authorized to perform: s3:PutBucketPolicy"
                + " on resource: \"arn:aws:s3:::bucket\" because public policies are prevented by"
                + " the BlockPublicPolicy setting in S3 Block Public Access.");
    refused(this::isPublic, "NoSuchBucketPolicy", 404);
    putPolicy(policy("{\"AWS\":\"111111111111\"}"));
    assertThat(isPublic()).isFalse();

    putBlock(b -> b.restrictPublicBuckets(true));
    putPolicy(TO_ANYONE);
    assertThat(isPublic()).as("regardless of the public access block").isTrue();
    assertThat(owned().restriction()).isPresent();

    deleteBlock();
    assertThat(isPublic()).isTrue();
    assertThat(owned().restriction()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"private", "bucket-owner-full-control"})
  void objectsAcceptTheDefaultAclWhileAclsAreDisabled(String acl) {
    write(fixture.alice, acl);
    copy(acl);
    begin(acl);
  }

  @ParameterizedTest
  @ValueSource(strings = {"public-read", "authenticated-read", "bucket-owner-read"})
  void otherAclsAreRefusedWhileAclsAreDisabled(String acl) {
    refused(() -> write(fixture.alice, acl), "AccessControlListNotSupported", 400);
    refused(() -> copy(acl), "AccessControlListNotSupported", 400);
    refused(() -> begin(acl), "AccessControlListNotSupported", 400);
    refused(() -> putObjectAcl(acl), "AccessControlListNotSupported", 400);
  }

  /// Source: the behaviour of Terraform's aws_s3_bucket_acl on new buckets since April 2023.
  @Test
  void onlyFullControlForTheOwnerCanBePutWhileAclsAreDisabled() {
    putBucketAcl("bucket-owner-full-control");
    putObjectAcl("bucket-owner-full-control");
    for (String acl : new String[] {"private", "public-read"}) {
      refused(() -> putBucketAcl(acl), "AccessControlListNotSupported", 400);
      refused(() -> putObjectAcl(acl), "AccessControlListNotSupported", 400);
    }
    GetBucketAclResponse acl =
        fixture.call(fixture.alice, GetBucketAclRequest.builder().bucket("bucket").build());
    assertThat(acl.grants()).hasSize(1);
    assertThat(acl.grants().getFirst().grantee().id()).isEqualTo(acl.owner().id());
    fixture.call(
        fixture.alice,
        PutBucketAclRequest.builder()
            .bucket("bucket")
            .accessControlPolicy(p -> p.owner(acl.owner()).grants(acl.grants()))
            .build());
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "nonsense; ; InvalidArgument",
        "; somebody; InvalidArgument",
        "; id=\"x\"; InvalidArgument",
        "; uri=x; InvalidArgument",
        "private; emailAddress=\"x\"; InvalidRequest",
        "; id=\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\";"
            + " AccessControlListNotSupported"
      },
      delimiter = ';')
  void invalidAclsAreRefusedFirst(@Nullable String acl, @Nullable String grant, String code) {
    refused(
        () ->
            fixture.stream(
                fixture.alice,
                PutObjectRequest.builder()
                    .bucket("bucket")
                    .key("k")
                    .acl(acl)
                    .grantRead(grant)
                    .build(),
                request(new byte[0])),
        code,
        400);
  }

  @Test
  void publicAclsAreBlockedWhileAclsAreEnabled() {
    putOwnership(ObjectOwnership.BUCKET_OWNER_PREFERRED);

    write(fixture.alice, "private");
    putBucketAcl("private");
    putObjectAcl("private");
    for (String acl : new String[] {"public-read", "authenticated-read"}) {
      AwsException refused = refused(() -> write(fixture.alice, acl), "AccessDenied", 403);
      assertThat(refused)
          .hasMessageContaining(
              "because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public"
                  + " Access.");
      refused(() -> copy(acl), "AccessDenied", 403);
      refused(() -> begin(acl), "AccessDenied", 403);
      refused(() -> putBucketAcl(acl), "AccessDenied", 403);
      refused(() -> putObjectAcl(acl), "AccessDenied", 403);
    }
    refused(() -> putPublicGrant(), "AccessDenied", 403);

    deleteBlock();
    refused(() -> write(fixture.alice, "public-read"), "NotImplemented", 501);
    refused(() -> putBucketAcl("public-read"), "NotImplemented", 501);
    refused(() -> putPublicGrant(), "NotImplemented", 501);
    refused(() -> putBucketAcl("log-delivery-write"), "NotImplemented", 501);
  }

  /// Objects owned by their writer are not implemented; the bucket owner could not read them on
  /// AWS.
  @Test
  void objectsThatAnotherAccountWouldOwnAreRefused() {
    Caller bob = S3Fixture.caller(S3Fixture.BOB, S3Fixture.REGION);
    write(bob, null);

    putOwnership(ObjectOwnership.OBJECT_WRITER);
    refused(() -> write(bob, null), "NotImplemented", 501);
    refused(() -> write(bob, "bucket-owner-full-control"), "NotImplemented", 501);

    putOwnership(ObjectOwnership.BUCKET_OWNER_PREFERRED);
    refused(() -> write(bob, null), "NotImplemented", 501);
    write(bob, "bucket-owner-full-control");
  }

  @Test
  void bucketsAreNotCreatedWithAPublicAcl() {
    create("private", null);
    refused(() -> create("public-read", null), "InvalidBucketAclWithObjectOwnership", 400);
    refused(
        () -> create("public-read", ObjectOwnership.OBJECT_WRITER),
        "InvalidBucketAclWithBlockPublicAccessError",
        400);
    refused(
        () -> create("log-delivery-write", ObjectOwnership.OBJECT_WRITER), "NotImplemented", 501);
    refused(() -> create("nonsense", null), "InvalidArgument", 400);
  }

  private static String policy(String principal) {
    return "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":"
        + principal
        + ",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::bucket/*\"}}";
  }

  private PublicAccessBlockConfiguration block() {
    GetPublicAccessBlockResponse read =
        fixture.call(fixture.alice, GetPublicAccessBlockRequest.builder().bucket("bucket").build());
    return read.publicAccessBlockConfiguration();
  }

  private void putBlock(Consumer<PublicAccessBlockConfiguration.Builder> configuration) {
    fixture.call(
        fixture.alice,
        PutPublicAccessBlockRequest.builder()
            .bucket("bucket")
            .publicAccessBlockConfiguration(configuration)
            .build());
  }

  private void deleteBlock() {
    fixture.call(fixture.alice, DeletePublicAccessBlockRequest.builder().bucket("bucket").build());
  }

  private ObjectOwnership ownership() {
    GetBucketOwnershipControlsResponse read =
        fixture.call(
            fixture.alice, GetBucketOwnershipControlsRequest.builder().bucket("bucket").build());
    return read.ownershipControls().rules().getFirst().objectOwnership();
  }

  private void putOwnership(ObjectOwnership ownership) {
    fixture.call(
        fixture.alice,
        PutBucketOwnershipControlsRequest.builder()
            .bucket("bucket")
            .ownershipControls(
                c -> c.rules(OwnershipControlsRule.builder().objectOwnership(ownership).build()))
            .build());
  }

  private void putPolicy(String policy) {
    fixture.call(
        fixture.alice, PutBucketPolicyRequest.builder().bucket("bucket").policy(policy).build());
  }

  private boolean isPublic() {
    GetBucketPolicyStatusResponse read =
        fixture.call(
            fixture.alice, GetBucketPolicyStatusRequest.builder().bucket("bucket").build());
    return read.policyStatus().isPublic();
  }

  private Owned owned() {
    return fixture.policy(Arn.object("bucket", "k")).orElseThrow();
  }

  private void write(Caller caller, @Nullable String acl) {
    fixture.stream(
        caller,
        PutObjectRequest.builder().bucket("bucket").key("k").acl(acl).build(),
        request(new byte[0]));
  }

  private void copy(String acl) {
    fixture.call(
        fixture.alice,
        S3Fixture.copyOf("bucket/k")
            .destinationBucket("bucket")
            .destinationKey("copy")
            .acl(acl)
            .build());
  }

  private void begin(String acl) {
    fixture.call(
        fixture.alice,
        CreateMultipartUploadRequest.builder().bucket("bucket").key("parts").acl(acl).build());
  }

  private void putBucketAcl(String acl) {
    fixture.call(fixture.alice, PutBucketAclRequest.builder().bucket("bucket").acl(acl).build());
  }

  private void putObjectAcl(String acl) {
    fixture.call(
        fixture.alice, PutObjectAclRequest.builder().bucket("bucket").key("k").acl(acl).build());
  }

  private void putPublicGrant() {
    fixture.call(
        fixture.alice,
        PutObjectAclRequest.builder()
            .bucket("bucket")
            .key("k")
            .accessControlPolicy(
                p ->
                    p.owner(o -> o.id("x"))
                        .grants(
                            Grant.builder()
                                .permission("READ")
                                .grantee(
                                    e ->
                                        e.type("Group")
                                            .uri("http://acs.amazonaws.com/groups/global/AllUsers"))
                                .build()))
            .build());
  }

  private void create(String acl, @Nullable ObjectOwnership ownership) {
    fixture.call(
        fixture.alice,
        CreateBucketRequest.builder()
            .bucket("created")
            .acl(acl)
            .objectOwnership(ownership)
            .createBucketConfiguration(c -> c.locationConstraint(S3Fixture.REGION.name()))
            .build());
  }

  private static AwsException refused(ThrowingCallable call, String code, int status) {
    AwsException refused = catchThrowableOfType(AwsException.class, call);
    assertThat(refused).isNotNull();
    assertThat(refused.error().code()).isEqualTo(code);
    assertThat(refused.error().status()).isEqualTo(status);
    return refused;
  }
}
