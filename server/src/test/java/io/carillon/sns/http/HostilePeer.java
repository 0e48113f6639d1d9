package io.carillon.sns.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;

/// An HTTP endpoint that follows a script.
final class HostilePeer implements AutoCloseable {
  private final ServerSocket server;
  private final Script script;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  @FunctionalInterface
  interface Script {
    /// Serves one request; returns whether the connection stays open.
    boolean serve(InputStream in, OutputStream out) throws Exception;
  }

  HostilePeer(Script script) throws IOException {
    this(ServerSocketFactory.getDefault(), script);
  }

  HostilePeer(ServerSocketFactory sockets, Script script) throws IOException {
    this.script = script;
    this.server = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  /// Reads each request, records it and responds.
  static HostilePeer respondingWith(String answer) throws IOException {
    HostilePeer[] self = new HostilePeer[1];
    self[0] =
        new HostilePeer(
            (in, out) -> {
              self[0].requests.add(readRequest(in));
              out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
              out.flush();
              return true;
            });
    return self[0];
  }

  static String readRequest(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("The client has gone");
      }
      head.append((char) b);
    }
    int length = 0;
    for (String line : head.toString().split("\r\n", -1)) {
      if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        accepted.incrementAndGet();
        open.add(socket);
        Thread.startVirtualThread(() -> serve(socket));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (script.serve(in, socket.getOutputStream())) {}
    } catch (Exception e) {
      // The client has closed the connection, or the test is over.
    } finally {
      open.remove(socket);
    }
  }

  URI uri(String rest) {
    return URI.create("http://127.0.0.1:" + port() + rest);
  }

  int port() {
    return server.getLocalPort();
  }

  int accepted() {
    return accepted.get();
  }

  int open() {
    return open.size();
  }

  List<String> requests() {
    return requests;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
