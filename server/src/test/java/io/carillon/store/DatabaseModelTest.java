package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Random transactions on each engine and on a sorted map: all must hold the same rows, within the
/// transactions and after them.
final class DatabaseModelTest {
  sealed interface Op {
    record Put(byte[] key, byte[] value) implements Op {}

    record Delete(byte[] key) implements Op {}

    record Get(byte[] key) implements Op {}

    record Scan(byte[] from, byte[] to, int limit) implements Op {}

    /// Deletes every second row that it visits and puts one after it.
    record ChangingScan(byte[] from, byte[] to) implements Op {}

    record GetAll(List<byte[]> keys) implements Op {}

    /// After each row, skips those that begin with as many bytes of it; each second time it deletes
    /// the row and puts one after those that it skips.
    record SkippingScan(byte[] from, byte[] to, int bytes, int page) implements Op {}
  }

  enum Ending {
    DURABLE,
    RELAXED,
    THROWS,
    THEN_REOPEN
  }

  record Step(List<Op> ops, Ending ending) {}

  @Property(tries = 300)
  void theMemoryDatabaseBehavesAsTheModel(@ForAll("steps") List<Step> steps) {
    try (Database database = new MemoryDatabase()) {
      TreeMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
      steps.forEach(step -> run(database, model, step));
    }
  }

  @Property(tries = 30)
  void rocksDbBehavesAsTheModel(@ForAll("steps") List<Step> steps) throws IOException {
    Path folder = Files.createTempDirectory("carillon-model");
    Database database = RocksDatabase.open(folder);
    try {
      TreeMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
      for (Step step : steps) {
        run(database, model, step);
        if (step.ending() == Ending.THEN_REOPEN) {
          database.close();
          database = RocksDatabase.open(folder);
          assertSame(database, model);
        }
      }
    } finally {
      database.close();
      deleteAll(folder);
    }
  }

  private static void run(Database database, NavigableMap<byte[], byte[]> model, Step step) {
    TreeMap<byte[], byte[]> changed = new TreeMap<>(model);
    Database.Change<Integer> change =
        tx -> {
          step.ops().forEach(op -> apply(tx, changed, op));
          if (step.ending() == Ending.THROWS) {
            throw new IllegalStateException("as planned");
          }
          return 0;
        };
    switch (step.ending()) {
      case THROWS ->
          assertThatThrownBy(() -> database.write(change))
              .isInstanceOf(IllegalStateException.class)
              .hasMessage("as planned");
      case RELAXED -> {
        database.writeRelaxed(change);
        model.clear();
        model.putAll(changed);
      }
      case DURABLE, THEN_REOPEN -> {
        database.write(change);
        model.clear();
        model.putAll(changed);
      }
    }
    assertSame(database, model);
  }

  private static void apply(Tx tx, NavigableMap<byte[], byte[]> model, Op op) {
    switch (op) {
      case Op.Put(byte[] key, byte[] value) -> {
        tx.put(key, value);
        model.put(key, value);
      }
      case Op.Delete(byte[] key) -> {
        tx.delete(key);
        model.remove(key);
      }
      case Op.Get(byte[] key) -> assertThat(tx.get(key)).isEqualTo(model.get(key));
      case Op.Scan(byte[] from, byte[] to, int limit) ->
          assertThat(scan(tx, from, to, limit)).isEqualTo(scan(model, from, to, limit));
      case Op.GetAll(List<byte[]> keys) ->
          assertThat(tx.getAll(keys).stream().map(Arrays::toString))
              .isEqualTo(keys.stream().map(key -> Arrays.toString(model.get(key))).toList());
      case Op.SkippingScan(byte[] from, byte[] to, int bytes, int page) -> {
        List<String> seen = new ArrayList<>();
        tx.scan(
            from,
            to,
            page,
            (key, value) -> {
              seen.add(show(key, value));
              if (seen.size() % 2 == 0) {
                tx.delete(key);
                tx.put(afterSkipped(key, bytes), new byte[] {43});
              }
              return new ScanStep.SkipTo(afterSkipped(key, bytes));
            });
        assertThat(seen).isEqualTo(skippingScan(model, from, to, bytes));
      }
      case Op.ChangingScan(byte[] from, byte[] to) -> {
        List<String> seen = new ArrayList<>();
        tx.scan(
            from,
            to,
            3,
            (key, value) -> {
              seen.add(show(key, value));
              if (seen.size() % 2 == 0) {
                tx.delete(key);
              }
              tx.put(ahead(key), new byte[] {42});
              return ScanStep.nextIf(seen.size() < 12);
            });
        List<String> expected = new ArrayList<>();
        Map.Entry<byte[], byte[]> row = model.ceilingEntry(from);
        while (row != null && Arrays.compareUnsigned(row.getKey(), to) < 0) {
          byte[] key = row.getKey();
          expected.add(show(key, row.getValue()));
          if (expected.size() % 2 == 0) {
            model.remove(key);
          }
          model.put(ahead(key), new byte[] {42});
          row = expected.size() < 12 ? model.higherEntry(key) : null;
        }
        assertThat(seen).isEqualTo(expected);
      }
    }
  }

  private static List<String> skippingScan(
      NavigableMap<byte[], byte[]> model, byte[] from, byte[] to, int bytes) {
    List<String> expected = new ArrayList<>();
    Map.Entry<byte[], byte[]> row = model.ceilingEntry(from);
    while (row != null && Arrays.compareUnsigned(row.getKey(), to) < 0) {
      byte[] key = row.getKey();
      expected.add(show(key, row.getValue()));
      if (expected.size() % 2 == 0) {
        model.remove(key);
        model.put(afterSkipped(key, bytes), new byte[] {43});
      }
      row = model.ceilingEntry(afterSkipped(key, bytes));
    }
    return expected;
  }

  private static byte[] afterSkipped(byte[] key, int bytes) {
    return Range.successor(Arrays.copyOf(key, Math.min(bytes, key.length)));
  }

  /// A key shortly after this one.
  private static byte[] ahead(byte[] key) {
    byte[] next = Arrays.copyOf(key, key.length + 1);
    next[key.length] = 7;
    return next;
  }

  /// The stores have a row of their own, the format's version, which sorts before the model's keys.
  private static void assertSame(Database database, NavigableMap<byte[], byte[]> model) {
    byte[] from = {(byte) 0x80};
    byte[] to = {(byte) 0xFF};
    List<String> rows = database.read(snapshot -> scan(snapshot, from, to, Integer.MAX_VALUE));
    assertThat(rows).isEqualTo(scan(model, from, to, Integer.MAX_VALUE));
  }

  private static List<String> scan(Snapshot snapshot, byte[] from, byte[] to, int limit) {
    List<String> rows = new ArrayList<>();
    snapshot.scan(
        from,
        to,
        limit,
        (key, value) -> {
          rows.add(show(key, value));
          return ScanStep.nextIf(rows.size() < limit);
        });
    return rows;
  }

  private static List<String> scan(
      NavigableMap<byte[], byte[]> model, byte[] from, byte[] to, int limit) {
    if (Arrays.compareUnsigned(from, to) >= 0) {
      return List.of();
    }
    return model.subMap(from, to).entrySet().stream()
        .limit(limit)
        .map(row -> show(row.getKey(), row.getValue()))
        .toList();
  }

  private static String show(byte[] key, byte[] value) {
    return Arrays.toString(key) + "=" + Arrays.toString(value);
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<byte[]> tails =
        Arbitraries.of((byte) 0, (byte) 1, (byte) 0x7F, (byte) 0xFE, (byte) 0xFF)
            .array(byte[].class)
            .ofMaxSize(3);
    Arbitrary<byte[]> keys =
        tails.map(
            tail -> {
              byte[] key = new byte[tail.length + 1];
              key[0] = (byte) 0x80;
              System.arraycopy(tail, 0, key, 1, tail.length);
              return key;
            });
    Arbitrary<byte[]> values = Arbitraries.bytes().array(byte[].class).ofMaxSize(3);
    Arbitrary<Op> ops =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(4, Combinators.combine(keys, values).as(Op.Put::new)),
            net.jqwik.api.Tuple.of(2, keys.map(Op.Delete::new)),
            net.jqwik.api.Tuple.of(2, keys.map(Op.Get::new)),
            net.jqwik.api.Tuple.of(
                2,
                Combinators.combine(keys, keys, Arbitraries.integers().between(1, 9))
                    .as(Op.Scan::new)),
            net.jqwik.api.Tuple.of(1, keys.list().ofMaxSize(4).map(Op.GetAll::new)),
            net.jqwik.api.Tuple.of(
                1,
                Combinators.combine(
                        keys,
                        keys,
                        Arbitraries.integers().between(2, 4),
                        Arbitraries.integers().between(1, 3))
                    .as(Op.SkippingScan::new)),
            net.jqwik.api.Tuple.of(1, Combinators.combine(keys, keys).as(Op.ChangingScan::new)));
    Arbitrary<Step> steps =
        Combinators.combine(ops.list().ofMaxSize(12), Arbitraries.of(Ending.class)).as(Step::new);
    return steps.list().ofMaxSize(10);
  }

  private static void deleteAll(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
