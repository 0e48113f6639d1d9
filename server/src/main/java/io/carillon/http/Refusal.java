package io.carillon.http;

/// Bytes that are no acceptable HTTP: the answer is a bare `status`, and the connection is given
/// up, since nobody can know where the next request would start.
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  final int status;

  Refusal(int status, String reason) {
    super(reason, null, false, false);
    this.status = status;
  }
}
