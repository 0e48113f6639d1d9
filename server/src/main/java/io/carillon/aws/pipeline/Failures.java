package io.carillon.aws.pipeline;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.protocol.RequestIds;
import io.carillon.base.MemoryBudgetExceededException;
import io.carillon.http.Body;
import io.carillon.store.ContendedException;
import io.carillon.store.DamagedBlobException;
import io.carillon.store.ReadOnlyException;
import io.carillon.store.UnknownOutcomeException;
import io.carillon.store.UnreadableRowsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Converts any exception of an operation into an error response: the only catch-all of request
/// handling.
final class Failures {
  private static final Logger log = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /// @throws IOException where the connection broke, so that no response can be sent
  static AwsException toAwsException(Throwable failure, RequestIds ids) throws IOException {
    return switch (failure) {
      case AwsException awsException -> awsException;
      case Body.TooLargeException _ -> CommonError.REQUEST_ENTITY_TOO_LARGE.exception();
      case MemoryBudgetExceededException full ->
          full.isPermanent()
              ? CommonError.REQUEST_ENTITY_TOO_LARGE.because(full.getMessage())
              : CommonError.THROTTLING.exception();
      case DamagedBlobException damaged -> unreadable(damaged, ids);
      case UncheckedIOException e when e.getCause() instanceof DamagedBlobException damaged ->
          unreadable(damaged, ids);
      case UnreadableRowsException damaged -> unreadable(damaged, ids);
      case IOException broken -> throw broken;
      case OutOfMemoryError _ -> {
        log.error("Request {} ran out of memory", ids.requestId(), failure);
        yield CommonError.SERVICE_UNAVAILABLE.because("The server has run out of memory.");
      }
      case ReadOnlyException full ->
          CommonError.SERVICE_UNAVAILABLE.because(String.valueOf(full.getMessage()));
      case ContendedException contended -> {
        log.warn("Request {} was refused: {}", ids.requestId(), contended.getMessage());
        yield CommonError.SERVICE_UNAVAILABLE.exception();
      }
      case UnknownOutcomeException unknown -> {
        log.error("Request {} may have taken effect", ids.requestId(), unknown);
        yield CommonError.INTERNAL_FAILURE.exception();
      }
      default -> {
        log.error("Request {} failed", ids.requestId(), failure);
        yield CommonError.INTERNAL_FAILURE.exception();
      }
    };
  }

  private static AwsException unreadable(Exception damaged, RequestIds ids) {
    log.error("Request {} failed: {}", ids.requestId(), damaged.getMessage());
    return CommonError.INTERNAL_FAILURE.exception();
  }
}
