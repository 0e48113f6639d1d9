package io.carillon.aws.sigv4;

import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.List;
import java.util.Locale;

/// The `x-amz-…` header fields that a presigned URL has in its query, covered by the signature:
/// metadata, tags and others, which the sender of the request need not know. Later steps see them
/// as headers.
///
/// Checksums are left out, as in S3: SDKs sign that of an empty body.
final class HoistedHeaders {
  private static final String AMZ_PREFIX = "x-amz-";
  private static final List<String> EXCLUDED_PREFIXES =
      List.of("x-amz-checksum-", "x-amz-sdk-checksum-");
  private static final List<String> SIGNING =
      List.of(
          PresignedQuery.ALGORITHM,
          PresignedQuery.CREDENTIAL,
          PresignedQuery.DATE,
          PresignedQuery.EXPIRES,
          PresignedQuery.SIGNED_HEADERS,
          PresignedQuery.SIGNATURE,
          PresignedQuery.CONTENT_SHA256);

  private HoistedHeaders() {}

  /// The fields of a query that are headers, without those that the request has as headers too.
  static Headers in(RawQuery query, Headers headers) {
    Headers found = new Headers();
    query.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (isField(lower) && !headers.contains(lower)) {
            found.add(lower, value);
          }
        });
    return found;
  }

  /// The request with these fields added to its headers.
  static Request withHeaderFields(Request http) {
    RawQuery query = RawQuery.of(http.rawQuery());
    Headers hoisted = in(query, http.headers());
    return hoisted.size() == 0 ? http : with(http, http.rawQuery(), hoisted);
  }

  static Request with(Request http, String rawQuery, Headers more) {
    Headers headers = new Headers();
    http.headers().forEach(headers::add);
    more.forEach(headers::add);
    return new Request(
        http.method(),
        http.rawPath(),
        rawQuery,
        headers,
        http.body(),
        http.socket(),
        http.secure());
  }

  private static boolean isField(String lower) {
    return lower.startsWith(AMZ_PREFIX)
        && EXCLUDED_PREFIXES.stream().noneMatch(lower::startsWith)
        && SIGNING.stream().noneMatch(lower::equalsIgnoreCase);
  }
}
