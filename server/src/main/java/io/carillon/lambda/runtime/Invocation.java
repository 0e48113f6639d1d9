package io.carillon.lambda.runtime;

/// One event for a function.
///
/// @param requestId the same over all tries of an asynchronous invocation
/// @param invokedArn as the caller named the function, with the qualifier if it gave one
/// @param clientContext JSON of mobile clients; empty for none
/// @param traceHeader an X-Ray trace header, which SDKs hand on
/// @param cause the trace id of the event that led here; empty for none
public record Invocation(
    String requestId,
    String invokedArn,
    byte[] payload,
    String clientContext,
    String traceHeader,
    String cause) {

  @Override
  public String toString() {
    return "Invocation[" + requestId + " of " + invokedArn + "]";
  }
}
