package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import io.carillon.aws.Signing;
import io.carillon.http.Request;

/// An authenticated request: its signature matched, or it has none.
public sealed interface Verified {

  /// The request with a body that is verified while it is read: a reader that reaches the end of
  /// the body (or its declared length) has either read what was signed, or got an
  /// [io.carillon.aws.AwsException]. `aws-chunked` framing is removed, also from
  /// `Content-Encoding`.
  Request request();

  /// How it was signed.
  Signing signing();

  /// An unsigned request. The body is still verified against the hash and framing in the headers.
  record Anonymous(Request request, Signing signing) implements Verified {}

  /// By Signature Version 4.
  record Signed(Request request, Credentials credentials, Scope scope, Signing signing)
      implements Verified {

    /// Whether the signature is in the query.
    public boolean presigned() {
      return signing.means().equals(Signing.QUERY);
    }
  }

  /// By Signature Version 2, in the query or in a form.
  record SignedV2(Request request, Credentials credentials, Signing signing) implements Verified {}
}
