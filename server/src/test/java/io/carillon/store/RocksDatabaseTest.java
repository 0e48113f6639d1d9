package io.carillon.store;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rocksdb.PerfContext;
import org.rocksdb.PerfLevel;
import org.rocksdb.RocksDB;

final class RocksDatabaseTest extends DatabaseContract {
  @Override
  Database open(Path folder) {
    return RocksDatabase.open(folder);
  }

  @Override
  Database reopen(Database database, Path folder) {
    database.close();
    return open(folder);
  }

  @Test
  void waitingWritersShareASync() throws Exception {
    RocksDatabase rocks = (RocksDatabase) database;
    long before = rocks.counts().syncs();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread first = Thread.ofVirtual().start(() -> holdTheWriter(inside, goOn));
    inside.await();
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      others.add(Thread.ofVirtual().start(() -> put("bowl", number, "f" + number)));
    }
    for (Thread other : others) {
      awaitParked(other);
    }
    goOn.countDown();
    first.join();
    for (Thread other : others) {
      other.join();
    }
    assertThat(rocks.counts().syncs() - before).isEqualTo(2);
    assertThat(names(Range.all())).hasSize(21);
  }

  @Test
  void durableChangesSyncEarlierRelaxedOnesEvenIfTheyWriteNothingOrThrow() {
    RocksDatabase rocks = (RocksDatabase) database;
    put("bowl", 0, "synced");
    long synced = rocks.counts().syncs();
    relaxed(1);
    relaxed(2);
    assertThat(rocks.counts().syncs()).isEqualTo(synced);
    database.write(_ -> 0);
    assertThat(rocks.counts().syncs()).isEqualTo(synced + 1);
    database.write(_ -> 0);
    assertThat(rocks.counts().syncs()).isEqualTo(synced + 1);
    relaxed(3);
    assertThatThrownBy(
            () ->
                database.write(
                    _ -> {
                      throw new IllegalStateException("not found");
                    }))
        .hasMessage("not found");
    assertThat(rocks.counts().syncs()).isEqualTo(synced + 2);
  }

  @Test
  void writesAreRefusedWhileTheDiskIsFull() {
    database.close();
    AtomicLong room = new AtomicLong(Long.MAX_VALUE);
    database =
        RocksDatabase.open(
            folder, new RocksDatabase.Settings(1000, room::get, _ -> {}, InstantSource.system()));
    put("bowl", 1, "apple");
    room.set(999);
    assertThatThrownBy(() -> put("bowl", 2, "pear")).isInstanceOf(ReadOnlyException.class);
    assertThatThrownBy(() -> relaxed(3)).isInstanceOf(ReadOnlyException.class);
    assertThat(names(Range.all())).containsExactly("apple");
    room.set(1000);
    put("bowl", 2, "pear");
    assertThat(names(Range.all())).containsExactly("apple", "pear");
  }

  @Test
  void skippedRowsAreNotRead() {
    for (String bowl : List.of("a", "b", "c")) {
      database.write(
          tx -> {
            for (int i = 0; i < 1_000; i++) {
              FRUITS.put(tx, Tuple.of(bowl, i), new Fruit("f", i, null));
            }
            return 0;
          });
    }
    RocksDB engine = ((RocksDatabase) database).engine();
    engine.setPerfLevel(PerfLevel.ENABLE_COUNT);
    try (PerfContext perf = engine.getPerfContext()) {
      perf.reset();
      List<String> seen = new ArrayList<>();
      database.read(
          snapshot -> {
            FRUITS.scan(
                snapshot,
                Range.all(),
                Table.MANY,
                (key, _) -> {
                  seen.add(key.string(0));
                  return ScanStep.skipPrefix(Tuple.of(), key.string(0));
                });
            return 0;
          });
      assertThat(seen).containsExactly("a", "b", "c");
      assertThat(perf.getNextOnMemtableCount()).isLessThan(10);
    } finally {
      engine.setPerfLevel(PerfLevel.DISABLE);
    }
  }

  @Test
  void verifyFindsADamagedTable() throws IOException {
    put("bowl", 1, "apple");
    database = reopen(database, folder); // the log's rows become a table
    assertThat(((RocksDatabase) database).verify()).isEmpty();
    Path table;
    try (Stream<Path> files = Files.list(folder)) {
      table = files.filter(f -> f.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    try (FileChannel file = FileChannel.open(table, READ, WRITE)) {
      ByteBuffer first = ByteBuffer.allocate(1);
      file.read(first, 10);
      file.write(ByteBuffer.wrap(new byte[] {(byte) (first.get(0) ^ 1)}), 10);
    }
    assertThat(((RocksDatabase) database).verify().orElseThrow()).contains("checksum");
  }

  @Test
  void openingAStoreInUseIsRefused() {
    assertThatThrownBy(() -> RocksDatabase.open(folder))
        .hasMessageContaining("in use by another process");
  }

  @Test
  void openingAStoreOfANewerProgramIsRefused() {
    List<java.util.function.Consumer<Tx>> steps = new ArrayList<>(StoreFormat.STEPS);
    steps.add(tx -> FRUITS.put(tx, Tuple.of("upgraded"), new Fruit("apple", 1, null)));
    StoreFormat.upgrade(database, steps);
    assertThat(names(Range.all())).containsExactly("apple");
    database.close();
    assertThatThrownBy(() -> RocksDatabase.open(folder))
        .hasMessageContaining("has format 2, written by a newer Carillon");
  }

  @Test
  void failedUpgradeStepsRunAgain() {
    List<java.util.function.Consumer<Tx>> steps = new ArrayList<>(StoreFormat.STEPS);
    AtomicLong runs = new AtomicLong();
    steps.add(
        tx -> {
          FRUITS.put(tx, Tuple.of("step", runs.get()), new Fruit("r" + runs.get(), 1, null));
          if (runs.getAndIncrement() == 0) {
            throw new IllegalStateException("power cut");
          }
        });
    assertThatThrownBy(() -> StoreFormat.upgrade(database, steps)).hasMessage("power cut");
    StoreFormat.upgrade(database, steps);
    StoreFormat.upgrade(database, steps);
    assertThat(names(Range.all())).containsExactly("r1");
  }

  @Test
  void onlyTheOwnerMayReadTheFolder() throws Exception {
    Path made = folder.resolve("a/b");
    open(made).close();
    for (Path one : List.of(made, made.getParent())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void aClosedStoreRefusesReadsAndWrites() {
    database.close();
    assertThatThrownBy(() -> put("bowl", 1, "late")).hasMessageContaining("closed");
    assertThatThrownBy(() -> names(Range.all())).hasMessageContaining("closed");
    database = open(folder);
  }

  @Test
  void interruptedWritersGetTheirResultAndStayInterrupted() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread first = Thread.ofVirtual().start(() -> holdTheWriter(inside, goOn));
    inside.await();
    List<Boolean> interrupted = new ArrayList<>();
    Thread second =
        Thread.ofPlatform()
            .start(
                () -> {
                  put("bowl", 2, "pear");
                  interrupted.add(Thread.currentThread().isInterrupted());
                });
    awaitParked(second);
    second.interrupt();
    goOn.countDown();
    first.join();
    second.join();
    assertThat(interrupted).containsExactly(true);
    assertThat(names(Range.all())).contains("pear");
  }

  private void holdTheWriter(CountDownLatch inside, CountDownLatch goOn) {
    database.write(
        tx -> {
          inside.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          FRUITS.put(tx, Tuple.of("bowl", 1_000), new Fruit("first", 1, null));
          return 0;
        });
  }

  private void relaxed(int number) {
    database.writeRelaxed(
        tx -> {
          FRUITS.put(tx, Tuple.of("relaxed", number), new Fruit("r", number, null));
          return 0;
        });
  }

  private static void awaitParked(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }
}
