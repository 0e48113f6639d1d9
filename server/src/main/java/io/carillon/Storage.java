package io.carillon;

import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.FileBlobs;
import io.carillon.store.Inspection;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.MemoryDatabase;
import io.carillon.store.RocksDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// Where everything is kept: the database and the blobs beside it.
///
/// @param files the blobs as files; empty in memory
record Storage(Database database, Blobs blobs, Optional<FileBlobs> files) implements AutoCloseable {

  static Storage open(Config config, InstantSource clock) throws IOException {
    if (config.inMemory()) {
      Database database = new MemoryDatabase();
      return new Storage(database, new MemoryBlobs(database, clock), Optional.empty());
    }
    Files.createDirectories(config.data());
    Database database = RocksDatabase.open(config.data().resolve("db"));
    FileBlobs blobs = FileBlobs.open(config.data().resolve("blobs"), database, clock);
    return new Storage(database, blobs, Optional.of(blobs));
  }

  Inspection inspect() {
    return new Inspection(database);
  }

  /// Reads every blob and compares its checksums.
  FileBlobs.Scrubbed verify() {
    return files.map(FileBlobs::verify).orElseGet(() -> new FileBlobs.Scrubbed(0, 0, List.of()));
  }

  void sweep() {
    try {
      if (files.isPresent()) {
        files.get().sweep();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
