package io.carillon.aws.sigv4;

import io.carillon.aws.Credentials;
import io.carillon.aws.Signing;
import io.carillon.http.Request;
import java.time.Instant;

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
  record Anonymous(Request request) implements Verified {
    @Override
    public Signing signing() {
      return Signing.NONE;
    }
  }

  /// By Signature Version 4.
  ///
  /// @param signed when
  /// @param presigned whether the signature stands in the query
  /// @param contentSha256 what the signature says of the body
  record Signed(
      Request request,
      Credentials credentials,
      Scope scope,
      Instant signed,
      boolean presigned,
      String contentSha256)
      implements Verified {
    @Override
    public Signing signing() {
      return new Signing(
          presigned ? Signing.QUERY : Signing.HEADER, Signing.VERSION_4, signed, contentSha256);
    }
  }

  /// By Signature Version 2, in the query.
  ///
  /// @param contentSha256 what a header says of the body; empty for nothing
  record SignedBefore(Request request, Credentials credentials, String contentSha256)
      implements Verified {
    @Override
    public Signing signing() {
      return new Signing(Signing.QUERY, Signing.VERSION_2, null, contentSha256);
    }
  }
}
