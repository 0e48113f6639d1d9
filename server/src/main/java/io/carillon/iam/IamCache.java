package io.carillon.iam;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// Caches values computed from IAM's tables until any of them changes. Changes are rare and
/// invalidate everything, so dependencies are not tracked.
///
/// A load that began before a change is stored in the generation before it, and discarded with it:
/// the version is read first, the tables afterwards.
final class IamCache<K, V> {
  private static final int MAX_ENTRIES = 10_000;

  private record Generation<K, V>(long version, Map<K, V> values) {}

  private final IamVersion version;
  private volatile Generation<K, V> generation = new Generation<>(-1, new ConcurrentHashMap<>());

  IamCache(IamVersion version) {
    this.version = version;
  }

  /// The value of `key`. Misses are not cached, so that strangers cannot fill the memory.
  Optional<V> get(K key, Supplier<Optional<V>> load) {
    Generation<K, V> entries = current();
    V value = entries.values().get(key);
    if (value != null) {
      return Optional.of(value);
    }
    Optional<V> loaded = load.get();
    loaded.ifPresent(found -> entries.values().put(key, found));
    return loaded;
  }

  private Generation<K, V> current() {
    long number = version.current();
    Generation<K, V> entries = generation;
    if (entries.version() != number || entries.values().size() >= MAX_ENTRIES) {
      entries = new Generation<>(number, new ConcurrentHashMap<>());
      generation = entries;
    }
    return entries;
  }
}
