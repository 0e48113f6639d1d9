package io.carillon.bench;

import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/// Sends signed requests over plain sockets, one after another on each of some connections. The
/// client does as little as it can, for it shares the machine with the server; what it costs is the
/// same for every server it is pointed at.
final class Load {

  /// @param perSecond requests answered
  /// @param cpuMicros server CPU time a request
  record Measured(double perSecond, double cpuMicros, Duration median, Duration p99) {}

  private final Child server;
  private final int connections;
  private final byte[] body;

  Load(Child server, int connections, int bodyBytes) {
    this.server = server;
    this.connections = connections;
    this.body = new byte[bodyBytes];
    new Random(1).nextBytes(body);
  }

  /// @param count in all, over all connections
  Measured run(String method, int count, String bucket) throws IOException, InterruptedException {
    AtomicInteger left = new AtomicInteger(count);
    long[] nanos = new long[count];
    Duration cpuBefore = server.cpu();
    long begun = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      Future<?>[] all = new Future<?>[connections];
      for (int i = 0; i < connections; i++) {
        all[i] = threads.submit(() -> send(method, bucket, left, nanos));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    double cpu = server.cpu().minus(cpuBefore).toNanos() / 1e3 / count;
    Arrays.sort(nanos);
    return new Measured(
        count / seconds,
        cpu,
        Duration.ofNanos(nanos[count / 2]),
        Duration.ofNanos(nanos[count * 99 / 100]));
  }

  private boolean send(String method, String bucket, AtomicInteger left, long[] nanos)
      throws IOException {
    Signer signer =
        new Signer(
            "test",
            new Secret("test"),
            Optional.empty(),
            Region.US_EAST_1,
            "s3",
            InstantSource.system());
    URI endpoint = server.endpoint();
    try (Socket socket = new Socket("127.0.0.1", endpoint.getPort())) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream(), 16 << 10);
      OutputStream out = socket.getOutputStream();
      for (int number = left.decrementAndGet(); number >= 0; number = left.decrementAndGet()) {
        byte[] request =
            request(signer, endpoint, method, "/" + bucket + "/object-" + number % 1_000);
        long begun = System.nanoTime();
        out.write(request);
        readAnswer(in);
        nanos[number] = System.nanoTime() - begun;
      }
    }
    return true;
  }

  private byte[] request(Signer signer, URI endpoint, String method, String path) {
    byte[] content = method.equals("PUT") ? body : new byte[0];
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    Headers signed = signer.sign(method, endpoint.resolve(path), new Headers(), content);
    signed.set("Host", endpoint.getAuthority());
    signed.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(content.length).append("\r\n\r\n");
    byte[] start = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] whole = Arrays.copyOf(start, start.length + content.length);
    System.arraycopy(content, 0, whole, start.length, content.length);
    return whole;
  }

  private static void readAnswer(InputStream in) throws IOException {
    String status = line(in);
    long length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Long.parseLong(line.substring("content-length:".length()).strip());
      }
    }
    in.skipNBytes(length);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException("the server answered " + status);
    }
  }

  private static String line(InputStream in) throws IOException {
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
}
