package io.carillon.s3.model;

import io.carillon.aws.AwsException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `If-Match` and `If-None-Match` on a write. Only the current version is judged, in the
/// transaction that writes, so of two conditional writers one wins and the other sees it.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
public record WritePreconditions(@Nullable String ifMatch, @Nullable String ifNoneMatch) {

  /// @throws AwsException NotImplemented for what S3 does not know on writes
  public WritePreconditions {
    if (ifNoneMatch != null && !ifNoneMatch.equals("*")) {
      throw unknown("If-None-Match");
    }
    if (ifMatch != null && ifMatch.strip().equals("*")) {
      throw unknown("If-Match");
    }
  }

  private static AwsException unknown(String header) {
    return S3Error.notImplemented(header)
        .with(
            "additionalMessage",
            "We don't accept the provided value of " + header + " header for this API");
  }

  /// @param current looks the current version up, which only conditions ask for; empty where there
  ///   is none or a delete marker
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

  /// Of a completion: what was written or deleted while the parts came in is a conflict, even if
  /// the condition holds now.
  ///
  /// @param begunOn the sequence number of the object as the upload began, 0 where there was none;
  ///   null for uploads that do not know
  /// @throws AwsException ConditionalRequestConflict
  public void requireUntouched(
      Supplier<Optional<ObjectVersion>> current, @Nullable Long begunOn, ObjectKey key) {
    if (begunOn == null || ifMatch == null && ifNoneMatch == null) {
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
