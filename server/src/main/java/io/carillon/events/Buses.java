package io.carillon.events;

import io.carillon.aws.Caller;
import io.carillon.store.Guard;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Optional;

/// The event buses of all accounts and regions. A bus's guard stands for its policy, rules and
/// targets.
final class Buses {
  static final String GUARD = "events.bus";
  static final int GUARD_ELEMENTS = 3;

  private static final Table<Tuple, EventBus> TABLE =
      Table.of("events.buses", KeyCodec.TUPLE, EventBus.class).guardedBy(GUARD, GUARD_ELEMENTS);

  /// A default bus exists always.
  Optional<EventBus> find(Snapshot snapshot, BusKey key) {
    Optional<EventBus> stored = TABLE.get(snapshot, key.tuple());
    return stored.isEmpty() && key.isDefault() ? Optional.of(EventBus.UNCHANGED_DEFAULT) : stored;
  }

  /// @throws io.carillon.aws.AwsException ResourceNotFoundException
  EventBus require(Snapshot snapshot, BusKey key) {
    return find(snapshot, key).orElseThrow(key::notFound);
  }

  void put(Tx tx, BusKey key, EventBus bus) {
    TABLE.put(tx, key.tuple(), bus);
  }

  void delete(Tx tx, BusKey key) {
    TABLE.delete(tx, key.tuple());
    guard(key).retire(tx);
  }

  Guard guard(BusKey key) {
    return TABLE.guard(key.tuple());
  }

  /// A bus with its name.
  record Named(String name, EventBus bus) {}

  /// The caller's stored buses in order of their names, after the one named `after`.
  List<Named> list(Snapshot snapshot, Caller caller, String prefix, String after, int limit) {
    Tuple parent = Tuple.of(caller.account().value(), caller.region().name());
    Range range = Range.withPrefix(parent, prefix).after(parent.and(after));
    return TABLE.list(snapshot, range, limit).stream()
        .map(entry -> new Named(entry.key().string(GUARD_ELEMENTS - 1), entry.value()))
        .toList();
  }
}
