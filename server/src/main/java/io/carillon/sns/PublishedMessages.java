package io.carillon.sns;

import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.Optional;
import java.util.function.Consumer;

/// Published messages, each stored as long as a delivery or an unfinished fan-out refers to it.
///
/// References are counted in a row of their own, so that the end of one delivery does not rewrite
/// the payload. A dead letter keeps its reference for a while, since it may be redriven; [#hold]
/// marks that reference, and it is released once, by a successful redrive or when the time is over.
final class PublishedMessages {
  private static final Table<String, Message> TABLE =
      Table.of("sns.messages", KeyCodec.STRING, Message.class).unchanging();
  private static final Table<String, References> REFERENCES =
      Table.of("sns.messageReferences", KeyCodec.STRING, References.class);
  private static final Table<Tuple, Held> HELD =
      Table.of("sns.heldMessages", KeyCodec.TUPLE, Held.class);

  private record References(long count) {}

  private record Held(boolean held) {}

  Optional<Message> find(Snapshot snapshot, String id) {
    return TABLE.get(snapshot, id);
  }

  /// The effect that stores a message.
  ///
  /// @param references how many deliveries and fan-outs are added with it; with none, it is not
  ///   stored
  Consumer<Tx> plan(Message message, int references) {
    if (references == 0) {
      return _ -> {};
    }
    Table.Encoded<Message> row = TABLE.encoded(message);
    return tx -> {
      TABLE.put(tx, message.id(), row);
      REFERENCES.put(tx, message.id(), new References(references));
    };
  }

  void retain(Tx tx, String id, int references) {
    long count = REFERENCES.get(tx, id).map(References::count).orElse(0L);
    REFERENCES.put(tx, id, new References(count + references));
  }

  /// Ends the reference of `holder`.
  void release(Tx tx, String id, String holder) {
    HELD.delete(tx, Tuple.of(id, holder));
    long count = REFERENCES.get(tx, id).map(References::count).orElse(0L);
    if (count > 1) {
      REFERENCES.put(tx, id, new References(count - 1));
    } else {
      REFERENCES.delete(tx, id);
      TABLE.delete(tx, id);
    }
  }

  /// Marks the reference of a `holder` that became a dead letter.
  void hold(Tx tx, String id, String holder) {
    HELD.put(tx, Tuple.of(id, holder), new Held(true));
  }

  /// Ends the held reference of `holder`, unless it was released already.
  void releaseHeld(Tx tx, String id, String holder) {
    if (HELD.get(tx, Tuple.of(id, holder)).isPresent()) {
      release(tx, id, holder);
    }
  }

  /// How many messages are stored, up to `limit`.
  int count(Snapshot snapshot, int limit) {
    return TABLE.list(snapshot, Range.all(), limit).size();
  }
}
