package io.carillon.aws.sigv4;

import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.List;
import java.util.Locale;

/// The `x-amz-…` fields that whoever presigns an URL puts into its query, where their signature
/// covers them: metadata, tags and the like, which the sender of the request need not know of.
/// Behind this they are headers like others.
///
/// Checksums are left out, as S3 leaves them: SDKs sign that of the empty body which they had at
/// hand.
final class HoistedHeaders {
  private static final String OURS = "x-amz-";
  private static final List<String> NOT_OURS = List.of("x-amz-checksum-", "x-amz-sdk-checksum-");
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

  /// The fields of a query that are headers. One that stands among the headers, too, is left out.
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

  /// The request with those fields among its headers.
  static Request lowered(Request http) {
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
    return lower.startsWith(OURS)
        && NOT_OURS.stream().noneMatch(lower::startsWith)
        && SIGNING.stream().noneMatch(lower::equalsIgnoreCase);
  }
}
