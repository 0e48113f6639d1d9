package io.carillon.lambda;

import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.Optional;
import java.util.function.Consumer;

/// The complete error of an event's last attempt, kept while the event waits for a retry and has an
/// on-failure destination. The outbox stores only one line of it.
final class LastFailures {
  /// Larger errors are reported by type and message only: a record must fit into a message.
  private static final int LIMIT_BYTES = 128 << 10;

  /// @param payload the error as the runtime reported it
  /// @param line the same error as the outbox stores it
  record Row(byte[] payload, String line) {}

  private final Table<Tuple, Row> rows = Table.of("lambda.lastFailures", KeyCodec.TUPLE, Row.class);

  Consumer<Tx> plan(AsyncInvocation invocation, byte[] payload, String line) {
    if (payload.length > LIMIT_BYTES) {
      return tx -> delete(tx, invocation);
    }
    Table.Encoded<Row> row = rows.encoded(new Row(payload, line));
    return tx -> rows.put(tx, key(invocation), row);
  }

  /// @param line the outbox's line about the attempt in question
  Optional<byte[]> find(Snapshot snapshot, AsyncInvocation invocation, String line) {
    return rows.get(snapshot, key(invocation))
        .filter(row -> row.line().equals(line))
        .map(Row::payload);
  }

  void delete(Tx tx, AsyncInvocation invocation) {
    rows.delete(tx, key(invocation));
  }

  private static Tuple key(AsyncInvocation invocation) {
    return Tuple.of(invocation.requestId());
  }
}
