package io.carillon.s3.model;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// Entity tags: the MD5 of an object's bytes, or of its parts' MD5s.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
public final class Etags {
  private Etags() {}

  public static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has MD5", e);
    }
  }

  /// The ETag of a single body.
  public static String of(byte[] md5) {
    return HexFormat.of().formatHex(md5);
  }

  /// The ETag of a multipart object.
  public static String ofParts(List<Part> parts) {
    MessageDigest digest = md5();
    parts.forEach(part -> digest.update(HexFormat.of().parseHex(part.etag())));
    return of(digest.digest()) + "-" + parts.size();
  }

  /// The form in headers and XML.
  public static String quoted(String etag) {
    return '"' + etag + '"';
  }

  public static String unquoted(String etag) {
    return etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"")
        ? etag.substring(1, etag.length() - 1)
        : etag;
  }

  /// Whether a condition (`*`, one tag or a list, with or without quotes) names `etag`.
  public static boolean matches(String condition, String etag) {
    for (String one : condition.split(",", -1)) {
      String candidate = one.strip();
      if (candidate.startsWith("W/")) {
        candidate = candidate.substring(2);
      }
      if (candidate.equals("*") || unquoted(candidate).equals(etag)) {
        return true;
      }
    }
    return false;
  }
}
