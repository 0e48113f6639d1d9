package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Specs;
import io.carillon.aws.sigv4.Signer;
import io.carillon.base.Region;
import io.carillon.base.Secret;
import io.carillon.http.Headers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What clients and operators learn about an object whose bytes on disk are damaged.
final class DamagedObjectTest {
  private static final int SIZE = 400_000;

  @TempDir Path data;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Optional<Server> started = Optional.empty();

  @BeforeEach
  void start() throws Exception {
    started =
        Optional.of(
            Server.start(
                Config.of(
                    Settings.resolve(
                        Map.of("port", "0", "data", data.toString(), "sandbox", "off"),
                        Map.of(),
                        Optional.empty()))));
    assertThat(send("s3", "PUT", "/shop").statusCode()).isEqualTo(200);
    HttpRequest put =
        HttpRequest.newBuilder(signed("s3", "PUT", "/shop/photo"))
            .PUT(BodyPublishers.ofByteArray(new byte[SIZE]))
            .build();
    assertThat(client.send(put, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  @AfterEach
  void stop() {
    started.ifPresent(Server::close);
    client.close();
  }

  @Test
  void damageAtTheStartIsAnsweredWithInternalError() throws Exception {
    byte[] good = Files.readAllBytes(blob());
    for (int at : new int[] {0, SIZE + 3}) { // the first block, the checksums
      flip(at, good);
      assertInternalError(send("s3", "GET", "/shop/photo"));
    }
    Files.delete(blob());
    assertInternalError(send("s3", "GET", "/shop/photo"));
    assertThat(send("s3", "HEAD", "/shop/photo").statusCode()).isEqualTo(200);
    assertThat(metrics()).contains("carillon_damaged_reads_total 3\n");
    assertThat(send("carillon", "GET", "/_carillon/trace?bucket=shop&key=photo").body())
        .contains("DAMAGED", "Damaged blob", "its file is missing");
  }

  @Test
  void damageFurtherOnCutsTheResponseShort() throws Exception {
    flip(SIZE - 1, Files.readAllBytes(blob()));
    assertThatThrownBy(() -> send("s3", "GET", "/shop/photo")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> send("s3", "GET", "/shop/photo")).isInstanceOf(IOException.class);
    assertThat(metrics()).contains("carillon_damaged_reads_total 2\n");
    assertThat(send("carillon", "GET", "/_carillon/trace?bucket=shop&key=photo").body())
        .containsOnlyOnce("DAMAGED");
  }

  @Test
  void copyingADamagedObjectIsRefused() throws Exception {
    flip(SIZE - 1, Files.readAllBytes(blob()));
    URI uri = uri("/shop/copy");
    HttpRequest.Builder copy = HttpRequest.newBuilder(uri).method("PUT", BodyPublishers.noBody());
    Headers own =
        new Headers()
            .add("x-amz-copy-source", "/shop/photo")
            .add("x-amz-checksum-algorithm", "SHA256");
    own.forEach(copy::header);
    signer("s3").sign("PUT", uri, own, new byte[0]).forEach(copy::header);
    assertInternalError(client.send(copy.build(), BodyHandlers.ofString()));
    assertThat(send("s3", "HEAD", "/shop/copy").statusCode()).isEqualTo(404);
  }

  private static void assertInternalError(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.headers().firstValue("content-type")).contains("application/xml");
    assertThat(answer.body())
        .contains(
            "<Code>InternalError</Code>",
            "<Message>We encountered an internal error. Please try again.</Message>",
            "<RequestId>");
  }

  private String metrics() throws Exception {
    return send("carillon", "GET", "/_carillon/metrics").body();
  }

  private Path blob() throws IOException {
    try (Stream<Path> files = Files.walk(data.resolve("blobs"))) {
      return files.filter(file -> file.toString().endsWith(".blob")).findFirst().orElseThrow();
    }
  }

  private void flip(int at, byte[] good) throws IOException {
    byte[] bad = good.clone();
    bad[at] ^= 4;
    Files.write(blob(), bad);
  }

  private HttpResponse<String> send(String service, String method, String target) throws Exception {
    return client.send(
        HttpRequest.newBuilder(signed(service, method, target))
            .method(method, BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }

  private URI signed(String service, String method, String target) {
    return signer(service).presign(method, uri(target), Duration.ofMinutes(5));
  }

  private URI uri(String target) {
    return URI.create("http://127.0.0.1:" + started.orElseThrow().port() + target);
  }

  private static Signer signer(String service) {
    return new Signer(
        "test",
        new Secret("test"),
        Optional.empty(),
        Region.US_EAST_1,
        Specs.of(service),
        InstantSource.system());
  }
}
