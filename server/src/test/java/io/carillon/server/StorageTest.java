package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.Blobs;
import io.carillon.store.UnusableStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StorageTest {
  @TempDir Path data;

  /// A new database would name none of them, and the sweep would delete them.
  @Test
  void blobsWithoutTheirDatabaseAreRefused() throws IOException {
    try (Storage storage = open();
        Blobs.Upload upload = storage.blobs().begin()) {
      upload.write(new byte[10], 0, 10);
      upload.commit();
    }
    try (Stream<Path> files = Files.list(data.resolve("db"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    assertThatThrownBy(this::open)
        .isInstanceOf(UnusableStoreException.class)
        .hasMessageContaining("no database in " + data.resolve("db"));
  }

  private Storage open() throws IOException {
    return Storage.open(
        Config.of(Settings.resolve(Map.of("data", data.toString()), Map.of(), Optional.empty())),
        InstantSource.system());
  }
}
