package io.carillon.s3;

import io.carillon.aws.Need;
import io.carillon.base.Arn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// The permissions that requests need.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
/// and, for the condition keys,
/// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
final class Permissions {
  /// Condition key of all requests that write objects: whether the request itself creates the
  /// object.
  static final String CREATION = "s3:ObjectCreationOperation";

  private Permissions() {}

  static List<Need> putObject(PutObjectRequest r) {
    Need put =
        creating(r.bucket(), r.key())
            .with("s3:x-amz-acl", r.aclAsString())
            .with("s3:x-amz-storage-class", r.storageClassAsString())
            .with("s3:x-amz-server-side-encryption", r.serverSideEncryptionAsString())
            .with("s3:x-amz-website-redirect-location", r.websiteRedirectLocation());
    return writeNeeds(
        r.bucket(), r.key(), put, r.tagging(), r.aclAsString(), r.ifMatch(), r.ifNoneMatch());
  }

  /// A write that creates an object.
  static Need creating(String bucket, String key) {
    return Need.of("s3:PutObject", Arn.object(bucket, key)).with(CREATION, true);
  }

  /// A write to a multipart upload, which creates the object on completion; such requests cannot be
  /// conditional.
  static Need preparing(String bucket, String key) {
    return Need.of("s3:PutObject", Arn.object(bucket, key)).with(CREATION, false);
  }

  /// Adds the object tags of the request.
  static Need tagging(Need need, Map<String, String> tags) {
    return need.tagging("s3:RequestObjectTag/", "s3:RequestObjectTagKeys", tags);
  }

  static List<Need> getObject(GetObjectRequest r) {
    return List.of(read(r.bucket(), r.key(), r.versionId()));
  }

  static List<Need> headObject(HeadObjectRequest r) {
    return List.of(read(r.bucket(), r.key(), r.versionId()));
  }

  /// Reading a version by its id is a separate action.
  static Need read(String bucket, String key, @Nullable String versionId) {
    return versioned("s3:GetObject", bucket, key, versionId);
  }

  static Need versioned(String action, String bucket, String key, @Nullable String versionId) {
    return Need.of(versionId == null ? action : versionAction(action), Arn.object(bucket, key))
        .with("s3:VersionId", versionId);
  }

  static Need listBucket(String bucket) {
    return Need.of("s3:ListBucket", Arn.bucket(bucket));
  }

  static Need onBucket(String action, String bucket) {
    return Need.of("s3:" + action, Arn.bucket(bucket));
  }

  /// All needs of a request that writes an object: `put`, separate actions for tags and ACLs, and
  /// s3:GetObject for `If-Match`, which reveals the object's ETag.
  static List<Need> writeNeeds(
      String bucket,
      String key,
      Need put,
      @Nullable String tagging,
      @Nullable String acl,
      @Nullable String ifMatch,
      @Nullable String ifNoneMatch) {
    Map<String, String> tags = TagSets.ofHeader(tagging);
    List<Need> needs = new ArrayList<>(1);
    needs.add(
        tagging(put, tags).with("s3:if-match", ifMatch).with("s3:if-none-match", ifNoneMatch));
    if (!tags.isEmpty()) {
      needs.add(new Need("s3:PutObjectTagging", put.resource(), needs.getFirst().context()));
    }
    if (acl != null) {
      needs.add(new Need("s3:PutObjectAcl", put.resource(), needs.getFirst().context()));
    }
    if (ifMatch != null) {
      needs.add(Need.of("s3:GetObject", Arn.object(bucket, key)));
    }
    return needs;
  }

  private static String versionAction(String action) {
    return switch (action) {
      case "s3:GetObject" -> "s3:GetObjectVersion";
      case "s3:DeleteObject" -> "s3:DeleteObjectVersion";
      case "s3:GetObjectTagging" -> "s3:GetObjectVersionTagging";
      case "s3:PutObjectTagging" -> "s3:PutObjectVersionTagging";
      case "s3:DeleteObjectTagging" -> "s3:DeleteObjectVersionTagging";
      case "s3:GetObjectAcl" -> "s3:GetObjectVersionAcl";
      case "s3:PutObjectAcl" -> "s3:PutObjectVersionAcl";
      case "s3:GetObjectAttributes" -> "s3:GetObjectVersionAttributes";
      default -> throw new IllegalArgumentException(action + " has no action for versions");
    };
  }
}
