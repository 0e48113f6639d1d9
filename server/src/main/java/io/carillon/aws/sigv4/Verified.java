package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import io.carillon.http.Request;
import java.time.Instant;

/// A request that may be looked at: its signature matched, or it has none.
public sealed interface Verified {

  /// The request with its body checked on the way: who reads the body to its end (or to the end of
  /// the length it announces) has either read what was signed, or got an
  /// [io.carillon.aws.AwsException]. `aws-chunked` framing is gone, and from `Content-Encoding`
  /// too.
  Request request();

  /// Nobody signed. The body is still held to the hash and framing that the headers announce.
  record Anonymous(Request request) implements Verified {}

  /// @param signed when
  /// @param presigned whether the signature stands in the query
  record Signed(
      Request request, Credentials credentials, Scope scope, Instant signed, boolean presigned)
      implements Verified {}
}
