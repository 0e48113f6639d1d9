package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Damages each kind of file of a store at its start, middle and end: the store then refuses to
/// open or to read, with a message that says what to do, or has lost nothing.
@Tag("slow")
final class DamagedStoreTest {
  record Thing(int number, String text) {}

  private static final Table<String, Thing> THINGS =
      Table.of("test.things", KeyCodec.STRING, Thing.class);
  private static final int PUTS = 6;

  @TempDir Path temporary;
  private int copies;

  @Test
  void damagedLogsAreRefusedWithFileOffsetAndAdvice() throws IOException {
    Path good = storeWithLog();
    Path log = StoreCopies.only(good, "\\d+\\.log");
    long size = Files.size(log);
    for (long at : new long[] {0, 3, size / 3, size / 2, size - 60}) {
      Path bad = copy(good);
      StoreCopies.flip(bad.resolve(log.getFileName()), at);
      byte[] before = Files.readAllBytes(bad.resolve(log.getFileName()));
      assertThatThrownBy(() -> RocksDatabase.open(bad))
          .as("byte %d of %d", at, size)
          .isInstanceOf(UnusableStoreException.class)
          .hasMessageContaining("write-ahead log " + log.getFileName())
          .hasMessageContaining("bad record at byte ")
          .hasMessageContaining("./carillon repair --data " + bad.getParent());
      assertThat(bad.resolve(log.getFileName())).hasBinaryContent(before);
    }
    assertThat(numbers(good)).isEqualTo(puts(PUTS));
  }

  /// As an audit did: puts, a kill, a flipped byte in the middle of the log.
  @Test
  void damagedLogsOfAKilledServerAreRefused() throws IOException {
    Path killed;
    try (RocksDatabase database = RocksDatabase.open(folder())) {
      put(database, 0, PUTS);
      killed = copy(temporary.resolve("data-0/db"));
    }
    Path log = StoreCopies.only(killed, "\\d+\\.log");
    StoreCopies.flip(log, Files.size(log) / 2);
    assertThatThrownBy(() -> RocksDatabase.open(killed)).hasMessageContaining("bad record");
  }

  @Test
  void tornTailsOfLogsAreCut() throws IOException {
    Path killed;
    long synced;
    try (RocksDatabase database = RocksDatabase.open(folder())) {
      Path folder = temporary.resolve("data-0/db");
      put(database, 0, PUTS);
      synced = Files.size(StoreCopies.only(folder, "\\d+\\.log"));
      database.writeRelaxed(tx -> put(tx, 100, "x".repeat(90_000)));
      database.writeRelaxed(tx -> put(tx, 101, "y".repeat(9_000)));
      killed = copy(folder);
    }
    String log = StoreCopies.only(killed, "\\d+\\.log").getFileName().toString();
    for (int round = 0; round < 4; round++) {
      Path torn = copy(killed);
      if (round == 0) {
        StoreFolder.truncate(torn.resolve(log), synced + 40_000);
      } else { // one page was not written, later ones were
        zero(torn.resolve(log), Math.max(synced, 4096L * (8 * round - 7)), 4096);
      }
      assertThat(numbers(torn)).as("round %d", round).isEqualTo(puts(PUTS));
      try (RocksDatabase again = RocksDatabase.open(torn)) {
        put(again, PUTS, 2);
      }
      assertThat(numbers(torn)).isEqualTo(puts(PUTS + 2));
    }
  }

  @Test
  void missingLogsAreRefused() throws IOException {
    Path good = storeWithLog();
    Files.delete(StoreCopies.only(good, "\\d+\\.log"));
    assertThatThrownBy(() -> RocksDatabase.open(good))
        .isInstanceOf(UnusableStoreException.class)
        .hasMessageContaining("the write-ahead log is missing");
  }

  @Test
  void missingOrTruncatedLogsAmongSeveralAreRefused() throws Exception {
    Path killed = storeWithThreeLogs();
    List<Path> logs = StoreCopies.files(killed, "\\d+\\.log");
    assertThat(logs).hasSize(3);
    for (Path log : logs.subList(0, 2)) {
      Path bad = copy(killed);
      Files.delete(bad.resolve(log.getFileName()));
      assertThatThrownBy(() -> RocksDatabase.open(bad))
          .as("without %s", log)
          .isInstanceOf(UnusableStoreException.class)
          .hasMessageContaining("missing");
      Path cut = copy(killed);
      StoreFolder.truncate(cut.resolve(log.getFileName()), Files.size(log) - 1);
      assertThatThrownBy(() -> RocksDatabase.open(cut)).hasMessageContaining("bad record");
    }
    assertThat(numbers(killed)).hasSize(33);
  }

  @Test
  void logsOfOlderVersionsAreCutAtTheFirstBadRecord() throws IOException {
    Path good = storeWithLog();
    Path log = StoreCopies.only(good, "\\d+\\.log");
    withoutMarks(log);
    assertThat(numbers(copy(good))).isEqualTo(puts(PUTS));
    StoreCopies.flip(log, Files.size(log) / 2);
    assertThat(numbers(good)).isNotEmpty().isSubsetOf(puts(PUTS));
  }

  @Test
  void damagedManifestsAreRefusedOrLoseNothing() throws IOException {
    Path good = storeWithTables();
    Path manifest = StoreCopies.only(good, "MANIFEST-.*");
    int opened = 0;
    for (Path file : List.of(manifest, good.resolve("CURRENT"))) {
      long size = Files.size(file);
      for (long at = 0; at < size; at += 1 + size / 8) {
        Path bad = copy(good);
        StoreCopies.flip(bad.resolve(file.getFileName()), at);
        opened += refusesOrLosesNothing(bad) ? 0 : 1;
        Path cut = copy(good);
        StoreFolder.truncate(cut.resolve(file.getFileName()), at);
        opened += refusesOrLosesNothing(cut) ? 0 : 1;
        Path blank = copy(good);
        zero(blank.resolve(file.getFileName()), at, (int) (size - at));
        opened += refusesOrLosesNothing(blank) ? 0 : 1;
      }
      Path missing = copy(good);
      Files.delete(missing.resolve(file.getFileName()));
      assertThatThrownBy(() -> RocksDatabase.open(missing))
          .isInstanceOf(UnusableStoreException.class)
          .hasMessageContaining(file.getFileName() + ", it is missing");
    }
    assertThat(opened).as("most damage is refused").isLessThan(10);
    assertThat(numbers(good)).isEqualTo(puts(4 * PUTS));
  }

  /// Opening a table reads its end; its blocks are read one by one: damage to its start and middle
  /// is found by a read.
  @Test
  void damagedTablesOrTheirRowsAreRefused() throws IOException {
    Path good = storeWithTables();
    List<Path> tables = StoreCopies.files(good, "\\d+\\.sst");
    assertThat(tables).hasSizeGreaterThan(1);
    for (Path table : List.of(tables.getFirst(), tables.getLast())) {
      long size = Files.size(table);
      for (long at : new long[] {0, 20, size / 3, size / 2, size * 2 / 3, size - 60, size - 1}) {
        Path bad = copy(good);
        StoreCopies.flip(bad.resolve(table.getFileName()), at);
        refusesOrLosesNothing(bad);
      }
      Path cut = copy(good);
      StoreFolder.truncate(cut.resolve(table.getFileName()), size - 1);
      assertThat(refusesOrLosesNothing(cut)).isTrue();
      Path missing = copy(good);
      Files.delete(missing.resolve(table.getFileName()));
      assertThat(refusesOrLosesNothing(missing)).isTrue();
    }
  }

  @Test
  void otherFilesMayBeDamagedOrMissing() throws IOException {
    Path good = storeWithTables();
    for (String other : List.of("OPTIONS-.*", "IDENTITY", "LOG", "LOCK", "carillon.lock")) {
      for (Path file : StoreCopies.files(good, other)) {
        Path bad = copy(good);
        Files.write(bad.resolve(file.getFileName()), new byte[] {1, 2, 3});
        assertThat(numbers(bad)).as(other).isEqualTo(puts(4 * PUTS));
        Path missing = copy(good);
        Files.delete(missing.resolve(file.getFileName()));
        assertThat(numbers(missing)).as(other).isEqualTo(puts(4 * PUTS));
      }
    }
  }

  /// Whether it was refused; otherwise every row is there.
  private static boolean refusesOrLosesNothing(Path folder) {
    try {
      assertThat(numbers(folder)).isEqualTo(puts(4 * PUTS));
      return false;
    } catch (UnusableStoreException e) {
      assertThat(e).hasMessageContainingAll(folder.toString(), "backup");
    } catch (UnreadableRowsException e) {
      assertThat(e).hasMessageContainingAll(".sst", "./carillon verify");
    }
    return true;
  }

  private Path folder() {
    return temporary.resolve("data-" + copies++).resolve("db");
  }

  private Path copy(Path good) throws IOException {
    return StoreCopies.copy(good, folder());
  }

  /// Closed, so that the last put's sync is recorded; its rows are in the log.
  private Path storeWithLog() {
    Path folder = folder();
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      put(database, 0, PUTS);
    }
    return folder;
  }

  /// Each opening flushes the log before it into a table; the last rows are still in the log.
  private Path storeWithTables() {
    Path folder = folder();
    for (int i = 0; i < 4; i++) {
      try (RocksDatabase database = RocksDatabase.open(folder)) {
        put(database, i * PUTS, PUTS);
      }
    }
    return folder;
  }

  private Path storeWithThreeLogs() throws Exception {
    Path folder = folder();
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      database.engine().pauseBackgroundWork();
      for (int i = 0; i < 33; i++) {
        int number = i;
        database.writeRelaxed(tx -> put(tx, number, "z".repeat(1 << 20)));
      }
      database.write(_ -> 0);
      database.write(tx -> put(tx, 32, "last"));
      Path killed = copy(folder);
      database.engine().continueBackgroundWork();
      return killed;
    }
  }

  private static void put(RocksDatabase database, int from, int count) {
    for (int number = from; number < from + count; number++) {
      int one = number;
      database.write(tx -> put(tx, one, "text " + one));
    }
  }

  private static int put(Tx tx, int number, String text) {
    THINGS.put(tx, "%03d".formatted(number), new Thing(number, text));
    return number;
  }

  private static List<Integer> puts(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static List<Integer> numbers(Path folder) {
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      return database.read(
          snapshot ->
              THINGS.list(snapshot, Range.all(), 1_000).stream()
                  .map(entry -> entry.value().number())
                  .toList());
    }
  }

  private static void zero(Path file, long at, int count) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(count), at);
    }
  }

  /// The log as versions without marks wrote it.
  private static void withoutMarks(Path log) throws IOException {
    List<byte[]> records = new ArrayList<>();
    try (RecordLog in = RecordLog.open(log, Integer.MAX_VALUE)) {
      for (var entry = in.next(); entry.isPresent(); entry = in.next()) {
        records.add(entry.get().head());
      }
    }
    try (RecordLogWriter out = RecordLogWriter.create(log)) {
      for (byte[] record : records) {
        LoggedBatch batch = LoggedBatch.parse(record).orElseThrow();
        if (batch.count() > 0) {
          int rest = LoggedBatch.CHANGES_START + 2 + record[LoggedBatch.CHANGES_START + 1];
          byte[] bare = new byte[LoggedBatch.CHANGES_START + record.length - rest];
          System.arraycopy(record, 0, bare, 0, LoggedBatch.CHANGES_START);
          System.arraycopy(record, rest, bare, LoggedBatch.CHANGES_START, record.length - rest);
          out.write(bare);
        }
      }
      out.finish();
    }
  }
}
