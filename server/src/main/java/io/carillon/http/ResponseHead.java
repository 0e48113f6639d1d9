package io.carillon.http;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;

/// Writes the heads of responses, and checks every header field for all handlers: a line break in a
/// value would allow response splitting.
final class ResponseHead {
  /// The `Connection` header of this response.
  enum Persistence {
    /// HTTP/1.1's default: no header.
    DEFAULT,
    KEEP_ALIVE,
    CLOSE
  }

  static final long CHUNKED = -1;
  static final long NO_LENGTH = -2;

  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private record Stamp(long second, byte[] line) {}

  private final InstantSource clock;
  private volatile Stamp stamp = new Stamp(Long.MIN_VALUE, new byte[0]);

  ResponseHead(InstantSource clock) {
    this.clock = clock;
  }

  /// @param lengthBytes of the body, or [#CHUNKED], or [#NO_LENGTH]
  byte[] encode(int status, Headers headers, long lengthBytes, Persistence persistence) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("Not a final status: " + status);
    }
    Buffer out = new Buffer();
    out.text("HTTP/1.1 ").text(Integer.toString(status)).text(" ").text(reason(status)).line();
    headers.forEach(
        (name, value) -> {
          if (!isSetByEngine(name)) {
            out.field(name, value);
          }
        });
    out.bytes(date());
    if (lengthBytes >= 0) {
      out.text("Content-Length: ").text(Long.toString(lengthBytes)).line();
    } else if (lengthBytes == CHUNKED) {
      out.text("Transfer-Encoding: chunked").line();
    }
    switch (persistence) {
      case DEFAULT -> {}
      case KEEP_ALIVE -> out.text("Connection: keep-alive").line();
      case CLOSE -> out.text("Connection: close").line();
    }
    return out.line().toBytes();
  }

  private static boolean isSetByEngine(String name) {
    return switch (name.length()) {
      case 4 -> name.equalsIgnoreCase("Date");
      case 10 -> name.equalsIgnoreCase("Connection") || name.equalsIgnoreCase("Keep-Alive");
      case 14 -> name.equalsIgnoreCase("Content-Length");
      case 17 -> name.equalsIgnoreCase("Transfer-Encoding");
      default -> false;
    };
  }

  private byte[] date() {
    Instant now = clock.instant();
    Stamp last = stamp;
    if (last.second != now.getEpochSecond()) {
      String line = "Date: " + IMF_FIXDATE.format(now) + "\r\n";
      last = new Stamp(now.getEpochSecond(), line.getBytes(StandardCharsets.US_ASCII));
      stamp = last;
    }
    return last.line;
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 201 -> "Created";
      case 202 -> "Accepted";
      case 204 -> "No Content";
      case 206 -> "Partial Content";
      case 301 -> "Moved Permanently";
      case 302 -> "Found";
      case 303 -> "See Other";
      case 304 -> "Not Modified";
      case 307 -> "Temporary Redirect";
      case 308 -> "Permanent Redirect";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 406 -> "Not Acceptable";
      case 408 -> "Request Timeout";
      case 409 -> "Conflict";
      case 410 -> "Gone";
      case 411 -> "Length Required";
      case 412 -> "Precondition Failed";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 415 -> "Unsupported Media Type";
      case 416 -> "Range Not Satisfiable";
      case 417 -> "Expectation Failed";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      case 505 -> "HTTP Version Not Supported";
      default -> "Status";
    };
  }

  private static final class Buffer {
    private byte[] bytes = new byte[512];
    private int size;

    Buffer text(String ascii) {
      reserve(ascii.length());
      for (int i = 0; i < ascii.length(); i++) {
        bytes[size++] = (byte) ascii.charAt(i);
      }
      return this;
    }

    void field(String name, String value) {
      reserve(name.length() + value.length() + 4);
      for (int i = 0; i < name.length(); i++) {
        char c = name.charAt(i);
        if (!FieldLine.isTokenChar(c)) {
          throw new IllegalArgumentException("Not a header field name: " + name);
        }
        bytes[size++] = (byte) c;
      }
      bytes[size++] = ':';
      bytes[size++] = ' ';
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if ((c < 0x20 && c != '\t') || c == 0x7F || c > 0xFF) {
          throw new IllegalArgumentException(
              "Invalid character in the value of header field " + name);
        }
        bytes[size++] = (byte) c;
      }
      line();
    }

    void bytes(byte[] more) {
      reserve(more.length);
      System.arraycopy(more, 0, bytes, size, more.length);
      size += more.length;
    }

    Buffer line() {
      reserve(2);
      bytes[size++] = '\r';
      bytes[size++] = '\n';
      return this;
    }

    byte[] toBytes() {
      return Arrays.copyOf(bytes, size);
    }

    private void reserve(int more) {
      if (size + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
      }
    }
  }
}
