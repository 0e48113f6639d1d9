package io.carillon.aws;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How a request was signed, for policies that ask (`s3:authType`, `s3:signatureversion`,
/// `s3:signatureAge`, `s3:x-amz-content-sha256`).
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
///
/// @param means where the signature stood: `REST-HEADER`, `REST-QUERY-STRING` or `POST`; empty
///   where nobody signed
/// @param version `AWS4-HMAC-SHA256`, or `AWS` for version 2; empty where nobody signed
/// @param signed when; null where the signature does not say
/// @param contentSha256 what the request says of its body; empty where it says nothing
public record Signing(
    String means, String version, @Nullable Instant signed, String contentSha256) {
  public static final String HEADER = "REST-HEADER";
  public static final String QUERY = "REST-QUERY-STRING";
  public static final String FORM = "POST";
  public static final String VERSION_2 = "AWS";
  public static final String VERSION_4 = "AWS4-HMAC-SHA256";

  /// Of requests that nobody signed, and of what the server does by itself.
  public static final Signing NONE = new Signing("", "", null, "");

  /// Of forms that nobody signed.
  public static final Signing NONE_OF_FORM = new Signing(FORM, "", null, "");

  /// Whether the signature names the region that the request is for: version 2 knows none.
  public boolean namesRegion() {
    return !version.equals(VERSION_2);
  }

  /// Whether the request came as a browser's form.
  public boolean isForm() {
    return means.equals(FORM);
  }
}
