package io.carillon.aws.sigv4;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Parses `multipart/form-data` as a stream. It holds one buffer, however long a part is.
///
/// Source: RFC 7578; RFC 2046 §5.1.1
final class Multipart {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int MAX_BOUNDARY_LENGTH = 70;

  private final InputStream in;
  private final byte[] delimiter;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at;
  private int end;
  private boolean ended;
  private long budget;

  /// @param boundary of the content type
  /// @param budgetBytes how much may be read before [#removeLimit]
  Multipart(InputStream in, String boundary, long budgetBytes) {
    this.in = in;
    this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    this.budget = budgetBytes;
    buffer[0] = '\r'; // the first delimiter may be the first line
    buffer[1] = '\n';
    end = 2;
  }

  /// @throws io.carillon.aws.AwsException MalformedPOSTRequest where the type has no boundary
  static String boundaryOf(String contentType) {
    String boundary = parameters(contentType).getOrDefault("boundary", "");
    if (boundary.isEmpty() || boundary.length() > MAX_BOUNDARY_LENGTH) {
      throw malformed();
    }
    return boundary;
  }

  /// The parameters of a field like `form-data; name="file"; filename="a.txt"`, by lower-case name.
  static Map<String, String> parameters(String field) {
    Map<String, String> found = new HashMap<>();
    int semicolon = field.indexOf(';');
    int i = semicolon < 0 ? field.length() : semicolon + 1;
    while (i < field.length()) {
      int equals = field.indexOf('=', i);
      if (equals < 0) {
        break;
      }
      String name = field.substring(i, equals).strip().toLowerCase(Locale.ROOT);
      StringBuilder value = new StringBuilder();
      i = equals + 1;
      if (i < field.length() && field.charAt(i) == '"') {
        for (i++; i < field.length() && field.charAt(i) != '"'; i++) {
          if (isEscape(field, i)) {
            i++;
          }
          value.append(field.charAt(i));
        }
        i = field.indexOf(';', i);
      } else {
        int next = field.indexOf(';', i);
        value.append(field.substring(i, next < 0 ? field.length() : next).strip());
        i = next;
      }
      found.putIfAbsent(name, value.toString());
      if (i < 0) {
        break;
      }
      i++;
    }
    return found;
  }

  /// A backslash escapes a quotation mark or a backslash; otherwise, as in a Windows path, it is
  /// literal.
  private static boolean isEscape(String text, int at) {
    return text.charAt(at) == '\\'
        && at + 1 < text.length()
        && (text.charAt(at + 1) == '"' || text.charAt(at + 1) == '\\');
  }

  /// Moves to the next part, and skips the rest of this one (before the first: the preamble).
  ///
  /// @return false where there is none
  boolean next() throws IOException {
    byte[] dropped = new byte[1024];
    while (read(dropped, 0, dropped.length) >= 0) {
      // skip to the delimiter
    }
    require(2);
    if (buffer[at] == '-' && buffer[at + 1] == '-') {
      return false;
    }
    if (!readLine().isBlank()) {
      throw malformed();
    }
    ended = false;
    return true;
  }

  /// The part's `Content-Disposition`; the content follows.
  String disposition() throws IOException {
    String found = "";
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equalsIgnoreCase("content-disposition")) {
        found = line.substring(colon + 1);
      }
    }
    return found;
  }

  /// Removes the limit for all further reads.
  void removeLimit() {
    budget = Long.MAX_VALUE;
  }

  /// Content of the part; -1 at its end.
  ///
  /// @throws io.carillon.aws.AwsException MalformedPOSTRequest where the body ends within the part
  int read(byte[] into, int offset, int wanted) throws IOException {
    if (ended) {
      return -1;
    }
    if (wanted == 0) {
      return 0;
    }
    require(delimiter.length);
    int count = plain(Math.min(wanted, end - at));
    if (count == 0) {
      at += delimiter.length;
      consume(delimiter.length);
      ended = true;
      return -1;
    }
    System.arraycopy(buffer, at, into, offset, count);
    at += count;
    consume(count);
    return count;
  }

  /// How many of the next bytes cannot belong to a delimiter.
  private int plain(int most) {
    for (int i = 0; i < most; i++) {
      if (buffer[at + i] == '\r' && mayBeDelimiter(at + i)) {
        return i;
      }
    }
    return most;
  }

  private boolean mayBeDelimiter(int from) {
    int length = Math.min(delimiter.length, end - from);
    for (int i = 1; i < length; i++) {
      if (buffer[from + i] != delimiter[i]) {
        return false;
      }
    }
    return true;
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder(80);
    while (true) {
      require(1);
      char c = (char) (buffer[at++] & 0xFF);
      consume(1);
      if (c == '\n' && !line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
        line.setLength(line.length() - 1);
        return line.toString();
      }
      line.append(c);
    }
  }

  private void consume(int count) {
    budget -= count;
    if (budget < 0) {
      throw S3SignatureError.MAX_POST_PRE_DATA_LENGTH_EXCEEDED.exception();
    }
  }

  private void require(int count) throws IOException {
    if (end - at >= count) {
      return;
    }
    System.arraycopy(buffer, at, buffer, 0, end - at);
    end -= at;
    at = 0;
    while (end < count) {
      int got = in.read(buffer, end, buffer.length - end);
      if (got < 0) {
        throw malformed();
      }
      end += got;
    }
  }

  static RuntimeException malformed() {
    return S3SignatureError.MALFORMED_POST_REQUEST.exception();
  }
}
