package io.carillon.bench;

import io.carillon.http.Handler;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.Request;
import io.carillon.http.Response;
import io.carillon.server.LogLines;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/// The limit to compare with: the same HTTP engine, which hashes a body and appends it to a plain
/// file, synced once for all waiting requests (group commit), and answers a GET from memory. No
/// signatures, policies, rows or events.
final class LimitServer implements Handler {
  private static final int BODY_LIMIT_BYTES = 64 << 20;

  private record Waiting(byte[] body, CompletableFuture<Void> synced) {}

  private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
  private final FileChannel file;
  private volatile byte[] last = new byte[0];

  private LimitServer(Path path) throws IOException {
    this.file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE);
    Thread.ofPlatform().daemon().name("limit-writer").start(this::write);
  }

  public static void main(String[] arguments) throws Exception {
    LogLines.use();
    HttpEngine engine =
        HttpEngine.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Limits.standard(),
            new LimitServer(Path.of(arguments[0])));
    System.out.println("Carillon is ready at http://127.0.0.1:" + engine.port());
    Thread.currentThread().join();
  }

  @Override
  public Response handle(Request request) throws Exception {
    if (request.method().equals("GET")) {
      return Response.of(200, "application/octet-stream", last);
    }
    byte[] body = request.body().readAll(BODY_LIMIT_BYTES);
    hash("SHA-256", body);
    hash("MD5", body);
    Waiting waiting = new Waiting(body, new CompletableFuture<>());
    queue.add(waiting);
    waiting.synced.get();
    last = body;
    return Response.of(200);
  }

  private static byte[] hash(String algorithm, byte[] body) throws NoSuchAlgorithmException {
    return MessageDigest.getInstance(algorithm).digest(body);
  }

  private void write() {
    try {
      while (true) {
        List<Waiting> batch = new ArrayList<>();
        batch.add(queue.take());
        queue.drainTo(batch);
        for (Waiting waiting : batch) {
          file.write(ByteBuffer.wrap(waiting.body));
        }
        file.force(false);
        batch.forEach(waiting -> waiting.synced.complete(null));
      }
    } catch (IOException | InterruptedException e) {
      Runtime.getRuntime().halt(1);
    }
  }
}
