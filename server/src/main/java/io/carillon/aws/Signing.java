package io.carillon.aws;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How a request was signed, for conditions (`s3:authType`, `s3:signatureversion`,
/// `s3:signatureAge`, `s3:x-amz-content-sha256`).
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
///
/// @param means the place of the signature: `REST-HEADER`, `REST-QUERY-STRING` or `POST`; empty for
///   unsigned requests
/// @param version `AWS4-HMAC-SHA256`, or `AWS` for version 2; empty for unsigned requests
/// @param signed when; null where the signature has no date
/// @param contentSha256 the payload hash that the request declares; empty for none
public record Signing(
    String means, String version, @Nullable Instant signed, String contentSha256) {
  public static final String HEADER = "REST-HEADER";
  public static final String QUERY = "REST-QUERY-STRING";
  public static final String FORM = "POST";
  public static final String VERSION_2 = "AWS";
  public static final String VERSION_4 = "AWS4-HMAC-SHA256";

  /// For unsigned requests, and for actions of the server itself.
  public static final Signing NONE = new Signing("", "", null, "");

  /// For unsigned forms.
  public static final Signing NONE_OF_FORM = new Signing(FORM, "", null, "");

  /// Whether the signature names a region: version 2 does not.
  public boolean namesRegion() {
    return !version.equals(VERSION_2);
  }

  /// Whether the request came as a browser's form.
  public boolean isForm() {
    return means.equals(FORM);
  }
}
