package io.carillon.bench;

import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import io.carillon.s3.S3Service;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// A plain socket that sends signed S3 requests one after another. It does as little work as
/// possible, since it shares the machine with the measured server.
final class Connection implements AutoCloseable {
  private final URI endpoint;
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final Signer signer =
      new Signer(
          "test",
          new Secret("test"),
          Optional.empty(),
          Region.US_EAST_1,
          S3Service.SPEC,
          InstantSource.system());

  Connection(URI endpoint) throws IOException {
    this.endpoint = endpoint;
    this.socket = new Socket(InetAddress.getLoopbackAddress(), endpoint.getPort());
    socket.setTcpNoDelay(true);
    this.in = new BufferedInputStream(socket.getInputStream(), 16 << 10);
    this.out = socket.getOutputStream();
  }

  /// Sends a request and reads the response.
  ///
  /// @return when the first byte was sent, by [System#nanoTime]: signing is not part of the
  ///   measurement
  long exchange(String method, String path, byte[] body) throws IOException {
    byte[] request = request(method, path, body);
    long begun = System.nanoTime();
    out.write(request);
    readAnswer();
    return begun;
  }

  private byte[] request(String method, String path, byte[] body) {
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    Headers signed = signer.sign(method, endpoint.resolve(path), new Headers(), body);
    signed.set("Host", endpoint.getAuthority());
    signed.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    byte[] start = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] whole = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, whole, start.length, body.length);
    return whole;
  }

  private void readAnswer() throws IOException {
    String status = line();
    long length = 0;
    for (String line = line(); !line.isEmpty(); line = line()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Long.parseLong(line.substring("content-length:".length()).strip());
      }
    }
    in.skipNBytes(length);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException("the server answered " + status);
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(64);
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
