package io.carillon.aws.sigv4;

import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/// A browser's upload form: its fields, and its file, which has not been read yet. Fields after the
/// file are ignored, as in S3.
///
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
///
/// @param fields by lower-case name, with `${filename}` replaced by the file's name
record UploadForm(Map<String, String> fields, Multipart parts) {
  private static final int MAX_FIELD_BYTES = 20 << 10;
  private static final String TYPE = "multipart/form-data";
  private static final String FILE = "file";
  private static final String VARIABLE = "${filename}";

  /// Fields with a corresponding header field, and its name.
  private static final Map<String, String> HEADERS =
      Map.ofEntries(
          Map.entry("acl", "x-amz-acl"),
          Map.entry("tagging", "x-amz-tagging"),
          Map.entry("cache-control", "cache-control"),
          Map.entry("content-type", "content-type"),
          Map.entry("content-disposition", "content-disposition"),
          Map.entry("content-encoding", "content-encoding"),
          Map.entry("content-language", "content-language"),
          Map.entry("content-md5", "content-md5"),
          Map.entry("expires", "expires"),
          Map.entry("redirect", "success_action_redirect"),
          Map.entry("success_action_redirect", "success_action_redirect"),
          Map.entry("success_action_status", "success_action_status"));

  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9a-z-]+");

  /// Fields that sign the form.
  private static final Set<String> SIGNING =
      Set.of(
          "x-amz-algorithm",
          "x-amz-credential",
          "x-amz-date",
          "x-amz-signature",
          "x-amz-security-token");

  /// Headers of the request that the PutObject keeps: they describe the request, not its form.
  private static final List<String> FORWARDED_HEADERS = List.of("host", "user-agent", "referer");

  /// Whether a request uploads a form, whose path is then that of a bucket.
  static boolean is(Request http, String path) {
    String type = http.headers().find("content-type").orElse("");
    int slash = path.indexOf('/', 1);
    return http.method().equals("POST")
        && http.rawQuery().isEmpty()
        && path.length() > 1
        && (slash < 0 || slash == path.length() - 1)
        && type.regionMatches(true, 0, TYPE, 0, TYPE.length());
  }

  /// Reads up to the file.
  ///
  /// @throws io.carillon.aws.AwsException MalformedPOSTRequest, MaxPostPreDataLengthExceededError,
  ///   InvalidArgument for a field that appears twice and where there is no file
  static UploadForm read(Request http) throws IOException {
    if (http.body().length().isEmpty()) {
      throw S3SignatureError.MISSING_CONTENT_LENGTH.exception();
    }
    String boundary = Multipart.boundaryOf(http.headers().find("content-type").orElse(""));
    Multipart parts = new Multipart(http.body(), boundary, MAX_FIELD_BYTES);
    Map<String, String> fields = new LinkedHashMap<>();
    while (parts.next()) {
      Map<String, String> part = Multipart.parameters(parts.disposition());
      String name = text(part.getOrDefault("name", "")).toLowerCase(Locale.ROOT);
      if (name.equals(FILE)) {
        parts.removeLimit();
        String filename = baseName(text(part.getOrDefault("filename", "")));
        fields.replaceAll((_, value) -> value.replace(VARIABLE, filename));
        return new UploadForm(fields, parts);
      }
      if (fields.put(name, text(content(parts))) != null) {
        throw invalid("POST has the field '" + name + "' more than once.", name);
      }
    }
    throw S3SignatureError.INVALID_ARGUMENT
        .because("POST requires exactly one file upload per request.")
        .with("ArgumentName", FILE)
        .with("ArgumentValue", "0");
  }

  private static String content(Multipart parts) throws IOException {
    StringBuilder content = new StringBuilder();
    byte[] bytes = new byte[1024];
    for (int count = parts.read(bytes, 0, bytes.length);
        count >= 0;
        count = parts.read(bytes, 0, bytes.length)) {
      content.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
    }
    return content.toString();
  }

  /// Decodes UTF-8 bytes, one `char` each.
  private static String text(String bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException notUtf8) {
      throw Multipart.malformed();
    }
  }

  private static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /// Some browsers send the whole path.
  private static String baseName(String filename) {
    return filename.substring(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
  }

  /// The equivalent PutObject: the fields are its headers, the file is its body. Unknown fields are
  /// dropped, as S3 does; the policy needs conditions for them, too.
  ///
  /// @throws io.carillon.aws.AwsException InvalidArgument where there is no key, or a field that
  ///   cannot be a header field
  Request toPutObject(Request http, String bucket, long minBytes, long maxBytes) {
    String key = fields.get("key");
    if (key == null) {
      throw missing("key");
    }
    Headers headers = new Headers();
    for (String name : FORWARDED_HEADERS) {
      http.headers().find(name).ifPresent(value -> headers.add(name, value));
    }
    fields.forEach(
        (name, value) -> {
          String header =
              name.startsWith("x-amz-") && !SIGNING.contains(name) ? name : HEADERS.get(name);
          if (header == null) {
            return;
          }
          if (!NAME.matcher(header).matches()) {
            throw invalid("The field '" + name + "' is not the name of a header field.", name);
          }
          if (!name.equals("tagging")
              && value.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 0x7F)) {
            throw invalid("The field '" + name + "' has a control character.", name);
          }
          headers.set(header, bytes(value));
        });
    return new Request(
        "PUT",
        "/" + PercentCoding.encode(bucket) + "/" + PercentCoding.encodePath(bytes(key)),
        "",
        headers,
        new File(parts, minBytes, maxBytes),
        http.socket(),
        http.secure());
  }

  static RuntimeException missing(String name) {
    return invalid(
        "Bucket POST must contain a field named '"
            + name
            + "'.  If it is specified, please check the order of the fields.",
        name);
  }

  private static RuntimeException invalid(String why, String name) {
    return S3SignatureError.INVALID_ARGUMENT
        .because(why)
        .with("ArgumentName", name)
        .with("ArgumentValue", "");
  }

  /// The file, limited to the signed size range: a reader that reaches its end has read a permitted
  /// file.
  private static final class File extends Body {
    private final Multipart parts;
    private final long minBytes;
    private final long maxBytes;
    private long count;

    File(Multipart parts, long minBytes, long maxBytes) {
      this.parts = parts;
      this.minBytes = minBytes;
      this.maxBytes = maxBytes;
    }

    @Override
    public OptionalLong length() {
      return OptionalLong.empty();
    }

    @Override
    public Headers trailers() {
      return new Headers();
    }

    @Override
    public int read(byte[] bytes, int offset, int wanted) throws IOException {
      int got = parts.read(bytes, offset, wanted);
      if (got > 0) {
        count += got;
      }
      if (count > maxBytes) {
        throw S3SignatureError.ENTITY_TOO_LARGE
            .with("ProposedSize", Long.toString(count))
            .with("MaxSizeAllowed", Long.toString(maxBytes));
      }
      if (got < 0 && count < minBytes) {
        throw S3SignatureError.ENTITY_TOO_SMALL
            .with("ProposedSize", Long.toString(count))
            .with("MinSizeAllowed", Long.toString(minBytes));
      }
      return got;
    }
  }
}
