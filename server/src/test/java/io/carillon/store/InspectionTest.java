package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class InspectionTest {
  record Thing(String name, Instant made, List<String> tags, Map<String, Long> sizes) {}

  private static final Table<Tuple, Thing> THINGS =
      Table.of("test.things", KeyCodec.TUPLE, Thing.class);
  private static final Table<String, Thing> OTHERS =
      Table.of("test.others", KeyCodec.STRING, Thing.class);

  private final Database database = new MemoryDatabase();
  private final Inspection inspection = new Inspection(database);

  @Test
  void rowsAreShownAsJson() {
    put(Tuple.of("a", 1), "first");
    put(Tuple.of("a", 2), "second");
    put(Tuple.of("b", 1), "third");
    assertThat(inspection.rows("test.things", 1).getFirst().toString())
        .isEqualTo(
            """
            {"key":["a",1],"row":{"name":"first","made":1.5,"tags":["x"],"sizes":{"s":7}}}\
            """);
    assertThat(inspection.rows("test.things", Tuple.of("a"), 10)).hasSize(2);
    assertThat(inspection.rows("test.things", Tuple.of("b"), 10)).hasSize(1);
    assertThat(inspection.rows("test.things", 10)).hasSize(3);
    assertThat(inspection.rows("test.things", 0)).isEmpty();
    assertThat(inspection.rows("nothing", 10)).isEmpty();
  }

  @Test
  void passwordsInUrlsAreNotShown() {
    database.write(
        tx -> {
          THINGS.put(
              tx,
              Tuple.of("http://ann:secret@host/x", 1),
              new Thing(
                  "https://ann:secret@host/x?a=b:c@d",
                  Instant.EPOCH,
                  List.of("http://ann:secret@host"),
                  Map.of()));
          return true;
        });
    assertThat(inspection.rows("test.things", 1).getFirst().toString())
        .doesNotContain("secret")
        .contains("[\"http://ann:****@host/x\",1]")
        .contains("\"https://ann:****@host/x?a=b:c@d\"")
        .contains("[\"http://ann:****@host\"]");
  }

  @Test
  void everyTableIsListedOnce() {
    put(Tuple.of("a", 1), "first");
    put(Tuple.of("a", 2), "second");
    database.write(
        tx -> {
          OTHERS.put(tx, "k", thing("o"));
          return 0;
        });
    assertThat(inspection.tables()).containsExactly("test.others", "test.things");
  }

  @Test
  void undecodableRowsAreShownAsBytes() {
    database.write(
        tx -> {
          tx.put(Tuple.of("raw", "k").toBytes(), new byte[] {9, 1});
          tx.put(Tuple.of("raw", "l").toBytes(), new byte[0]);
          return 0;
        });
    assertThat(inspection.rows("raw", 10))
        .extracting(Object::toString)
        .containsExactly(
            "{\"key\":[\"k\"],\"bytes\":\"0901\"}", "{\"key\":[\"l\"],\"bytes\":\"\"}");
  }

  private void put(Tuple key, String name) {
    database.write(
        tx -> {
          THINGS.put(tx, key, thing(name));
          return 0;
        });
  }

  private static Thing thing(String name) {
    return new Thing(name, Instant.ofEpochMilli(1_500), List.of("x"), Map.of("s", 7L));
  }
}
