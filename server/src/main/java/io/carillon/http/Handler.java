package io.carillon.http;

/// Answers requests, each on a virtual thread of its own. What it throws becomes a bare 500.
@FunctionalInterface
public interface Handler {
  Response handle(Request request) throws Exception;
}
