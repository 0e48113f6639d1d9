package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RowCacheTest {
  private static final RowCache.Key KEY = new RowCache.Key("key".getBytes(StandardCharsets.UTF_8));

  private final RowCache kept = new RowCache();

  private record Fruit(String name) {}

  @Test
  void aRowIsDecodedOnceUntilItChanges(@TempDir Path folder) {
    Table<String, Fruit> table = Table.cached("test.kept", KeyCodec.STRING, Fruit.class);
    try (RocksDatabase database = RocksDatabase.open(folder)) {
      database.write(tx -> put(tx, table, "apple"));
      Fruit first = database.read(s -> table.get(s, "a")).orElseThrow();
      assertThat(database.read(s -> table.get(s, "a")).orElseThrow()).isSameAs(first);
      assertThat(database.write(tx -> table.get(tx, "a")).orElseThrow()).isSameAs(first);
      database.write(tx -> put(tx, table, "apple"));
      assertThat(database.read(s -> table.get(s, "a")).orElseThrow()).isNotSameAs(first);
    }
  }

  private static int put(Tx tx, Table<String, Fruit> table, String name) {
    table.put(tx, "a", new Fruit(name));
    return 0;
  }

  @Test
  void anEntryHoldsForItsOwnAndLaterSnapshotsOnly() {
    kept.keep(KEY, "row", 7);
    assertThat(kept.find(KEY, 6)).isNull();
    assertThat(kept.find(KEY, 7)).isEqualTo(new RowCache.Entry("row", 7));
    assertThat(kept.find(KEY, 8)).isEqualTo(new RowCache.Entry("row", 7));
  }

  @Test
  void whatWasReadBeforeAChangeIsNotKeptDuringOrAfterIt() {
    kept.changing(List.of(KEY));
    kept.keep(KEY, "before", 7);
    assertThat(kept.find(KEY, 7)).isNull();
    kept.changed(8);
    kept.keep(KEY, "before", 7);
    assertThat(kept.find(KEY, 9)).isNull();
    kept.keep(KEY, "after", 8);
    assertThat(kept.find(KEY, 9)).isEqualTo(new RowCache.Entry("after", 8));
  }

  @Test
  void aChangeTakesItsRowsOut() {
    kept.keep(KEY, "row", 7);
    kept.changing(List.of(KEY));
    kept.changed(8);
    assertThat(kept.find(KEY, 9)).isNull();
  }

  @Test
  void namesThatStrangersMakeUpDoNotFillTheMemory() {
    for (int i = 0; i < 120_000; i++) {
      kept.keep(new RowCache.Key(Integer.toString(i).getBytes(StandardCharsets.UTF_8)), null, 1);
    }
    assertThat(kept.size()).isLessThanOrEqualTo(50_000);
  }
}
