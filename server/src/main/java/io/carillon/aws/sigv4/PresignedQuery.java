package io.carillon.aws.sigv4;

/// The names of the query parameters of a presigned URL.
final class PresignedQuery {
  static final String ALGORITHM = "X-Amz-Algorithm";
  static final String CREDENTIAL = "X-Amz-Credential";
  static final String DATE = "X-Amz-Date";
  static final String EXPIRES = "X-Amz-Expires";
  static final String SIGNED_HEADERS = "X-Amz-SignedHeaders";
  static final String SIGNATURE = "X-Amz-Signature";
  static final String SECURITY_TOKEN = "X-Amz-Security-Token";
  static final String CONTENT_SHA256 = "X-Amz-Content-Sha256";

  private PresignedQuery() {}
}
