package io.carillon.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A client that sends exactly the bytes it is given, one `char` each, and returns the responses:
/// for what well-behaved clients cannot send.
public final class RawClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  /// A response as received; the body is without its framing.
  public record Answer(int status, Headers headers, byte[] body, Headers trailers) {
    public String text() {
      return new String(body, StandardCharsets.ISO_8859_1);
    }
  }

  public RawClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = new java.io.BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  public static RawClient connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
    return new RawClient(socket);
  }

  /// Connects with a small receive buffer, so that it fills up soon.
  public static RawClient connectSlowReader(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
    return new RawClient(socket);
  }

  public int localPort() {
    return socket.getLocalPort();
  }

  /// Whether a part of a response has arrived.
  public boolean hasAnswer() throws IOException {
    return in.available() > 0;
  }

  public RawClient send(String latin1) throws IOException {
    return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  public RawClient send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
    return this;
  }

  /// Shuts the output down.
  public RawClient shutdownOutput() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /// Reads one response to a request other than HEAD.
  public Answer answer() throws IOException {
    return answer(true);
  }

  /// Reads one response that has no body, whatever its length: to HEAD, or an interim one.
  public Answer answerWithoutBody() throws IOException {
    return answer(false);
  }

  private Answer answer(boolean withBody) throws IOException {
    String[] statusLine = line().split(" ", 3);
    if (!statusLine[0].equals("HTTP/1.1")) {
      throw new IOException("No HTTP/1.1: " + String.join(" ", statusLine));
    }
    int status = Integer.parseInt(statusLine[1]);
    Headers headers = fields();
    Headers trailers = new Headers();
    byte[] body = {};
    if (withBody && status >= 200 && status != 204 && status != 304) {
      String length = headers.first("Content-Length");
      if (length != null) {
        body = exactly(Integer.parseInt(length));
      } else if ("chunked".equals(headers.first("Transfer-Encoding"))) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int size = chunkSize(); size > 0; size = chunkSize()) {
          all.write(exactly(size));
          line();
        }
        trailers = fields();
        body = all.toByteArray();
      } else {
        body = in.readAllBytes();
      }
    }
    return new Answer(status, headers, body, trailers);
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  private Headers fields() throws IOException {
    Headers fields = new Headers();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      fields.add(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    return fields;
  }

  /// The next line, without its end.
  public String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("The connection ended after: " + line);
      }
      line.append((char) b);
    }
    if (line.isEmpty() || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("A line without CR: " + line);
    }
    return line.substring(0, line.length() - 1);
  }

  public byte[] exactly(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("The connection ended after " + bytes.length + " of " + count);
    }
    return bytes;
  }

  /// Waits for the end of the connection; whether the server closed its side without a reset.
  public boolean atEnd() throws IOException {
    return in.read() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
