package io.carillon.s3.model;

import io.carillon.aws.AwsException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `If-Match` and `If-None-Match` on a write. The current version is checked in the transaction
/// that writes, so of two conditional writers one wins and the other fails.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
public record WritePreconditions(@Nullable String ifMatch, @Nullable String ifNoneMatch) {

  /// @throws AwsException NotImplemented for values that S3 does not support on writes
  public WritePreconditions {
    if (ifNoneMatch != null && !ifNoneMatch.equals("*")) {
      throw unsupported("If-None-Match");
    }
    if (ifMatch != null && ifMatch.strip().equals("*")) {
      throw unsupported("If-Match");
    }
  }

  private static AwsException unsupported(String header) {
    return S3Error.notImplemented(header)
        .with(
            "additionalMessage",
            "We don't accept the provided value of " + header + " header for this API");
  }

  /// @param current looks up the current version, called only if there are conditions; empty if
  ///   there is none or a delete marker
  public void check(Supplier<Optional<ObjectVersion>> current, ObjectKey key) {
    if (ifMatch == null && ifNoneMatch == null) {
      return;
    }
    Optional<ObjectVersion> live = current.get();
    if (ifNoneMatch != null && live.isPresent()) {
      throw S3Error.PRECONDITION_FAILED.with("Condition", "If-None-Match");
    }
    if (ifMatch == null) {
      return;
    }
    ObjectVersion version = live.orElseThrow(() -> S3Error.NO_SUCH_KEY.with("Key", key.value()));
    if (!Etags.matches(ifMatch, version.etag())) {
      throw S3Error.PRECONDITION_FAILED.with("Condition", "If-Match");
    }
  }

  /// For CompleteMultipartUpload: a write or deletion since the upload was created is a conflict,
  /// even if the condition holds now.
  ///
  /// @param begunOn see [Uploads.Upload]
  /// @throws AwsException ConditionalRequestConflict
  public void requireUnchanged(
      Supplier<Optional<ObjectVersion>> current, @Nullable Long begunOn, ObjectKey key) {
    if (begunOn == null || (ifMatch == null && ifNoneMatch == null)) {
      return;
    }
    long now = current.get().map(ObjectVersion::sequence).orElse(0L);
    if (now != begunOn) {
      throw S3Error.CONDITIONAL_REQUEST_CONFLICT
          .with("Condition", ifMatch != null ? "If-Match" : "If-None-Match")
          .with("Key", key.value());
    }
  }
}
