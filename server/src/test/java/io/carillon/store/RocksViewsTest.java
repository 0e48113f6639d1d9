package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/// Reads between two commits share a snapshot, and none sees less than what was acknowledged.
final class RocksViewsTest {
  private record NumberRow(long value) {}

  private static final Table<String, NumberRow> NUMBERS =
      Table.of("test.numbers", KeyCodec.STRING, NumberRow.class);

  @TempDir Path folder;
  private RocksDatabase database;

  @BeforeEach
  void open() {
    database = RocksDatabase.open(folder);
    put(0);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void readsBetweenTwoCommitsShareASnapshot() {
    long held =
        database.read(
            first -> {
              CompletableFuture<Long> second =
                  CompletableFuture.supplyAsync(() -> database.read(_ -> snapshots()));
              return second.join();
            });
    assertThat(held).isEqualTo(1);
  }

  @Test
  void aReadAfterACommitTakesANewSnapshotAndTheOldOneStaysAsItWas() {
    long seen =
        database.read(
            before -> {
              CompletableFuture.runAsync(() -> put(1)).join();
              assertThat(
                      CompletableFuture.supplyAsync(() -> database.<Long>read(this::value)).join())
                  .isEqualTo(1);
              return value(before);
            });
    assertThat(seen).isZero();
  }

  @Test
  void aCommitReleasesTheSnapshotThatNoReadUses() {
    assertThat(database.<Long>read(this::value)).isZero();
    assertThat(snapshots()).isEqualTo(1);
    put(1);
    assertThat(snapshots()).isZero();
  }

  @Test
  void everyReadSeesWhatWasAcknowledgedBeforeIt() {
    AtomicLong acknowledged = new AtomicLong();
    List<CompletableFuture<Void>> readers = new ArrayList<>();
    for (int reader = 0; reader < 4; reader++) {
      readers.add(
          CompletableFuture.runAsync(
              () -> {
                long known = 0;
                while (known < 3_000) {
                  known = acknowledged.get();
                  assertThat(database.<Long>read(this::value)).isGreaterThanOrEqualTo(known);
                }
              },
              task -> Thread.ofVirtual().start(task)));
    }
    for (long number = 1; number <= 3_000; number++) {
      long next = number;
      database.writeRelaxed(tx -> put(tx, next));
      acknowledged.set(number);
    }
    readers.forEach(CompletableFuture::join);
    put(0);
    assertThat(snapshots()).isZero();
  }

  private void put(long value) {
    database.write(tx -> put(tx, value));
  }

  private static long put(Tx tx, long value) {
    NUMBERS.put(tx, "n", new NumberRow(value));
    return value;
  }

  private long value(Snapshot snapshot) {
    return NUMBERS.get(snapshot, "n").orElseThrow().value();
  }

  private long snapshots() {
    try {
      return database.engine().getLongProperty("rocksdb.num-snapshots");
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }
}
