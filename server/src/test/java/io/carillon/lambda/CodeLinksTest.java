package io.carillon.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.http.Body;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import io.carillon.keys.Keys;
import io.carillon.lambda.FunctionVersion.Deployment;
import io.carillon.store.Blobs;
import io.carillon.store.ManualClock;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.MemoryDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;

final class CodeLinksTest {
  private final ManualClock clock = new ManualClock();
  private final MemoryBlobs blobs = new MemoryBlobs(new MemoryDatabase(), clock);
  private final Sealer sealer = Keys.inMemory(clock).sealer();

  private CodeLinks node(Sealer key) {
    return new CodeLinks(blobs, () -> URI.create("http://localhost:4566"), clock, key);
  }

  @Test
  void everyNodeOfTheInstallationFollowsALinkUntilItExpires() throws IOException {
    Request link = get(node(sealer).to(LambdaFixture.caller(), stored("archive")).getRawPath());

    assertThat(node(sealer).handle(link).status()).isEqualTo(200);
    assertThat(node(Keys.inMemory(clock).sealer()).handle(link).status()).isEqualTo(403);
    clock.move(Duration.ofMinutes(10));
    assertThat(node(sealer).handle(link).status()).isEqualTo(403);
  }

  /// Session tokens are sealed with the same key.
  @Test
  void otherSealedContentIsNoLink() throws IOException {
    Deployment deployment = stored("archive");
    long expires = clock.instant().plusSeconds(60).getEpochSecond();
    String content =
        "%s %d %d".formatted(deployment.archive().id(), deployment.archive().sizeBytes(), expires);

    assertThat(status(sealed("code-link " + content))).isEqualTo(200);
    assertThat(status(sealed(content))).isEqualTo(403);
    assertThat(status(sealed("code-link " + content + " "))).isEqualTo(403);
    assertThat(status("AAAA")).isEqualTo(403);
    assertThat(status("A")).isEqualTo(403);
  }

  private int status(String link) throws IOException {
    return node(sealer).handle(get(CodeLinks.PATH + link)).status();
  }

  private String sealed(String content) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(sealer.seal(new Secret(content)));
  }

  private Deployment stored(String content) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    try (Blobs.Upload upload = blobs.begin()) {
      upload.write(bytes, 0, bytes.length);
      return new Deployment(upload.commit(), "");
    }
  }

  private static Request get(String path) {
    return new Request(
        "GET",
        path,
        "",
        new Headers(),
        Body.of(new byte[0]),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
        false);
  }
}
