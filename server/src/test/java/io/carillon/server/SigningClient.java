package io.carillon.server;

import io.carillon.aws.Specs;
import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import io.carillon.http.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Sends requests signed with one key, for any service.
record SigningClient(Server server, String key, Secret secret) {
  SigningClient(Server server, String key) {
    this(server, key, new Secret("test"));
  }

  private Signer signer(String service) {
    return new Signer(
        key, secret, Optional.empty(), Region.US_EAST_1, Specs.of(service), InstantSource.system());
  }

  private String host(Map<String, String> fields) {
    return fields.getOrDefault("Host", "127.0.0.1:" + server.port());
  }

  /// Signed in headers, as SDKs do.
  RawClient.Answer signed(
      String service, String method, String target, Map<String, String> fields, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    URI uri = URI.create("http://127.0.0.1" + target);
    Headers own = new Headers().add("host", host(fields));
    fields.forEach(
        (name, value) -> {
          if (name.startsWith("X-Amz-")) {
            own.add(name, value);
          }
        });
    Map<String, String> all = new HashMap<>(fields);
    signer(service).sign(method, uri, own, bytes).forEach(all::put);
    return plain(method, target, all, bytes);
  }

  /// Signed in the query, which a page can send without a CORS preflight.
  RawClient.Answer presigned(
      String service, String method, String target, Map<String, String> fields) throws IOException {
    URI uri = URI.create("http://" + host(fields) + target);
    URI signed = signer(service).presign(method, uri, Duration.ofMinutes(5));
    return plain(method, signed.getRawPath() + "?" + signed.getRawQuery(), fields, new byte[0]);
  }

  RawClient.Answer plain(String method, String target, Map<String, String> fields, byte[] body)
      throws IOException {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    Map<String, String> all = new HashMap<>(fields);
    all.putIfAbsent("Host", host(fields));
    all.put("Content-Length", String.valueOf(body.length));
    all.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    try (RawClient client = RawClient.connect(server.port())) {
      client.send(head + "\r\n").send(body);
      return method.equals("HEAD") ? client.answerWithoutBody() : client.answer();
    }
  }
}
