package io.carillon.store;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// Caches values that are computed from the rows under a guard. An entry is valid for the version
/// of the guard that it was computed under, which each look-up reads: so a cache needs no news of
/// changes, and is right in a plan, in a transaction and on every node.
public final class GuardedCache<K, V> {
  private final int maxEntries;

  private record Entry<V>(long version, V value) {}

  private final Map<K, Entry<V>> entries = new ConcurrentHashMap<>();

  /// @param maxEntries beyond that the cache is cleared; busy entries are soon back
  public GuardedCache(int maxEntries) {
    this.maxEntries = maxEntries;
  }

  /// The value of `key`. That there is none is not cached, so that strangers cannot fill the
  /// memory.
  ///
  /// @param load computes the value from rows under `guard`, on `snapshot`
  public Optional<V> get(Snapshot snapshot, Guard guard, K key, Supplier<Optional<V>> load) {
    long version = guard.version(snapshot.under(guard));
    Entry<V> entry = entries.get(key);
    if (entry != null && entry.version == version) {
      return Optional.of(entry.value);
    }
    Optional<V> loaded = load.get();
    if (loaded.isPresent()) {
      if (entries.size() >= maxEntries) {
        entries.clear();
      }
      entries.put(key, new Entry<>(version, loaded.get()));
    }
    return loaded;
  }
}
