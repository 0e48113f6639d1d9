package io.carillon.server;

import io.carillon.keys.DamagedKeyException;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.store.FileBlobs;
import io.carillon.store.Inspection;
import io.carillon.store.KeyCodec;
import io.carillon.store.MemoryBlobs;
import io.carillon.store.MemoryDatabase;
import io.carillon.store.Nodes;
import io.carillon.store.RocksDatabase;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import io.carillon.store.UnusableStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The stored state: the database and the blobs beside it.
///
/// @param nodes this process among those that use the database
/// @param rocks the database on disk; empty in memory
/// @param files the blobs as files; empty in memory
record Storage(
    Database database,
    Nodes nodes,
    Blobs blobs,
    Optional<RocksDatabase> rocks,
    Optional<FileBlobs> files)
    implements AutoCloseable {

  record SealingKeyRow(String fingerprint) {}

  private static final Table<String, SealingKeyRow> SEALING_KEYS =
      Table.of("keys.sealing", KeyCodec.STRING, SealingKeyRow.class);
  private static final String SEALING_KEY = "key";

  static Storage open(Config config, InstantSource clock) throws IOException {
    if (config.inMemory()) {
      Database database = new MemoryDatabase();
      return new Storage(
          database,
          Nodes.join(database, Nodes.ONLY),
          new MemoryBlobs(database, clock),
          Optional.empty(),
          Optional.empty());
    }
    Path rows = config.data().resolve("db");
    Path bodies = config.data().resolve("blobs");
    if (!RocksDatabase.exists(rows) && FileBlobs.exist(bodies)) {
      // A new database names no blob, so the sweep would delete them all.
      throw new UnusableStoreException(
          "There are bodies in %s but no database in %s. Restore both from a backup, or remove the bodies to start empty."
              .formatted(bodies, rows),
          null);
    }
    RocksDatabase database = RocksDatabase.open(rows);
    Nodes nodes = Nodes.join(database, Nodes.ONLY);
    FileBlobs blobs = FileBlobs.open(bodies, database, nodes, clock);
    return new Storage(database, nodes, blobs, Optional.of(database), Optional.of(blobs));
  }

  /// Refuses a sealing key other than that of the first start: access keys sealed with it could not
  /// be opened any more, which would show only key by key.
  void requireSealingKey(String fingerprint) {
    String known =
        database
            .read(snapshot -> SEALING_KEYS.get(snapshot, SEALING_KEY))
            .orElseGet(() -> database.write(tx -> noteSealingKey(tx, fingerprint)))
            .fingerprint();
    if (!known.equals(fingerprint)) {
      throw new DamagedKeyException(
          "keys/sealing.key is not the one that sealed the access keys in the database. Restore it"
              + " from a backup of the data folder.",
          null);
    }
  }

  /// The first note counts, if nodes start together.
  private static SealingKeyRow noteSealingKey(Tx tx, String fingerprint) {
    return SEALING_KEYS
        .get(tx, SEALING_KEY)
        .orElseGet(
            () -> {
              SealingKeyRow first = new SealingKeyRow(fingerprint);
              SEALING_KEYS.put(tx, SEALING_KEY, first);
              return first;
            });
  }

  Inspection inspect() {
    return new Inspection(database);
  }

  /// Reads every blob and every file of rows and compares their checksums; small bodies are in
  /// rows.
  FileBlobs.Scrubbed verify() {
    FileBlobs.Scrubbed found =
        files.map(FileBlobs::verify).orElseGet(() -> new FileBlobs.Scrubbed(0, 0, List.of()));
    List<FileBlobs.Damage> damaged = new ArrayList<>(found.damaged());
    rocks
        .flatMap(RocksDatabase::verify)
        .ifPresent(why -> damaged.add(new FileBlobs.Damage("rows", why)));
    return new FileBlobs.Scrubbed(found.blobs(), found.bytes(), damaged);
  }

  /// Removes the blobs that no row names any more.
  void removeReleased() {
    run(FileBlobs::removeReleased);
  }

  /// Removes this node's blobs that no row has named for hours.
  void removeAbandoned() {
    run(FileBlobs::removeAbandoned);
  }

  /// Removes the blobs that no row ever named, by looking at every file.
  void sweep() {
    run(FileBlobs::sweep);
  }

  private interface BlobTask {
    void run(FileBlobs blobs) throws IOException;
  }

  private void run(BlobTask task) {
    try {
      if (files.isPresent()) {
        task.run(files.get());
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
