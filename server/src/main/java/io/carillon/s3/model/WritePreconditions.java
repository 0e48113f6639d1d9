package io.carillon.s3.model;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `If-Match` and `If-None-Match` on a write. Only the current version is judged, in the
/// transaction that writes, so of two conditional writers one wins and the other sees it.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
public record WritePreconditions(@Nullable String ifMatch, @Nullable String ifNoneMatch) {

  /// @throws io.carillon.aws.AwsException NotImplemented for what S3 does not know on writes
  public WritePreconditions {
    if (ifNoneMatch != null && !ifNoneMatch.equals("*")) {
      throw S3Error.notImplemented("If-None-Match")
          .with(
              "additionalMessage",
              "We don't accept the provided value of If-None-Match header for this API");
    }
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
}
