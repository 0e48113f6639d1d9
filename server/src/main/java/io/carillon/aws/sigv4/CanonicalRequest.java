package io.carillon.aws.sigv4;

import io.carillon.http.Headers;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/// The text of a request that both sides sign.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
final class CanonicalRequest {
  private CanonicalRequest() {}

  /// In the sender's spelling, which is the right one for those who sign what they send. Services
  /// other than S3 have the path normalized and encoded once more.
  static String asSent(
      String service,
      String method,
      String rawPath,
      RawQuery query,
      Headers headers,
      List<String> signedHeaders,
      String payloadHash) {
    String path = isS3(service) ? rawPath : PercentCoding.encodePath(normalize(rawPath));
    return join(method, path, query.sorted(), headers, signedHeaders, payloadHash);
  }

  /// In the spelling of the specification: query and each segment of the path decoded and encoded
  /// anew. It means the same resource and is what clients sign that send, say, bare parentheses. A
  /// slash that came encoded stays so: it divides nothing, and must not be made to.
  static String respelled(
      String service,
      String method,
      String rawPath,
      RawQuery query,
      Headers headers,
      List<String> signedHeaders,
      String payloadHash) {
    String path =
        isS3(service) ? respell(rawPath) : PercentCoding.encodePath(respell(normalize(rawPath)));
    return join(method, path, query.canonical(), headers, signedHeaders, payloadHash);
  }

  static String respell(String path) {
    return Arrays.stream(path.split("/", -1))
        .map(segment -> PercentCoding.encode(PercentCoding.decode(segment)))
        .collect(Collectors.joining("/"));
  }

  private static boolean isS3(String service) {
    return service.equals("s3");
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

  /// Without white space at the ends, and with one space for each run of it inside.
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
    Deque<String> kept = new ArrayDeque<>();
    for (String segment : rawPath.split("/", -1)) {
      if (segment.equals("..")) {
        kept.pollLast();
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        kept.addLast(segment);
      }
    }
    if (kept.isEmpty()) {
      return "/";
    }
    String end =
        rawPath.endsWith("/") || rawPath.endsWith("/.") || rawPath.endsWith("/..") ? "/" : "";
    return kept.stream().collect(Collectors.joining("/", "/", end));
  }
}
