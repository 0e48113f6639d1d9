package io.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.server.Config;
import io.carillon.server.InMemoryServer;
import io.carillon.server.Server;
import io.carillon.server.Settings;
import io.carillon.store.ReadOnlyException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that cannot start prints one line that says what to do.
@Tag("slow")
final class StartFailuresTest {
  @TempDir Path temporary;

  @Test
  void aFullDiskIsReported() {
    Config config = config("data");
    assertThat(Startup.explain(config, new ReadOnlyException(256 << 20)).orElseThrow())
        .hasMessage(
            "The disk of the data folder %s is too full to start: the server keeps 256 MiB free. Make room on it, or name a folder on another disk with --data FOLDER."
                .formatted(config.data()));
    IOException full = new FileSystemException("/x/y", null, "No space left on device");
    assertThat(Startup.explain(config, new UncheckedIOException(full)).orElseThrow())
        .hasMessageContaining("full, or has no free inodes")
        .hasMessageContaining("--data FOLDER");
    assertThat(
            Startup.failure(config, new FileSystemException("/x", null, "Read-only file system")))
        .hasMessageContaining("Read-only file system. Name another with --data FOLDER");
    assertThat(Startup.explain(config, new IllegalStateException("a bug"))).isEmpty();
  }

  @Test
  void filesInPlaceOfFoldersAreReported() throws IOException {
    for (String name : new String[] {"db", "blobs", "keys", "functions"}) {
      Path data = Files.createDirectory(temporary.resolve(name));
      Files.writeString(data.resolve(name), "");
      assertThatThrownBy(() -> Startup.start(config(name)))
          .isInstanceOf(CommandFailure.class)
          .hasMessageStartingWith("The data folder " + data + " cannot be used: ")
          .hasMessageEndingWith("Name another with --data FOLDER, or repair this one.");
    }
  }

  /// A damaged or different key would otherwise be noticed only secret by secret.
  @Test
  void keysOtherThanThoseOfTheFirstStartAreRefused() throws IOException {
    Startup.start(config("data")).close();
    Path keys = temporary.resolve("data").resolve("keys");
    byte[] good = Files.readAllBytes(keys.resolve("sealing.key"));
    for (int at : new int[] {0, 16, 31}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(keys.resolve("sealing.key"), bad);
      assertKeyRefused("keys/sealing.key is not the one that sealed");
    }
    Files.delete(keys.resolve("sealing.key"));
    assertKeyRefused("keys/sealing.key is not the one that sealed");
    Files.write(keys.resolve("sealing.key"), new byte[5]);
    assertKeyRefused("keys/sealing.key is damaged");
    Files.write(keys.resolve("sealing.key"), good);
    Files.write(keys.resolve("admin-token"), new byte[5]);
    assertKeyRefused("keys/admin-token is damaged");
    Files.delete(keys.resolve("admin-token")); // it is created again
    Startup.start(config("data")).close();
  }

  private void assertKeyRefused(String what) {
    assertThatThrownBy(() -> Startup.start(config("data")))
        .isInstanceOf(CommandFailure.class)
        .hasMessageStartingWith("In the data folder " + temporary.resolve("data") + ", " + what)
        .hasMessageContaining("from a backup");
  }

  @Test
  void unreadableManagedPoliciesAreReported() throws IOException {
    Path policies = Files.createDirectory(temporary.resolve("policies"));
    Files.writeString(policies.resolve("X.json"), "{");
    Config config = InMemoryServer.config(Map.of("managed-policies", policies.toString()));
    assertThatThrownBy(() -> Startup.start(config))
        .isInstanceOf(CommandFailure.class)
        .hasMessageStartingWith(
            "The managed policy file "
                + policies
                + "/X.json is not a managed policy: it is not JSON")
        .hasMessageContaining("Replace it by the output of `aws iam get-policy-version`");
  }

  @Test
  void aStoreInUseIsReported() {
    try (Server _ = Startup.start(config("data"))) {
      assertThatThrownBy(() -> Startup.start(config("data")))
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("in use by another process");
    }
  }

  /// Without this, a server restarted more often than daily would never sweep.
  @Test
  void blobsWithoutARowAreSweptSoonAfterTheStart() throws Exception {
    Startup.start(config("data")).close();
    Path orphan = temporary.resolve("data/blobs/ab/cd/abcd0000000000000000000000000000.blob");
    Files.createDirectories(orphan.getParent());
    Files.write(orphan, new byte[100]);
    try (Server _ = Startup.start(config("data"))) {
      while (Files.exists(orphan)) {
        Thread.sleep(20);
      }
    }
    try (Stream<Path> left = Files.walk(temporary.resolve("data/blobs"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  private Config config(String data) {
    return Config.of(
        Settings.resolve(
            Map.of("port", "0", "sandbox", "off", "data", temporary.resolve(data).toString()),
            Map.of(),
            Optional.empty()));
  }
}
