package io.carillon.http;

/// Malformed HTTP: the response is a bare `status`, and the connection is closed, since the start
/// of the next request is unknown.
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  final int status;

  Refusal(int status, String reason) {
    super(reason, null, false, false);
    this.status = status;
  }
}
