package io.carillon.http;

import io.carillon.http.Head.Framing;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Finds and parses request heads in the bytes of a connection. It remembers how far it has
/// scanned, so a head that arrives byte by byte is scanned once, not once per byte.
///
/// Ambiguous requests are rejected, not repaired: bare CR or LF, folded lines, a space before the
/// colon, a `Content-Length` beside a `Transfer-Encoding` or repeated, a coding other than
/// `chunked`. The request target is kept unchanged.
final class HeadParser {
  private static final int LONGEST_METHOD = 32;

  private final Limits.Sizes limits;

  // Relative to the buffer's reader index, which does not move until the head is complete.
  private int lineStart;
  private int scanned;
  private int lines;
  private int requestLineEnd;

  HeadParser(Limits.Sizes limits) {
    this.limits = limits;
  }

  /// Reads the head from `in` if it is complete, else leaves `in` untouched and returns null.
  @Nullable Head parse(ByteBuf in) throws Refusal {
    int base = in.readerIndex();
    while (true) {
      int end = in.indexOf(base + scanned, in.writerIndex(), (byte) '\n');
      if (end < 0) {
        scanned = in.readableBytes();
        requireRoom(scanned);
        return null;
      }
      int lineEnd = end - base;
      requireRoom(lineEnd);
      if (lineEnd == lineStart || in.getByte(end - 1) != '\r') {
        throw new Refusal(400, "A line ends without CR");
      }
      scanned = lineEnd + 1;
      if (lines == 0 && lineEnd == 1) {
        // RFC 9112 §2.2: a server should ignore an empty line before the request line.
        in.skipBytes(2);
        base += 2;
        scanned = 0;
        continue;
      }
      if (lineEnd - 1 == lineStart) {
        byte[] head = new byte[scanned];
        in.readBytes(head);
        int firstEnd = requestLineEnd;
        lineStart = 0;
        scanned = 0;
        lines = 0;
        return read(head, firstEnd);
      }
      if (lines == 0) {
        requestLineEnd = lineEnd - 1;
      } else if (lines > limits.headerCount()) {
        throw new Refusal(431, "Too many header fields");
      }
      lines++;
      lineStart = scanned;
    }
  }

  private void requireRoom(int bytes) throws Refusal {
    if (lines == 0 && bytes > limits.requestLineBytes()) {
      throw new Refusal(414, "The request line is too long");
    }
    if (bytes > limits.headBytes()) {
      throw new Refusal(431, "The header is too long");
    }
  }

  private static Head read(byte[] head, int firstEnd) throws Refusal {
    int methodEnd = 0;
    while (methodEnd < firstEnd && FieldLine.isToken(head[methodEnd])) {
      methodEnd++;
    }
    if (methodEnd == 0 || methodEnd > LONGEST_METHOD || head[methodEnd] != ' ') {
      throw new Refusal(400, "Malformed method");
    }
    int target = methodEnd + 1;
    int targetEnd = target;
    int question = -1;
    for (; targetEnd < firstEnd && head[targetEnd] != ' '; targetEnd++) {
      int b = head[targetEnd] & 0xFF;
      if (b < 0x21 || b == 0x7F) {
        throw new Refusal(400, "Control character in the request target");
      }
      if (b == '?' && question < 0) {
        question = targetEnd;
      }
    }
    if (targetEnd == target || targetEnd == firstEnd) {
      throw new Refusal(400, "Malformed request line");
    }
    boolean http11 = isHttp11(FieldLine.latin1(head, targetEnd + 1, firstEnd));
    String method = FieldLine.latin1(head, 0, methodEnd);
    String path = FieldLine.latin1(head, target, question < 0 ? targetEnd : question);
    String query = question < 0 ? "" : FieldLine.latin1(head, question + 1, targetEnd);

    Headers headers = new Headers();
    int at = firstEnd + 2;
    while (at < head.length - 2) {
      int end = at;
      while (head[end] != '\n') {
        end++;
      }
      FieldLine.parse(head, at, end - 1, headers);
      at = end + 1;
    }
    return checked(method, path, query, headers, http11);
  }

  private static boolean isHttp11(String version) throws Refusal {
    if (version.equals("HTTP/1.1")) {
      return true;
    }
    if (version.equals("HTTP/1.0")) {
      return false;
    }
    boolean other =
        version.length() == 8 && version.startsWith("HTTP/") && version.charAt(6) == '.';
    throw new Refusal(other ? 505 : 400, "Not HTTP/1.1 or HTTP/1.0");
  }

  private static Head checked(
      String method, String path, String query, Headers headers, boolean http11) throws Refusal {
    List<String> hosts = headers.all("Host");
    if (hosts.size() > 1 || (hosts.isEmpty() && http11)) {
      throw new Refusal(400, "Not exactly one Host");
    }
    String rawPath = path;
    if (!path.startsWith("/")) {
      rawPath = originForm(method, path, headers);
    }
    requireHost(headers.first("Host"));
    // RFC 9110 §10.1.1: a server may reject other expectations, and need not. S3 ignores them.
    boolean expects = http11 && "100-continue".equalsIgnoreCase(headers.first("Expect"));
    Framing framing = framing(headers, http11);
    return new Head(
        method, rawPath, query, headers, http11, keepAlive(headers, http11), expects, framing);
  }

  /// RFC 9112 §3.2: an invalid host is rejected, or two parsers could find different hosts in it.
  /// It may be empty; user information in it is a known deception (RFC 9110 §4.2.4).
  private static void requireHost(@Nullable String host) throws Refusal {
    for (int i = 0; host != null && i < host.length(); i++) {
      char c = host.charAt(i);
      if (c <= ' ' || c >= 0x7F || "/?#@\\\"<>^`{|}".indexOf(c) >= 0) {
        throw new Refusal(400, "Malformed host");
      }
    }
  }

  /// The path of an absolute-form target; its authority replaces `Host` (RFC 9112 §3.2.2).
  private static String originForm(String method, String target, Headers headers) throws Refusal {
    if (target.equals("*") && method.equals("OPTIONS")) {
      return target;
    }
    int authority = target.indexOf("://") + 3;
    String scheme =
        authority < 3 ? "" : target.substring(0, authority - 3).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new Refusal(method.equals("CONNECT") ? 501 : 400, "Malformed request target");
    }
    int slash = target.indexOf('/', authority);
    String host = target.substring(authority, slash < 0 ? target.length() : slash);
    if (host.isEmpty()) {
      throw new Refusal(400, "The request target has no host");
    }
    headers.set("Host", host);
    return slash < 0 ? "/" : target.substring(slash);
  }

  private static Framing framing(Headers headers, boolean http11) throws Refusal {
    List<String> codings = headers.all("Transfer-Encoding");
    List<String> lengths = headers.all("Content-Length");
    if (!codings.isEmpty()) {
      if (!lengths.isEmpty() || !http11 || codings.size() > 1) {
        throw new Refusal(400, "Ambiguous body framing");
      }
      if (!codings.getFirst().equalsIgnoreCase("chunked")) {
        throw new Refusal(501, "Unsupported transfer coding");
      }
      return new Framing.Chunked();
    }
    if (lengths.isEmpty()) {
      return new Framing.Length(0);
    }
    if (lengths.size() > 1) {
      throw new Refusal(400, "More than one Content-Length");
    }
    String digits = lengths.getFirst();
    if (digits.isEmpty() || digits.length() > 18) {
      throw new Refusal(400, "Malformed Content-Length");
    }
    long length = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw new Refusal(400, "Malformed Content-Length");
      }
      length = length * 10 + digit;
    }
    return new Framing.Length(length);
  }

  private static boolean keepAlive(Headers headers, boolean http11) {
    boolean asked = false;
    for (String value : headers.all("Connection")) {
      for (String option : value.split(",", -1)) {
        String name = option.strip();
        if (name.equalsIgnoreCase("close")) {
          return false;
        }
        asked |= name.equalsIgnoreCase("keep-alive");
      }
    }
    return http11 || asked;
  }
}
