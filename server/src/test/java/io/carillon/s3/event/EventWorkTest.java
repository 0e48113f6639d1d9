package io.carillon.s3.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.store.RowCodec;
import org.junit.jupiter.api.Test;

final class EventWorkTest {
  /// A row from before events had a trace header.
  private record Older(String bucket, String account, byte[] message) {}

  @Test
  void rowsFromBeforeTraceHeadersAreRead() {
    byte[] row = RowCodec.of(Older.class).encode(new Older("b", "123456789012", new byte[] {7}));
    EventWork event = EventWork.of(row);
    assertThat(event.bucket()).isEqualTo("b");
    assertThat(event.message()).containsExactly(7);
    assertThat(event.traceHeader()).isNull();
  }
}
