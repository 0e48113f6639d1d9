package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The check of the write-ahead log on logs written here, so that every byte of them can be
/// damaged. [DamagedStoreTest] does the same, in fewer places, to a store.
final class WalCheckTest {
  private static final long RUN = 0x1234_5678_9ABCL;
  private static final int PAGE = 4096;

  @TempDir Path folder;

  /// A log under construction: what was synced, and the marks as [RocksDatabase] writes them.
  private final class Log {
    private final List<byte[]> records = new ArrayList<>();
    private long next = 1;
    private long through;
    private int syncedRecords;

    Log change(int bytes, boolean sync) {
      records.add(batch(next++, 1, RUN, through, bytes));
      if (sync) {
        synced();
      }
      return this;
    }

    void synced() {
      through = next - 1;
      syncedRecords = records.size();
    }

    Log syncMark() {
      records.add(batch(next, 0, RUN, through, 0));
      return this;
    }

    Path write(String name) throws IOException {
      return write(name, 0, records.size());
    }

    Path write(String name, int from, int to) throws IOException {
      Path file = folder.resolve(name);
      try (RecordLogWriter writer = RecordLogWriter.create(file)) {
        for (byte[] record : records.subList(from, to)) {
          writer.write(record);
        }
        writer.finish();
      }
      return file;
    }

    long syncedBytes() throws IOException {
      return Files.size(write("synced", 0, syncedRecords));
    }
  }

  private static byte[] batch(long sequence, int count, long run, long through, int bytes) {
    byte[] mark = new SyncMark(run, through).toBytes();
    byte[] body = new byte[bytes];
    new Random(sequence).nextBytes(body);
    return ByteBuffer.allocate(14 + mark.length + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(sequence)
        .putInt(count)
        .put(LoggedBatch.LOG_DATA)
        .put((byte) mark.length)
        .put(mark)
        .put(body)
        .array();
  }

  private static WalCheck.Finding check(Path... files) throws IOException {
    return WalCheck.of(List.of(files), 0);
  }

  @Test
  void undamagedLogsAreWhole() throws IOException {
    Log log = new Log();
    for (int i = 0; i < 40; i++) {
      log.change(RecordLog.BLOCK / 7 + i * 997 % 5000, i % 3 != 0);
    }
    assertThat(check(log.write("a"))).isEqualTo(new WalCheck.Whole(true));
    assertThat(check(log.write("b", 0, 10), log.write("c", 10, 10), log.write("d", 10, 40)))
        .isEqualTo(new WalCheck.Whole(true));
    assertThat(check()).isEqualTo(new WalCheck.Whole(false));
  }

  @Test
  void everyDamagedSyncedByteIsDetected() throws IOException {
    Log log = new Log();
    for (int i = 0; i < 6; i++) {
      log.change(40 + i, true);
    }
    Path file = log.syncMark().write("log");
    long acknowledged = log.syncedBytes();
    byte[] good = Files.readAllBytes(file);
    for (int at = 0; at < good.length; at++) {
      for (int bit : new int[] {0, 4, 7}) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << bit);
        Files.write(file, bad);
        WalCheck.Finding found = check(file);
        if (at < acknowledged) {
          assertThat(found).as("bit %d of byte %d", bit, at).isInstanceOf(WalCheck.Damaged.class);
          assertThat(((WalCheck.Damaged) found).offset()).isLessThanOrEqualTo(at);
        } else {
          assertThat(found).isEqualTo(new WalCheck.Torn(file, acknowledged, 0, true));
        }
      }
    }
  }

  /// In records of many blocks too, and wherever the log is split into files.
  @Test
  void damageIsDetectedAcrossBlocksAndFiles() throws IOException {
    Log log = new Log();
    for (int i = 0; i < 8; i++) {
      log.change(i % 2 == 0 ? 90_000 : 20, true);
    }
    log.syncMark();
    Random random = new Random(5);
    for (int round = 0; round < 60; round++) {
      int cut = random.nextInt(log.records.size());
      Path first = log.write("first", 0, cut);
      Path second = log.write("second", cut, log.records.size());
      Path hit = random.nextBoolean() && cut > 0 ? first : second;
      long acknowledged =
          hit.equals(first) ? Files.size(first) : Files.size(log.write("synced", cut, 8));
      if (acknowledged == 0) {
        continue;
      }
      StoreCopies.flip(hit, random.nextLong(acknowledged));
      // A block's padding holds no data.
      WalCheck.Finding found = check(first, second);
      if (!found.equals(new WalCheck.Whole(true))) {
        assertThat(found).as("round %d", round).isInstanceOf(WalCheck.Damaged.class);
      }
    }
  }

  @Test
  void missingOrTruncatedFilesBeforeOthersAreDamage() throws IOException {
    Log log = new Log();
    for (int i = 0; i < 9; i++) {
      log.change(500, true);
    }
    log.syncMark();
    Path a = log.write("a", 0, 3);
    Path b = log.write("b", 3, 6);
    Path c = log.write("c", 6, 10);
    assertThat(check(a, c)).isEqualTo(new WalCheck.Damaged(c, 0, 4, WalCheck.Kind.GAP));
    assertThat(check(b, c)).isEqualTo(new WalCheck.Damaged(b, 0, 1, WalCheck.Kind.GAP));
    long end = Files.size(b);
    for (long length = 0; length < end; length += 37) {
      StoreFolder.truncate(log.write("b", 3, 6), length);
      assertThat(check(a, b, c)).as("cut at %d", length).isInstanceOf(WalCheck.Damaged.class);
    }
  }

  @Test
  void theManifestTellsTheFirstExpectedSequenceNumber() throws IOException {
    Log log = new Log();
    for (int i = 0; i < 6; i++) {
      log.change(50, true);
    }
    Path file = log.write("log", 3, 6);
    assertThat(WalCheck.of(List.of(file), 3)).isEqualTo(new WalCheck.Whole(true));
    assertThat(WalCheck.of(List.of(file), 5)).isEqualTo(new WalCheck.Whole(true));
    assertThat(WalCheck.of(List.of(file), 2)).isInstanceOf(WalCheck.Damaged.class);
    StoreCopies.flip(file, 9); // the head
    assertThat(WalCheck.of(List.of(file), 3))
        .isEqualTo(new WalCheck.Damaged(file, 0, 4, WalCheck.Kind.BAD_RECORD));
    assertThat(WalCheck.of(List.of(file), 99))
        .isEqualTo(new WalCheck.Damaged(file, 0, 5, WalCheck.Kind.BAD_RECORD));
  }

  /// If a kill tore the only batch after the damage, its beginning says what was synced.
  @Test
  void theMarkOfATornBatchIsEvidence() throws IOException {
    for (int before = 0; before < 3; before++) {
      Log log = new Log();
      for (int i = 0; i < before; i++) {
        log.change(40, true);
      }
      long damaged = Files.size(log.write("before", 0, before));
      Path file = log.change(40, true).change(90_000, false).write("log");
      StoreFolder.truncate(file, RecordLog.BLOCK + 1_000);
      assertThat(check(file)).isInstanceOf(WalCheck.Torn.class);
      StoreCopies.flip(file, damaged + 20);
      assertThat(check(file))
          .isEqualTo(new WalCheck.Damaged(file, damaged, before + 1, WalCheck.Kind.BAD_RECORD));
    }
  }

  /// Any part of what was not synced may be on disk, with anything in between.
  @Test
  void lostUnsyncedPagesAreATornTail() throws IOException {
    long seed = Long.getLong("carillon.crash.seed", System.nanoTime());
    System.out.println("WalCheckTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      Log log = new Log();
      for (int i = random.nextInt(12); i > 0; i--) {
        log.change(random.nextInt(random.nextBoolean() ? 200 : 60_000), random.nextBoolean());
      }
      long synced = log.syncedBytes();
      for (int i = random.nextInt(5); i > 0; i--) {
        log.change(random.nextInt(random.nextBoolean() ? 200 : 60_000), false);
      }
      if (random.nextBoolean()) {
        log.change(random.nextInt(60_000), false); // whose sync is under way
      }
      Path file = log.write("log");
      losePages(file, synced, random);
      WalCheck.Finding found = check(file);
      if (found instanceof WalCheck.Torn torn) {
        assertThat(torn.offset()).as("round %d", round).isGreaterThanOrEqualTo(synced);
      } else {
        assertThat(found).as("round %d", round).isInstanceOf(WalCheck.Whole.class);
      }
    }
  }

  private static void losePages(Path file, long synced, Random random) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (int page = (int) (synced / PAGE); (long) page * PAGE < bytes.length; page++) {
      if (random.nextBoolean()) {
        int from = (int) Math.max(synced, (long) page * PAGE);
        Arrays.fill(bytes, from, Math.min(bytes.length, (page + 1) * PAGE), (byte) 0);
      }
    }
    int length =
        random.nextBoolean() ? bytes.length : random.nextInt((int) synced, bytes.length + 1);
    Files.write(file, Arrays.copyOf(bytes, length));
  }

  /// An object's body may be a piece of another log, or of a copy of this one.
  @Test
  void bodiesThatLookLikeALogAreNoEvidence() throws IOException {
    Path inner = folder.resolve("inner");
    try (RecordLogWriter writer = RecordLogWriter.create(inner)) {
      writer.write(batch(900, 1, RUN + 1, 899, 10));
      writer.finish();
    }
    byte[] looksLikeALog = Files.readAllBytes(inner);
    Log log = new Log().change(10, true);
    byte[] record = Arrays.copyOf(batch(2, 1, RUN, 1, 0), 36 + looksLikeALog.length);
    System.arraycopy(looksLikeALog, 0, record, 36, looksLikeALog.length);
    log.records.add(record);
    Path file = log.write("log");
    long start = log.syncedBytes();
    StoreCopies.flip(file, start + RecordLog.HEAD);
    assertThat(check(file)).isEqualTo(new WalCheck.Torn(file, start, 1, true));
  }

  @Test
  void logsWithoutMarksAreCutAtTheFirstBadRecord() throws IOException {
    Path file = folder.resolve("old");
    long second;
    try (RecordLogWriter writer = RecordLogWriter.create(file)) {
      for (int i = 1; i <= 3; i++) {
        writer.write(
            ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(i).putInt(1).array());
      }
      writer.finish();
      second = Files.size(file) / 3;
    }
    assertThat(check(file)).isEqualTo(new WalCheck.Whole(false));
    StoreCopies.flip(file, second + 10);
    assertThat(check(file)).isEqualTo(new WalCheck.Torn(file, second, 1, false));
  }
}
