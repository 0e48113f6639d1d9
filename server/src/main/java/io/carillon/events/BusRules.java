package io.carillon.events;

import io.carillon.store.GuardedCache;
import io.carillon.store.Snapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import software.amazon.event.ruler.Machine;

/// The enabled rules of a bus, compiled together: an event is matched once for all of them. They
/// are compiled again only after the bus, one of its rules or a target was changed.
final class BusRules {
  private static final int CACHED_BUSES = 1_000;

  /// The patterns of a bus's enabled rules, and the rules by name.
  private record Compiled(Machine machine, Map<String, Rule> rules) {}

  private final Buses buses;
  private final Rules rules;
  private final GuardedCache<BusKey, Compiled> cache = new GuardedCache<>(CACHED_BUSES);

  BusRules(Buses buses, Rules rules) {
    this.buses = buses;
    this.rules = rules;
  }

  /// The rules of a bus that match an event, in order of their names.
  List<Rules.Named> matching(Snapshot snapshot, BusKey bus, Event event) {
    Compiled compiled =
        cache
            .get(snapshot, buses.guard(bus), bus, () -> Optional.of(compile(snapshot, bus)))
            .orElseThrow();
    if (compiled.rules.isEmpty()) {
      return List.of();
    }
    // A pattern with alternatives is reported once for each that matches.
    return new TreeSet<>(compiled.machine.rulesForJSONEvent(event.json()))
        .stream()
            .map(name -> new Rules.Named(name, Objects.requireNonNull(compiled.rules.get(name))))
            .toList();
  }

  private Compiled compile(Snapshot snapshot, BusKey bus) {
    Machine machine = Machine.builder().build();
    Map<String, Rule> enabled = new HashMap<>();
    for (Rules.Named named : rules.all(snapshot, bus)) {
      if (named.rule().enabled() && !named.rule().targets().isEmpty()) {
        EventPattern.addTo(machine, named.name(), named.rule().pattern());
        enabled.put(named.name(), named.rule());
      }
    }
    return new Compiled(machine, enabled);
  }
}
