package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.checksum.ChecksumAlgorithm;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.PayloadTrait;
import software.amazon.awssdk.core.traits.TraitType;
import software.amazon.awssdk.services.s3.model.BucketInfo;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAclRequest;
import software.amazon.awssdk.services.s3.model.GetBucketAclResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.LocationInfo;
import software.amazon.awssdk.services.s3.model.MFADelete;
import software.amazon.awssdk.services.s3.model.PutBucketAclRequest;
import software.amazon.awssdk.services.s3.model.PutBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.PutObjectAclRequest;
import software.amazon.awssdk.services.s3.model.PutObjectAclResponse;
import software.amazon.awssdk.utils.builder.Buildable;

/// Checks every request member of all operations: it is either supported, and listed in
/// [UnsupportedMembers#HONOURED] or [#IN_BODIES], or refused by name. A new member in a newer SDK
/// is refused, or fails this test until it is listed.
class RequestMembersTest {
  private static final S3Fixture FIXTURE = new S3Fixture();

  /// The body members that operations read. Of ACLs, only the default one is accepted.
  private static final Set<String> IN_BODIES =
      Stream.concat(
              Stream.of(
                  "CompleteMultipartUpload.Part.ETag",
                  "CompleteMultipartUpload.Part.PartNumber",
                  "CreateBucketConfiguration.LocationConstraint",
                  "CreateBucketConfiguration.Tags.Key",
                  "CreateBucketConfiguration.Tags.Value",
                  "Delete.Object.Key",
                  "Delete.Object.VersionId",
                  "Delete.Object.ETag",
                  "Delete.Object.LastModifiedTime",
                  "Delete.Object.Size",
                  "Delete.Quiet",
                  "NotificationConfiguration.TopicConfiguration.Id",
                  "NotificationConfiguration.TopicConfiguration.Topic",
                  "NotificationConfiguration.TopicConfiguration.Event",
                  "NotificationConfiguration.TopicConfiguration.Filter.S3Key.FilterRule.Name",
                  "NotificationConfiguration.TopicConfiguration.Filter.S3Key.FilterRule.Value",
                  "NotificationConfiguration.QueueConfiguration.Id",
                  "NotificationConfiguration.QueueConfiguration.Queue",
                  "NotificationConfiguration.QueueConfiguration.Event",
                  "NotificationConfiguration.QueueConfiguration.Filter.S3Key.FilterRule.Name",
                  "NotificationConfiguration.QueueConfiguration.Filter.S3Key.FilterRule.Value",
                  "NotificationConfiguration.CloudFunctionConfiguration.Id",
                  "NotificationConfiguration.CloudFunctionConfiguration.CloudFunction",
                  "NotificationConfiguration.CloudFunctionConfiguration.Event",
                  "NotificationConfiguration.CloudFunctionConfiguration.Filter.S3Key.FilterRule"
                      + ".Name",
                  "NotificationConfiguration.CloudFunctionConfiguration.Filter.S3Key.FilterRule"
                      + ".Value",
                  "NotificationConfiguration.EventBridgeConfiguration",
                  "AccelerateConfiguration.Status",
                  "OwnershipControls.Rule.ObjectOwnership",
                  "Policy",
                  "PublicAccessBlockConfiguration.BlockPublicAcls",
                  "PublicAccessBlockConfiguration.BlockPublicPolicy",
                  "PublicAccessBlockConfiguration.IgnorePublicAcls",
                  "PublicAccessBlockConfiguration.RestrictPublicBuckets",
                  "RequestPaymentConfiguration.Payer",
                  "AbacStatus.Status",
                  "Tagging.TagSet.Key",
                  "Tagging.TagSet.Value",
                  "VersioningConfiguration.Status"),
              Stream.of(ChecksumAlgorithm.values())
                  .map(algorithm -> "CompleteMultipartUpload.Part.Checksum" + algorithm))
          .collect(Collectors.toUnmodifiableSet());

  /// The body members that [#unsupportedBodyMembersAreRefused] covers.
  private static final List<String> REFUSED_IN_BODIES =
      List.of(
          "AccessControlPolicy.",
          // BucketConfigurationsTest
          "AnalyticsConfiguration.",
          "BucketLoggingStatus.",
          "CORSConfiguration.",
          "IntelligentTieringConfiguration.",
          "InventoryConfiguration.",
          "LegalHold.",
          "LifecycleConfiguration.",
          "MetricsConfiguration.",
          "ObjectLockConfiguration.",
          "ReplicationConfiguration.",
          "Retention.",
          "ServerSideEncryptionConfiguration.",
          "WebsiteConfiguration.",
          "CreateBucketConfiguration.Bucket.",
          "CreateBucketConfiguration.Location.",
          "VersioningConfiguration.MfaDelete");

  static List<Class<?>> inputs() {
    return FIXTURE.service.operations().all().stream()
        .<Class<?>>map(Operation::input)
        .distinct()
        .toList();
  }

  private static SdkPojo builder(Class<?> input) throws ReflectiveOperationException {
    return (SdkPojo) input.getMethod("builder").invoke(null);
  }

  @SuppressWarnings("ReferenceEquality") // the types are constants
  private static Object sample(SdkField<?> field) {
    MarshallingType<?> type = field.marshallingType();
    if (type == MarshallingType.BOOLEAN) {
      return true;
    } else if (type == MarshallingType.INTEGER) {
      return 1;
    } else if (type == MarshallingType.LONG) {
      return 1L;
    } else if (type == MarshallingType.INSTANT) {
      return Instant.EPOCH;
    } else if (type == MarshallingType.LIST) {
      return List.of("x");
    } else if (type == MarshallingType.MAP) {
      return Map.of("x", "y");
    }
    return "x";
  }

  private static boolean isPayload(SdkField<?> field) {
    return field.containsTrait(PayloadTrait.class, TraitType.PAYLOAD_TRAIT);
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void membersAreSupportedOrRefusedByName(Class<?> input) throws ReflectiveOperationException {
    for (SdkField<?> field : builder(input).sdkFields()) {
      String name = field.locationName();
      if (isPayload(field) || name.startsWith("Source")) {
        continue; // checked below; members with this prefix belong to the SDK and are never sent
      }
      SdkPojo builder = builder(input);
      field.set(builder, sample(field));
      SdkPojo request = (SdkPojo) ((Buildable) builder).build();

      AwsException refused =
          catchThrowableOfType(AwsException.class, () -> UnsupportedMembers.check(request));

      if (UnsupportedMembers.HONOURED.contains(name)
          || ChecksumAlgorithm.ofHeader(name).isPresent()) {
        assertThat(refused).as("%s of %s", name, input).isNull();
      } else {
        assertThat(refused).as("%s of %s", name, input).isNotNull();
        assertThat(refused.error().status()).isIn(400, 501);
        assertThat(refused.members()).containsEntry("Header", name);
        if (refused.error().status() == 501) {
          assertThat(refused.getMessage())
              .as("clients show only the message")
              .containsIgnoringCase(name);
        }
      }
    }
  }

  @Test
  void everySupportedNameIsAMemberOfAnOperation() throws ReflectiveOperationException {
    Set<String> left = new TreeSet<>(UnsupportedMembers.HONOURED);
    for (Class<?> input : inputs()) {
      builder(input).sdkFields().forEach(field -> left.remove(field.locationName()));
    }

    assertThat(left).isEmpty();
  }

  /// HeadObject is run as a GetObject with the same members.
  @Test
  void getObjectHasAllMembersOfHeadObject() {
    assertThat(GetObjectRequest.builder().sdkFieldNameToField())
        .containsKeys(
            HeadObjectRequest.builder().build().sdkFields().stream()
                .map(SdkField::locationName)
                .toArray(String[]::new));
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void bodyMembersAreSupportedOrRefused(Class<?> input) throws ReflectiveOperationException {
    for (SdkField<?> field : builder(input).sdkFields()) {
      if (isPayload(field)) {
        assertThat(leaves("", field))
            .allSatisfy(
                path ->
                    assertThat(
                            IN_BODIES.contains(path)
                                || REFUSED_IN_BODIES.stream().anyMatch(path::startsWith))
                        .as("%s of %s", path, input)
                        .isTrue());
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // the types are constants
  private static List<String> leaves(String parent, SdkField<?> field) {
    String path = parent.isEmpty() ? field.locationName() : parent + "." + field.locationName();
    SdkField<?> inner =
        field.marshallingType() == MarshallingType.LIST
            ? field.getTrait(ListTrait.class, TraitType.LIST_TRAIT).memberFieldInfo()
            : field;
    if (inner.marshallingType() != MarshallingType.SDK_POJO) {
      return List.of(path);
    }
    List<String> found = new ArrayList<>();
    List<SdkField<?>> members = inner.constructor().get().sdkFields();
    members.forEach(member -> found.addAll(leaves(path, member)));
    return members.isEmpty() ? List.of(path) : found;
  }

  private static String refusal(SdkPojo request) {
    AwsException refused =
        catchThrowableOfType(AwsException.class, () -> FIXTURE.call(FIXTURE.alice, request));
    assertThat(refused).as("%s", request).isNotNull();
    return refused.error().code() + ": " + refused.getMessage() + refused.members();
  }

  @Test
  void unsupportedBodyMembersAreRefused() {
    FIXTURE.createBucket("every-member");
    FIXTURE.put("every-member", "k", "x");

    assertThat(
            refusal(
                PutBucketAclRequest.builder()
                    .bucket("every-member")
                    .accessControlPolicy(p -> p.owner(o -> o.id("x")))
                    .build()))
        .startsWith("AccessControlListNotSupported");
    assertThat(
            refusal(
                PutObjectAclRequest.builder()
                    .bucket("every-member")
                    .key("k")
                    .accessControlPolicy(p -> p.owner(o -> o.id("x")))
                    .build()))
        .startsWith("AccessControlListNotSupported");
    assertThat(
            FIXTURE.<PutObjectAclRequest, PutObjectAclResponse>call(
                FIXTURE.alice,
                PutObjectAclRequest.builder()
                    .bucket("every-member")
                    .key("k")
                    .accessControlPolicy(
                        p -> {
                          GetBucketAclResponse acl =
                              FIXTURE.call(
                                  FIXTURE.alice,
                                  GetBucketAclRequest.builder().bucket("every-member").build());
                          p.grants(acl.grants()).owner(acl.owner());
                        })
                    .build()))
        .as("the default ACL")
        .isNotNull();
    assertThat(
            refusal(
                CreateBucketRequest.builder()
                    .bucket("other")
                    .createBucketConfiguration(c -> c.bucket(BucketInfo.builder().build()))
                    .build()))
        .startsWith("NotImplemented")
        .contains("Bucket");
    assertThat(
            refusal(
                CreateBucketRequest.builder()
                    .bucket("other")
                    .createBucketConfiguration(c -> c.location(LocationInfo.builder().build()))
                    .build()))
        .startsWith("NotImplemented")
        .contains("Location");
    assertThat(
            refusal(
                PutBucketVersioningRequest.builder()
                    .bucket("every-member")
                    .versioningConfiguration(c -> c.mfaDelete(MFADelete.ENABLED).status("Enabled"))
                    .build()))
        .startsWith("NotImplemented");
  }
}
