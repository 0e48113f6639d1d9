package io.carillon.lambda;

import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.Optional;

/// What the last try of an event failed with, whole, for as long as the event waits for another try
/// and somebody is to hear how it ended. The outbox keeps one line of it only.
final class LastFailures {
  /// Larger ones are told by type and message: a record must fit into a message.
  private static final int LIMIT_BYTES = 128 << 10;

  /// @param payload the error as the runtime reported it
  /// @param line the same as the outbox keeps it
  record Row(byte[] payload, String line) {}

  private final Table<Tuple, Row> rows = Table.of("lambda.lastFailures", KeyCodec.TUPLE, Row.class);

  void put(Tx tx, AsyncInvocation invocation, byte[] payload, String line) {
    if (payload.length <= LIMIT_BYTES) {
      rows.put(tx, key(invocation), new Row(payload, line));
    } else {
      forget(tx, invocation);
    }
  }

  /// @param line what the outbox says of the try that is meant
  Optional<byte[]> find(Snapshot snapshot, AsyncInvocation invocation, String line) {
    return rows.get(snapshot, key(invocation))
        .filter(row -> row.line().equals(line))
        .map(Row::payload);
  }

  void forget(Tx tx, AsyncInvocation invocation) {
    rows.delete(tx, key(invocation));
  }

  private static Tuple key(AsyncInvocation invocation) {
    return Tuple.of(invocation.requestId());
  }
}
