package io.carillon.aws.sigv4;

import io.carillon.http.Headers;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/// The canonical request of Signature Version 4, which client and server compute.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
final class CanonicalRequest {
  private CanonicalRequest() {}

  /// With path and query encoded as sent, which matches clients that sign what they send. Most
  /// services normalize the path and encode it once more.
  ///
  /// @param pathAsSent whether the service does not
  static String asSent(
      boolean pathAsSent,
      String method,
      String rawPath,
      RawQuery query,
      Headers headers,
      List<String> signedHeaders,
      String payloadHash) {
    String path = pathAsSent ? rawPath : PercentCoding.encodePath(normalize(rawPath));
    return join(method, path, query.sorted(), headers, signedHeaders, payloadHash);
  }

  /// With path and query encoded as specified: each query parameter and path segment decoded and
  /// encoded again. It identifies the same resource, and is what clients sign that send, say, bare
  /// parentheses. An encoded slash stays encoded, since it is not a separator.
  static String reencoded(
      boolean pathAsSent,
      String method,
      String rawPath,
      RawQuery query,
      Headers headers,
      List<String> signedHeaders,
      String payloadHash) {
    String path =
        pathAsSent ? reencode(rawPath) : PercentCoding.encodePath(reencode(normalize(rawPath)));
    return join(method, path, query.canonical(), headers, signedHeaders, payloadHash);
  }

  static String reencode(String path) {
    return Arrays.stream(path.split("/", -1))
        .map(segment -> PercentCoding.encode(PercentCoding.decode(segment)))
        .collect(Collectors.joining("/"));
  }

  private static String join(
      String method,
      String path,
      String query,
      Headers headers,
      List<String> signedHeaders,
      String payloadHash) {
    StringBuilder text = new StringBuilder(512);
    text.append(method).append('\n');
    text.append(path.isEmpty() ? "/" : path).append('\n');
    text.append(query).append('\n');
    for (String name : signedHeaders) {
      text.append(name).append(':');
      List<String> values = headers.all(name);
      for (int i = 0; i < values.size(); i++) {
        text.append(i == 0 ? "" : ",");
        appendTrimmed(text, values.get(i));
      }
      text.append('\n');
    }
    text.append('\n');
    for (int i = 0; i < signedHeaders.size(); i++) {
      text.append(i == 0 ? "" : ";").append(signedHeaders.get(i));
    }
    return text.append('\n').append(payloadHash).toString();
  }

  /// Trims white space at both ends, and reduces each inner run to one space.
  private static void appendTrimmed(StringBuilder text, String value) {
    int start = text.length();
    int copied = 0;
    for (int i = 0; i <= value.length(); i++) {
      if (i == value.length() || value.charAt(i) == ' ' || value.charAt(i) == '\t') {
        if (i > copied) {
          text.append(text.length() > start ? " " : "").append(value, copied, i);
        }
        copied = i + 1;
      }
    }
  }

  /// Removes dot segments and doubled slashes (RFC 3986, §5.2.4, and what AWS adds).
  private static String normalize(String rawPath) {
    Deque<String> segments = new ArrayDeque<>();
    for (String segment : rawPath.split("/", -1)) {
      if (segment.equals("..")) {
        segments.pollLast();
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.addLast(segment);
      }
    }
    if (segments.isEmpty()) {
      return "/";
    }
    String end =
        rawPath.endsWith("/") || rawPath.endsWith("/.") || rawPath.endsWith("/..") ? "/" : "";
    return segments.stream().collect(Collectors.joining("/", "/", end));
  }
}
