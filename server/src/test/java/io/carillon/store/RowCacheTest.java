package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RowCacheTest {
  private static final RowCache.Key KEY = new RowCache.Key("key".getBytes(StandardCharsets.UTF_8));

  private final RowCache cache = new RowCache();

  private record Fruit(String name) {}

  @Test
  void rowsAreDecodedOnceUntilTheyChange(@TempDir Path folder) {
    Table<String, Fruit> table = Table.cached("test.cached", KeyCodec.STRING, Fruit.class);
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
  void entriesAreValidForTheirOwnAndLaterSnapshotsOnly() {
    cache.put(KEY, "row", 7);
    assertThat(cache.find(KEY, 6)).isNull();
    assertThat(cache.find(KEY, 7)).isEqualTo(new RowCache.Entry("row", 7));
    assertThat(cache.find(KEY, 8)).isEqualTo(new RowCache.Entry("row", 7));
  }

  @Test
  void rowsReadBeforeAChangeAreNotCachedDuringOrAfterIt() {
    cache.invalidate(List.of(KEY));
    cache.put(KEY, "before", 7);
    assertThat(cache.find(KEY, 7)).isNull();
    cache.committed(8);
    cache.put(KEY, "before", 7);
    assertThat(cache.find(KEY, 9)).isNull();
    cache.put(KEY, "after", 8);
    assertThat(cache.find(KEY, 9)).isEqualTo(new RowCache.Entry("after", 8));
  }

  @Test
  void changesInvalidateTheirRows() {
    cache.put(KEY, "row", 7);
    cache.invalidate(List.of(KEY));
    cache.committed(8);
    assertThat(cache.find(KEY, 9)).isNull();
  }

  @Test
  void absentKeysDoNotFillTheCache() {
    for (int i = 0; i < 120_000; i++) {
      cache.put(new RowCache.Key(Integer.toString(i).getBytes(StandardCharsets.UTF_8)), null, 1);
    }
    assertThat(cache.size()).isLessThanOrEqualTo(50_000);
  }
}
