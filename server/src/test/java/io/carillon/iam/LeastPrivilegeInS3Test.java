package io.carillon.iam;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.StorageClass;
import software.amazon.awssdk.services.s3.model.Tagging;

/// The condition keys of S3 take effect on the wire, see [LeastPrivilegeTest].
///
/// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
class LeastPrivilegeInS3Test extends LeastPrivilegeFixture {
  private static void copy(String from, MetadataDirective directive) {
    s3.copyObject(
        b ->
            b.sourceBucket("bucket")
                .sourceKey(from)
                .destinationBucket("bucket")
                .destinationKey("copy")
                .metadataDirective(directive));
  }

  @TestFactory
  Stream<DynamicTest> inS3() {
    return Stream.of(
        denies(
            "StringLike",
            "s3:prefix",
            "secret/*",
            () -> s3.listObjectsV2(b -> b.bucket("bucket").prefix("secret/a")),
            () -> s3.listObjectsV2(b -> b.bucket("bucket").prefix("open/"))),
        denies(
            "StringEquals",
            "s3:delimiter",
            "/",
            () -> s3.listObjectsV2(b -> b.bucket("bucket").delimiter("/")),
            () -> s3.listObjectsV2(b -> b.bucket("bucket"))),
        denies(
            "NumericGreaterThan",
            "s3:max-keys",
            "10",
            () -> s3.listObjectsV2(b -> b.bucket("bucket").maxKeys(11)),
            () -> s3.listObjectsV2(b -> b.bucket("bucket").maxKeys(10))),
        denies(
            "StringEquals",
            "s3:VersionId",
            "null",
            () -> s3.getObjectAsBytes(b -> b.bucket("bucket").key("open").versionId("null")),
            () -> get("open")),
        denies(
            "StringEquals",
            "s3:x-amz-acl",
            "private",
            () ->
                s3.putObject(
                    b -> b.bucket("bucket").key("k").acl(ObjectCannedACL.PRIVATE),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "StringEquals",
            "s3:x-amz-acl",
            "private",
            () -> s3.putObjectAcl(b -> b.bucket("bucket").key("open").acl(ObjectCannedACL.PRIVATE)),
            () ->
                s3.putObjectAcl(
                    b ->
                        b.bucket("bucket")
                            .key("open")
                            .acl(ObjectCannedACL.BUCKET_OWNER_FULL_CONTROL))),
        denies(
            "StringLike",
            "s3:x-amz-copy-source",
            "bucket/sec*",
            () -> copy("secret", MetadataDirective.COPY),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringLike",
            "s3:x-amz-copy-source",
            "/bucket/sec*",
            () -> copy("secret", MetadataDirective.COPY),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringEquals",
            "s3:x-amz-metadata-directive",
            "REPLACE",
            () -> copy("open", MetadataDirective.REPLACE),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringEquals",
            "s3:x-amz-server-side-encryption",
            "AES256",
            () ->
                s3.putObject(
                    b ->
                        b.bucket("bucket")
                            .key("k")
                            .serverSideEncryption(ServerSideEncryption.AES256),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "StringEquals",
            "s3:x-amz-storage-class",
            "STANDARD",
            () ->
                s3.createMultipartUpload(
                    b -> b.bucket("bucket").key("k").storageClass(StorageClass.STANDARD)),
            () -> s3.createMultipartUpload(b -> b.bucket("bucket").key("k"))),
        denies(
            "StringEquals",
            "s3:x-amz-website-redirect-location",
            "/elsewhere",
            () ->
                s3.putObject(
                    b -> b.bucket("bucket").key("k").websiteRedirectLocation("/elsewhere"),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "StringEquals",
            "s3:if-none-match",
            "*",
            () ->
                s3.putObject(
                    b -> b.bucket("bucket").key("new").ifNoneMatch("*"),
                    RequestBody.fromString("x")),
            () -> put("k", "")),
        denies(
            "Bool",
            "s3:ObjectCreationOperation",
            "true",
            () -> put("k", ""),
            () -> s3.createMultipartUpload(b -> b.bucket("bucket").key("k"))),
        denies(
            "StringEquals",
            "s3:locationconstraint",
            "eu-west-1",
            () ->
                s3.createBucket(
                    b ->
                        b.bucket("elsewhere")
                            .createBucketConfiguration(c -> c.locationConstraint("eu-west-1"))),
            () -> s3.createBucket(b -> b.bucket("bucket"))),
        denies(
            "StringEquals",
            "s3:x-amz-object-ownership",
            "BucketOwnerEnforced",
            () ->
                s3.createBucket(
                    b -> b.bucket("owned").objectOwnership(ObjectOwnership.BUCKET_OWNER_ENFORCED)),
            () -> s3.createBucket(b -> b.bucket("bucket"))));
  }

  @TestFactory
  Stream<DynamicTest> byObjectTags() {
    Tagging secret =
        Tagging.builder()
            .tagSet(
                software.amazon.awssdk.services.s3.model.Tag.builder()
                    .key("class")
                    .value("secret")
                    .build())
            .build();
    Tagging open =
        Tagging.builder()
            .tagSet(
                software.amazon.awssdk.services.s3.model.Tag.builder()
                    .key("class")
                    .value("open")
                    .build())
            .build();
    return Stream.of(
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> get("secret"),
            () -> get("open")),
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> s3.getObjectAsBytes(b -> b.bucket("bucket").key("secret").versionId("null")),
            () -> put("secret", "class=secret")), // must not apply to writes
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> s3.deleteObjectTagging(b -> b.bucket("bucket").key("secret")),
            () -> s3.getObjectTagging(b -> b.bucket("bucket").key("open"))),
        denies(
            "StringEquals",
            "s3:ExistingObjectTag/class",
            "secret",
            () -> copy("secret", MetadataDirective.COPY),
            () -> copy("open", MetadataDirective.COPY)),
        denies(
            "StringEquals",
            "s3:RequestObjectTag/class",
            "secret",
            () -> put("k", "class=secret"),
            () -> put("k", "class=open")),
        denies(
            "StringEquals",
            "s3:RequestObjectTag/class",
            "secret",
            () -> s3.putObjectTagging(b -> b.bucket("bucket").key("open").tagging(secret)),
            () -> s3.putObjectTagging(b -> b.bucket("bucket").key("open").tagging(open))),
        denies(
            "StringEquals",
            "s3:RequestObjectTag/class",
            "secret",
            () ->
                s3.createMultipartUpload(b -> b.bucket("bucket").key("k").tagging("class=secret")),
            () -> s3.createMultipartUpload(b -> b.bucket("bucket").key("k").tagging("class=open"))),
        denies(
            "ForAnyValue:StringEquals",
            "s3:RequestObjectTagKeys",
            "class",
            () -> put("k", "other=1&class=secret"),
            () -> put("k", "other=1")));
  }
}
