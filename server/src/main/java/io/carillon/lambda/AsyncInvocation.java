package io.carillon.lambda;

import io.carillon.base.Arn;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import java.time.Instant;

/// An accepted event for a function, queued in the outbox.
///
/// @param functionArn with the caller's qualifier, if any
/// @param requestId the same for all attempts
/// @param traceHeader an X-Ray trace header
record AsyncInvocation(
    String functionArn,
    String requestId,
    byte[] payload,
    String clientContext,
    String traceHeader) {
  /// The kind of work, which names the delivery.
  static final String KIND = "lambda.invocation";

  private static final RowCodec<AsyncInvocation> CODEC = RowCodec.of(AsyncInvocation.class);

  static AsyncInvocation of(Work work) {
    return CODEC.decode(work.payload());
  }

  FunctionName functionName() {
    return FunctionName.of(Arn.parse(functionArn))
        .orElseThrow(() -> new IllegalStateException("Not a function ARN: " + functionArn));
  }

  Work work(Instant due, String cause) {
    return new Work(KIND, functionName().arn().toString(), due, CODEC.encode(this), cause);
  }
}
