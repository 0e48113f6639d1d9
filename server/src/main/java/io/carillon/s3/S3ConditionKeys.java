package io.carillon.s3;

import io.carillon.aws.Caller;
import io.carillon.aws.ConditionKeys;
import java.time.Duration;
import java.time.Instant;

/// The condition keys that all requests have; those of single operations are in [Permissions].
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
final class S3ConditionKeys {
  static final ConditionKeys OF_REQUESTS =
      ConditionKeys.NONE
          .with("s3:authType", (caller, _) -> caller.signing().means())
          .with("s3:signatureAge", (caller, _) -> signatureAge(caller))
          .with("s3:signatureversion", (caller, _) -> caller.signing().version())
          .with("s3:x-amz-content-sha256", (caller, _) -> caller.signing().contentSha256())
          .with("s3:ResourceAccount", (_, owner) -> owner)
          .withResourceTagsOnlyAs("s3:ExistingObjectTag/");

  private S3ConditionKeys() {}

  /// In milliseconds; Signature Version 2 has no time.
  private static String signatureAge(Caller caller) {
    Instant signed = caller.signing().signed();
    return signed == null
        ? ""
        : Long.toString(Math.max(0, Duration.between(signed, caller.time()).toMillis()));
  }
}
