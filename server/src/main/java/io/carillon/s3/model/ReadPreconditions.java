package io.carillon.s3.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The conditions of a read, in the order that RFC 9110 gives them: `If-Match` outranks
/// `If-Unmodified-Since`, `If-None-Match` outranks `If-Modified-Since`.
///
/// An `If-Modified-Since` date in the future is ignored, as RFC 9110 §13.1.3 demands.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
///
/// @param now the time of the request
public record ReadPreconditions(
    @Nullable String ifMatch,
    @Nullable Instant ifUnmodifiedSince,
    @Nullable String ifNoneMatch,
    @Nullable Instant ifModifiedSince,
    Instant now) {

  /// The result of the conditions for a version.
  public sealed interface Result {
    record Proceed() implements Result {}

    /// The client's copy is current.
    record NotModified() implements Result {}

    /// @param condition the header whose condition is false
    record Failed(String condition) implements Result {}
  }

  public Result evaluate(ObjectVersion version) {
    if (ifMatch != null) {
      if (!Etags.matches(ifMatch, version.etag())) {
        return new Result.Failed("If-Match");
      }
    } else if (ifUnmodifiedSince != null && version.modified().isAfter(ifUnmodifiedSince)) {
      return new Result.Failed("If-Unmodified-Since");
    }
    if (ifNoneMatch != null) {
      return Etags.matches(ifNoneMatch, version.etag())
          ? new Result.NotModified()
          : new Result.Proceed();
    }
    return ifModifiedSince != null
            && !ifModifiedSince.isAfter(now)
            && !version.modified().isAfter(ifModifiedSince)
        ? new Result.NotModified()
        : new Result.Proceed();
  }

  /// The same for the source of a copy, where every false condition is the same error.
  ///
  /// @throws io.carillon.aws.AwsException PreconditionFailed
  public void requireForCopy(ObjectVersion version) {
    switch (evaluate(version)) {
      case Result.Proceed() -> {}
      case Result.NotModified() ->
          throw S3Error.PRECONDITION_FAILED.with(
              "Condition",
              ifNoneMatch != null
                  ? "x-amz-copy-source-If-None-Match"
                  : "x-amz-copy-source-If-Modified-Since");
      case Result.Failed(String condition) ->
          throw S3Error.PRECONDITION_FAILED.with("Condition", "x-amz-copy-source-" + condition);
    }
  }
}
