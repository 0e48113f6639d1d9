package io.carillon.acceptance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/// A server run by `./carillon start`, in a process of its own.
final class Carillon implements AutoCloseable {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final String READY = "Carillon is ready at ";

  private final Process process;
  private final URI endpoint;
  private final ConcurrentLinkedQueue<String> output;
  private final Path data;
  private final HttpClient adminClient = HttpClient.newHttpClient();

  private Carillon(Process process, URI endpoint, ConcurrentLinkedQueue<String> output, Path data) {
    this.process = process;
    this.data = data;
    this.endpoint = endpoint;
    this.output = output;
  }

  static Carillon start(Path data, String... flags) throws IOException {
    return start(data, Map.of(), flags);
  }

  static Carillon start(Path data, Map<String, String> environment, String... flags)
      throws IOException {
    return start(data, environment, List.of(), flags);
  }

  /// Starts a server on `data` and waits until it prints that it is ready.
  ///
  /// @param wrapper a program that runs the launcher, with its arguments; empty for none
  static Carillon start(
      Path data, Map<String, String> environment, List<String> wrapper, String... flags)
      throws IOException {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(
        List.of(
            ROOT.resolve("carillon").toString(),
            "start",
            "--data",
            data.resolve("data").toString()));
    if (!Arrays.asList(flags).contains("--port")) {
      command.addAll(List.of("--port", "0"));
    }
    command.addAll(List.of(flags));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(data.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    ConcurrentLinkedQueue<String> output = new ConcurrentLinkedQueue<>();
    CompletableFuture<URI> ready = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> read(process.getInputStream(), output, ready));
    try {
      URI endpoint = ready.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      return new Carillon(process, endpoint, output, data.resolve("data"));
    } catch (Exception e) {
      process.destroyForcibly();
      throw new IOException("Carillon did not start:\n" + String.join("\n", output), e);
    }
  }

  private static void read(
      InputStream in, ConcurrentLinkedQueue<String> output, CompletableFuture<URI> ready) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        if (line.startsWith(READY)) {
          ready.complete(URI.create(line.substring(READY.length()).strip()));
        }
      }
    } catch (IOException e) {
      output.add("(" + e + ")");
    }
    ready.completeExceptionally(new IOException("the process ended"));
  }

  URI endpoint() {
    return endpoint;
  }

  int port() {
    return endpoint.getPort();
  }

  long pid() {
    return process.pid();
  }

  String output() {
    return String.join("\n", output);
  }

  /// The whole banner, the end of which is printed after the line that says that the server is
  /// ready.
  String banner() {
    await().atMost(TIMEOUT).until(() -> output().contains("export AWS_ENDPOINT_URL"));
    return output();
  }

  /// The environment variables with which a client reaches this server as root.
  Map<String, String> environment() {
    return Map.of(
        "AWS_ENDPOINT_URL", endpoint.toString(),
        "AWS_ACCESS_KEY_ID", "test",
        "AWS_SECRET_ACCESS_KEY", "test",
        "AWS_DEFAULT_REGION", "us-east-1",
        "AWS_PAGER", "",
        "AWS_EC2_METADATA_DISABLED", "true");
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(endpoint + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /// The response of the admin API, called with the token of the data folder.
  String admin(String path) throws IOException, InterruptedException {
    String token = adminToken();
    URI uri = URI.create(endpoint + "/_carillon/" + path);
    return adminClient
        .send(
            HttpRequest.newBuilder(uri).header("x-carillon-token", token).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  String adminToken() throws IOException {
    return Files.readString(data.resolve("keys/admin-token")).strip();
  }

  /// Runs one of `./carillon`'s client commands against this server.
  FinishedProcess cli(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("carillon").toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--endpoint", endpoint.toString()));
    return FinishedProcess.of(command, environment(), Path.of("").toAbsolutePath());
  }

  /// Another account's root user.
  record Account(String id, String accessKeyId, String secretAccessKey) {
    Map<String, String> environment() {
      return Map.of("AWS_ACCESS_KEY_ID", accessKeyId, "AWS_SECRET_ACCESS_KEY", secretAccessKey);
    }
  }

  Account account(String name) throws IOException {
    JsonNode created =
        new ObjectMapper()
            .readTree(cli("account", "create", name, "--json").expectSuccess().output());
    return new Account(
        created.path("accountId").asText(),
        created.path("accessKeyId").asText(),
        created.path("secretAccessKey").asText());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// Kills the process, as `kill -9` does.
  void kill() throws InterruptedException {
    // The launcher execs, so this process is the JVM itself.
    process.destroyForcibly().waitFor();
  }

  /// Stops the server gracefully, as `kill -TERM` does.
  ///
  /// @return the exit code
  int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("Carillon did not drain:\n" + output());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    adminClient.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
