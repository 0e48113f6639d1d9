package io.carillon.events;

import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.List;
import java.util.Optional;

/// The rules of all buses.
final class Rules {
  /// A quota of AWS. The rules of a bus are compiled together.
  static final int MAX_RULES = 300;

  private static final Table<Tuple, Rule> TABLE =
      Table.of("events.rules", KeyCodec.TUPLE, Rule.class)
          .guardedBy(Buses.GUARD, Buses.GUARD_ELEMENTS);

  record Named(String name, Rule rule) {}

  Optional<Rule> find(Snapshot snapshot, RuleKey key) {
    return TABLE.get(snapshot, key.tuple());
  }

  /// @throws io.carillon.aws.AwsException ResourceNotFoundException
  Rule require(Snapshot snapshot, RuleKey key) {
    return find(snapshot, key).orElseThrow(key::notFound);
  }

  void put(Tx tx, RuleKey key, Rule rule) {
    TABLE.put(tx, key.tuple(), rule);
  }

  void delete(Tx tx, RuleKey key) {
    TABLE.delete(tx, key.tuple());
  }

  List<Named> all(Snapshot snapshot, BusKey bus) {
    return list(snapshot, bus, "", "", MAX_RULES);
  }

  /// The rules of a bus in order of their names, after the one named `after`.
  List<Named> list(Snapshot snapshot, BusKey bus, String prefix, String after, int limit) {
    Tuple parent = bus.tuple();
    Range range = Range.withPrefix(parent, prefix).after(parent.and(after));
    return TABLE.list(snapshot, range, limit).stream()
        .map(entry -> new Named(entry.key().string(Buses.GUARD_ELEMENTS), entry.value()))
        .toList();
  }
}
