package io.carillon.http;

/// A request's head, parsed and checked to be unambiguous.
///
/// @param http11 whether the client speaks HTTP/1.1 rather than 1.0
/// @param keepAlive whether the client may send another request on this connection
/// @param expectsContinue whether it waits for `100 Continue` before it sends the body
record Head(
    String method,
    String rawPath,
    String rawQuery,
    Headers headers,
    boolean http11,
    boolean keepAlive,
    boolean expectsContinue,
    Framing framing) {

  /// How the end of the body is found.
  sealed interface Framing {
    /// A number of bytes; zero where the head declares no body.
    record Length(long bytes) implements Framing {}

    record Chunked() implements Framing {}
  }

  boolean isHead() {
    return method.equals("HEAD");
  }
}
