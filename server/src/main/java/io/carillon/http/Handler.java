package io.carillon.http;

import org.jspecify.annotations.Nullable;

/// Handles requests, each on a virtual thread of its own. An exception becomes a bare 500, except
/// those of reading a body: 400 for a truncated or malformed body, 408 for one that timed out, 413
/// for one too large.
@FunctionalInterface
public interface Handler {
  Response handle(Request request) throws Exception;

  /// The limited sender that a connection's requests count for; called only when the engine is half
  /// full. Null for a client that may use all the room.
  default @Nullable String sender(ClientSocket socket) {
    return null;
  }
}
