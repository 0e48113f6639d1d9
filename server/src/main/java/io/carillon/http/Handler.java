package io.carillon.http;

import org.jspecify.annotations.Nullable;

/// Answers requests, each on a virtual thread of its own. What it throws becomes a bare 500, but
/// for what a body's reader throws: 400 for a torn or malformed body, 408 for a stalled one, 413
/// for one too large.
@FunctionalInterface
public interface Handler {
  Response handle(Request request) throws Exception;

  /// Whose a connection is, where its requests count among those of one sender of many: asked only
  /// where the engine runs half as many requests as it can. Null for whoever may use all the room.
  default @Nullable String sender(ClientSocket socket) {
    return null;
  }
}
