package io.carillon.aws.sigv4;

import io.carillon.http.Request;
import java.util.List;
import java.util.Optional;

/// The scope of a credential: one day, region and service. It is unverified until the signature is,
/// but may be used for routing: with a wrong scope the signature does not match either.
///
/// @param date as `yyyyMMdd`
public record Scope(String date, String region, String service) {
  static final String TERMINATOR = "aws4_request";

  /// The scope that a request claims, in its `Authorization` header or its query. Empty where there
  /// is none or it cannot be parsed; [SignatureVerifier#verify] reports what is wrong with it.
  public static Optional<Scope> of(Request http) {
    String authorization = http.headers().first("authorization");
    String credential =
        authorization == null
            ? RawQuery.of(http.rawQuery()).first(PresignedQuery.CREDENTIAL).orElse("")
            : between(authorization, "Credential=", ",");
    return Credential.tryParse(credential).map(Credential::scope);
  }

  private static String between(String text, String before, String after) {
    int start = text.indexOf(before);
    if (start < 0) {
      return "";
    }
    int end = text.indexOf(after, start);
    return text.substring(start + before.length(), end < 0 ? text.length() : end).trim();
  }

  /// As in the string to sign.
  @Override
  public String toString() {
    return date + "/" + region + "/" + service + "/" + TERMINATOR;
  }

  /// An access key id with its scope, `AKID/date/region/service/aws4_request`.
  ///
  /// @param terminator anything but `aws4_request` is rejected, by name
  record Credential(String accessKeyId, Scope scope, String terminator) {

    static Optional<Credential> tryParse(String text) {
      List<String> parts = List.of(text.split("/", -1));
      int scopeAt = parts.size() - 4; // a key id chosen by the operator may contain slashes
      if (scopeAt < 1) {
        return Optional.empty();
      }
      String accessKeyId = String.join("/", parts.subList(0, scopeAt));
      if (accessKeyId.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new Credential(
              accessKeyId,
              new Scope(parts.get(scopeAt), parts.get(scopeAt + 1), parts.get(scopeAt + 2)),
              parts.get(scopeAt + 3)));
    }
  }
}
