package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import io.carillon.aws.Signing;
import io.carillon.http.Request;

/// A request that may be looked at: its signature matched, or it has none.
public sealed interface Verified {

  /// The request with its body checked on the way: who reads the body to its end (or to the end of
  /// the length it announces) has either read what was signed, or got an
  /// [io.carillon.aws.AwsException]. `aws-chunked` framing is gone, and from `Content-Encoding`
  /// too.
  Request request();

  /// How it was signed.
  Signing signing();

  /// Nobody signed. The body is still held to the hash and framing that the headers announce.
  record Anonymous(Request request, Signing signing) implements Verified {}

  /// By Signature Version 4.
  record Signed(Request request, Credentials credentials, Scope scope, Signing signing)
      implements Verified {

    /// Whether the signature stands in the query.
    public boolean presigned() {
      return signing.means().equals(Signing.QUERY);
    }
  }

  /// By Signature Version 2, in the query or in a form.
  record SignedV2(Request request, Credentials credentials, Signing signing) implements Verified {}
}
