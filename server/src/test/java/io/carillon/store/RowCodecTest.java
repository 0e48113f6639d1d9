package io.carillon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RowCodecTest {
  record Part(int number, byte[] digest) {}

  record Row(
      String name,
      long size,
      boolean flag,
      Instant made,
      @Nullable String note,
      Optional<String> maybe,
      List<Part> parts,
      Map<String, String> tags) {}

  record Older(String name, long size) {}

  record Newer(
      String name, long size, @Nullable String added, int count, @Nullable List<String> more) {}

  record Body(byte[] bytes) {}

  private static final RowCodec<Row> ROWS = RowCodec.of(Row.class);

  @Property
  void rowsRoundTrip(
      @ForAll String name, @ForAll long size, @ForAll boolean flag, @ForAll int nanos) {
    Row row =
        new Row(
            name,
            size,
            flag,
            Instant.ofEpochSecond(1_700_000_000, nanos),
            null,
            Optional.of(name),
            List.of(),
            Map.of("k", name));
    assertThat(ROWS.decode(ROWS.encode(row))).isEqualTo(row);
  }

  @Test
  void nestedRecordsAndBytesRoundTrip() {
    Row row =
        new Row(
            "n",
            1,
            true,
            Instant.EPOCH,
            "note",
            Optional.empty(),
            List.of(new Part(1, new byte[] {0, -1})),
            Map.of());
    Row read = ROWS.decode(ROWS.encode(row));
    assertThat(read.note()).isEqualTo("note");
    assertThat(read.maybe()).isEmpty();
    assertThat(read.parts().getFirst().digest()).isEqualTo(new byte[] {0, -1});
  }

  @Test
  void bodiesLargerThanTheGeneratorsBufferRoundTrip() {
    RowCodec<Body> bodies = RowCodec.of(Body.class);
    for (int size : new int[] {0, 1, 4_096, 7_999, 16_000, 16_001, 300_000}) {
      byte[] bytes = new byte[size];
      new Random(size).nextBytes(bytes);
      assertThat(bodies.decode(bodies.encode(new Body(bytes))).bytes()).isEqualTo(bytes);
    }
  }

  @Test
  void recordsMayGainMembersThatOlderProgramsIgnore() {
    byte[] old = RowCodec.of(Older.class).encode(new Older("a", 1));
    assertThat(RowCodec.of(Newer.class).decode(old)).isEqualTo(new Newer("a", 1, null, 0, null));
    byte[] recent = RowCodec.of(Newer.class).encode(new Newer("a", 1, "x", 2, List.of("y")));
    assertThat(RowCodec.of(Older.class).decode(recent)).isEqualTo(new Older("a", 1));
  }

  @Test
  void unknownFormatsAreRefused() {
    assertThatThrownBy(() -> ROWS.decode(new byte[] {2, 0}))
        .hasMessageContaining("unknown format: byte 2");
    assertThatThrownBy(() -> ROWS.decode(new byte[0])).hasMessageContaining("byte -1");
  }
}
