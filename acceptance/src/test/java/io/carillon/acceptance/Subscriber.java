package io.carillon.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/// An HTTP endpoint that confirms its subscription and handles each S3 event slowly.
final class Subscriber implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final Duration handlingTime;
  private final Consumer<String> first;
  private final Set<String> keys = ConcurrentHashMap.newKeySet();
  private final CountDownLatch confirmed = new CountDownLatch(1);

  /// @param handlingTime the time before it answers an event
  /// @param first is called with the object's key before that
  Subscriber(Duration handlingTime, Consumer<String> first) throws IOException {
    this.handlingTime = handlingTime;
    this.first = first;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/events";
  }

  /// The keys of the objects whose events it has answered.
  Set<String> keys() {
    return keys;
  }

  void awaitConfirmation() throws InterruptedException {
    confirmed.await();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode body = JSON.readTree(exchange.getRequestBody());
      if (body.path("Type").asText().equals("SubscriptionConfirmation")) {
        URI.create(body.path("SubscribeURL").asText()).toURL().openStream().close();
        confirmed.countDown();
      } else {
        take(JSON.readTree(body.path("Message").asText()));
      }
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private void take(JsonNode event) {
    for (JsonNode record : event.path("Records")) {
      String key =
          URLDecoder.decode(
              record.path("s3").path("object").path("key").asText(), StandardCharsets.UTF_8);
      first.accept(key);
      try {
        Thread.sleep(handlingTime);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new UncheckedIOException(new IOException(e));
      }
      keys.add(key);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
