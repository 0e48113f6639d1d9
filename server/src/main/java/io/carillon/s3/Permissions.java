package io.carillon.s3;

import io.carillon.aws.Need;
import io.carillon.base.Arn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// What requests need to be allowed.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
/// and, for the condition keys,
/// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
final class Permissions {
  private Permissions() {}

  static List<Need> putObject(PutObjectRequest r) {
    Need put =
        with(
            with(
                with(
                    Need.of("s3:PutObject", Arn.object(r.bucket(), r.key())),
                    "s3:x-amz-acl",
                    r.aclAsString()),
                "s3:x-amz-storage-class",
                r.storageClassAsString()),
            "s3:x-amz-server-side-encryption",
            r.serverSideEncryptionAsString());
    return written(
        r.bucket(), r.key(), put, r.tagging(), r.aclAsString(), r.ifMatch(), r.ifNoneMatch());
  }

  static List<Need> getObject(GetObjectRequest r) {
    return List.of(read(r.bucket(), r.key(), r.versionId()));
  }

  static List<Need> headObject(HeadObjectRequest r) {
    return List.of(read(r.bucket(), r.key(), r.versionId()));
  }

  /// Reading one version by its id is an action of its own.
  static Need read(String bucket, String key, @Nullable String versionId) {
    return versioned("s3:GetObject", bucket, key, versionId);
  }

  static Need versioned(String action, String bucket, String key, @Nullable String versionId) {
    Arn object = Arn.object(bucket, key);
    return versionId == null
        ? Need.of(action, object)
        : Need.of(versionAction(action), object).with("s3:VersionId", versionId);
  }

  static Need listBucket(String bucket) {
    return Need.of("s3:ListBucket", Arn.bucket(bucket));
  }

  static Need onBucket(String action, String bucket) {
    return Need.of("s3:" + action, Arn.bucket(bucket));
  }

  /// What writing an object needs beside `put`: tags and ACLs are actions of their own, and
  /// `If-Match` tells the caller something about the object.
  static List<Need> written(
      String bucket,
      String key,
      Need put,
      @Nullable String tagging,
      @Nullable String acl,
      @Nullable String ifMatch,
      @Nullable String ifNoneMatch) {
    Arn object = Arn.object(bucket, key);
    List<Need> needs = new ArrayList<>(1);
    needs.add(with(with(put, "s3:if-match", ifMatch), "s3:if-none-match", ifNoneMatch));
    if (tagging != null && !tagging.isEmpty()) {
      needs.add(Need.of("s3:PutObjectTagging", object));
    }
    if (acl != null) {
      needs.add(Need.of("s3:PutObjectAcl", object).with("s3:x-amz-acl", acl));
    }
    if (ifMatch != null) {
      needs.add(Need.of("s3:GetObject", object));
    }
    return needs;
  }

  static Need with(Need need, String key, @Nullable Object value) {
    return value == null ? need : need.with(key, value.toString());
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
      default -> throw new IllegalArgumentException(action + " knows no versions");
    };
  }
}
