package io.carillon.s3.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The conditions of a read, in the order that RFC 9110 gives them: `If-Match` outranks
/// `If-Unmodified-Since`, `If-None-Match` outranks `If-Modified-Since`.
///
/// A date that is yet to come is no date to have been modified since: RFC 9110 §13.1.3 has it
/// ignored.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
///
/// @param now when the request came
public record ReadPreconditions(
    @Nullable String ifMatch,
    @Nullable Instant ifUnmodifiedSince,
    @Nullable String ifNoneMatch,
    @Nullable Instant ifModifiedSince,
    Instant now) {

  /// What the conditions say of a version.
  public sealed interface Verdict {
    record Proceed() implements Verdict {}

    /// The reader has it already.
    record NotModified() implements Verdict {}

    /// @param condition the header that does not hold
    record Failed(String condition) implements Verdict {}
  }

  public Verdict judge(ObjectVersion version) {
    if (ifMatch != null) {
      if (!Etags.matches(ifMatch, version.etag())) {
        return new Verdict.Failed("If-Match");
      }
    } else if (ifUnmodifiedSince != null && version.modified().isAfter(ifUnmodifiedSince)) {
      return new Verdict.Failed("If-Unmodified-Since");
    }
    if (ifNoneMatch != null) {
      return Etags.matches(ifNoneMatch, version.etag())
          ? new Verdict.NotModified()
          : new Verdict.Proceed();
    }
    return ifModifiedSince != null
            && !ifModifiedSince.isAfter(now)
            && !version.modified().isAfter(ifModifiedSince)
        ? new Verdict.NotModified()
        : new Verdict.Proceed();
  }

  /// The same for the source of a copy, where all failures are alike.
  ///
  /// @throws io.carillon.aws.AwsException PreconditionFailed
  public void requireForCopy(ObjectVersion version) {
    switch (judge(version)) {
      case Verdict.Proceed() -> {}
      case Verdict.NotModified() ->
          throw S3Error.PRECONDITION_FAILED.with(
              "Condition",
              ifNoneMatch != null
                  ? "x-amz-copy-source-If-None-Match"
                  : "x-amz-copy-source-If-Modified-Since");
      case Verdict.Failed(String condition) ->
          throw S3Error.PRECONDITION_FAILED.with("Condition", "x-amz-copy-source-" + condition);
    }
  }
}
