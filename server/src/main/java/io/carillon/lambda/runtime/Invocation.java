package io.carillon.lambda.runtime;

/// One event for a function.
///
/// @param requestId the same for all attempts of an asynchronous invocation
/// @param invokedArn with the caller's qualifier, if any
/// @param clientContext JSON of mobile clients; empty for none
/// @param traceHeader an X-Ray trace header, which SDKs propagate
/// @param cause the cause of the event, as text; empty for none
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
