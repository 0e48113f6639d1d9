package io.carillon.lambda;

import io.carillon.base.Arn;
import io.carillon.outbox.Work;
import io.carillon.store.RowCodec;
import java.time.Instant;

/// An event that has been accepted for a function, as it waits in the outbox.
///
/// @param functionArn as the caller named it, with the qualifier if there is one
/// @param requestId the same over all tries
/// @param traceHeader an X-Ray trace header
record AsyncInvocation(
    String functionArn,
    String requestId,
    byte[] payload,
    String clientContext,
    String traceHeader) {
  /// Which delivery runs these.
  static final String KIND = "lambda.invocation";

  private static final RowCodec<AsyncInvocation> CODEC = RowCodec.of(AsyncInvocation.class);

  static AsyncInvocation of(Work work) {
    return CODEC.decode(work.payload());
  }

  FunctionName functionName() {
    return FunctionName.of(Arn.parse(functionArn))
        .orElseThrow(() -> new IllegalStateException("Not a function: " + functionArn));
  }

  Work work(Instant due, String cause) {
    return new Work(KIND, functionName().arn().toString(), due, CODEC.encode(this), cause);
  }
}
