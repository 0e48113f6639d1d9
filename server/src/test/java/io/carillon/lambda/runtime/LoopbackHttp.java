package io.carillon.lambda.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.carillon.http.Body;
import io.carillon.http.Handler;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.OptionalLong;
import java.util.concurrent.Executors;

/// Serves a handler over the JDK's own little server, so that these tests stand on the contract of
/// `http` alone.
public final class LoopbackHttp implements AutoCloseable {
  private final HttpServer server;

  public LoopbackHttp(Handler handler) throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> serve(handler, exchange));
    server.start();
  }

  public String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private static void serve(Handler handler, HttpExchange exchange) throws IOException {
    Headers headers = new Headers();
    exchange.getRequestHeaders().forEach((name, all) -> all.forEach(v -> headers.add(name, v)));
    String query = exchange.getRequestURI().getRawQuery();
    try (exchange) {
      Response response =
          handler.handle(
              new Request(
                  exchange.getRequestMethod(),
                  exchange.getRequestURI().getRawPath(),
                  query == null ? "" : query,
                  headers,
                  body(exchange.getRequestBody()),
                  exchange.getRemoteAddress(),
                  false));
      response.headers().forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
      byte[] bytes = ((Response.Content.Bytes) response.content()).bytes();
      exchange.sendResponseHeaders(response.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Body body(InputStream in) {
    return new Body() {
      @Override
      public OptionalLong length() {
        return OptionalLong.empty();
      }

      @Override
      public Headers trailers() {
        return new Headers();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return in.read(bytes, offset, length);
      }
    };
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
