package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.store.StoreRepair.Way;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Six puts, of which the third is damaged in the log.
final class StoreRepairTest {
  record Thing(String text) {}

  private static final Table<String, Thing> THINGS =
      Table.of("test.things", KeyCodec.STRING, Thing.class);
  private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  @TempDir Path temporary;
  private Path folder = Path.of("");
  private Path log = Path.of("");

  @BeforeEach
  void damage() throws IOException {
    folder = temporary.resolve("data").resolve("db");
    long third;
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      put(database, "a", "b");
      log = StoreCopies.only(folder, "\\d+\\.log");
      third = Files.size(log);
      put(database, "c", "d", "e", "f");
    }
    StoreCopies.flip(log, third + 120); // in the value
  }

  @Test
  void theReportNamesLostRowsAndChangesNothing() throws IOException {
    byte[] before = Files.readAllBytes(log);
    StoreRepair.Report report = new StoreRepair(folder).look().orElseThrow();
    assertThat(report.what()).contains(log.getFileName().toString(), "bad record at byte");
    assertThat(report.lost().keys()).containsExactly("written test.things [c]");
    assertThat(report.later().keys())
        .containsExactly(
            "written test.things [d]", "written test.things [e]", "written test.things [f]");
    assertThat(report.laterBatches()).isEqualTo(4); // and the batch that records the last sync
    assertThat(log).hasBinaryContent(before);
    assertThatThrownBy(() -> RocksDatabase.open(folder)).hasMessageContaining("damaged");
  }

  @Test
  void repairCanKeepWholeBatchesAfterTheDamage() throws IOException {
    Path copies = new StoreRepair(folder).repair(Way.KEEP_LATER, NOW);
    assertThat(copies.resolve(log.getFileName())).exists();
    assertThat(things()).containsExactly("a", "b", "d", "e", "f");
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      put(database, "g");
    }
    assertThat(things()).containsExactly("a", "b", "d", "e", "f", "g");
    assertThat(new StoreRepair(folder).look()).isEmpty();
  }

  @Test
  void repairCanCutTheLogAtTheDamage() {
    Path copies = new StoreRepair(folder).repair(Way.CUT, NOW);
    assertThat(copies).isEqualTo(folder.resolveSibling("db-damaged-20260203T040506Z"));
    assertThat(things()).containsExactly("a", "b");
    assertThat(new StoreRepair(folder).look()).isEmpty();
  }

  @Test
  void aMissingLogCanBeRepaired() throws IOException {
    Files.delete(log);
    StoreRepair.Report report = new StoreRepair(folder).look().orElseThrow();
    assertThat(report.what()).contains("missing");
    assertThat(report.laterBatches()).isZero();
    new StoreRepair(folder).repair(Way.CUT, NOW);
    assertThat(things()).isEmpty();
  }

  /// The damaged record may have held the references of blobs that later rows name.
  @Test
  void blobsOlderThanARepairThatKeptLaterRowsAreNotSwept() throws IOException {
    ManualClock clock = new ManualClock();
    Path blobFolder = temporary.resolve("data").resolve("blobs");
    FileBlobs before =
        FileBlobs.open(blobFolder, new MemoryDatabase(), new OnlyIncarnation(1), clock, 0, () -> 1);
    Blobs.BlobRef unreferenced = upload(before);
    new StoreRepair(folder).repair(Way.KEEP_LATER, Instant.now().plus(Duration.ofMinutes(1)));
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      FileBlobs after =
          FileBlobs.open(blobFolder, database, new OnlyIncarnation(2), clock, 0, () -> 1);
      assertThat(after.sweep().orphans()).isZero();
      after.open(unreferenced, 0, 3).close();
    }
  }

  @Test
  void repairRefusesAStoreInUseOrAbsent() {
    assertThatThrownBy(() -> new StoreRepair(temporary.resolve("none")).look())
        .hasMessageContaining("There is no store");
    new StoreRepair(folder).repair(Way.CUT, NOW);
    try (RocksDatabase _ = RocksDatabase.open(folder)) {
      assertThatThrownBy(() -> new StoreRepair(folder).look()).hasMessageContaining("in use");
    }
  }

  private static Blobs.BlobRef upload(FileBlobs blobs) throws IOException {
    try (Blobs.Upload upload = blobs.begin()) {
      upload.write(new byte[3], 0, 3);
      return upload.commit();
    }
  }

  private static void put(RocksDatabase database, String... keys) {
    for (String key : keys) {
      database.write(
          tx -> {
            THINGS.put(tx, key, new Thing(("text of " + key).repeat(20)));
            return key;
          });
    }
  }

  private List<String> things() {
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      return database.read(
          snapshot ->
              THINGS.list(snapshot, Range.all(), 100).stream().map(Table.Entry::key).toList());
    }
  }
}
