package io.carillon.http;

/// Answers requests, each on a virtual thread of its own. What it throws becomes a bare 500, but
/// for what a body's reader throws: 400 for a torn or malformed body, 408 for a stalled one, 413
/// for one too large.
@FunctionalInterface
public interface Handler {
  Response handle(Request request) throws Exception;
}
