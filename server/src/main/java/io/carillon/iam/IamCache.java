package io.carillon.iam;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// Remembers what was worked out from IAM's tables until any of them changes. Changes are rare and
/// all is forgotten at once, so nothing has to know what depends on what.
///
/// A load that began before a change is filed with what was known before it, and forgotten with it:
/// the count is read first, the tables afterwards.
final class IamCache<K, V> {
  private static final int MOST = 10_000;

  private record Known<K, V>(long count, Map<K, V> values) {}

  private final IamVersion changes;
  private volatile Known<K, V> known = new Known<>(-1, new ConcurrentHashMap<>());

  IamCache(IamVersion changes) {
    this.changes = changes;
  }

  /// The value of `key`. What is not found is not remembered: strangers must not fill the memory.
  Optional<V> get(K key, Supplier<Optional<V>> load) {
    Known<K, V> now = current();
    V value = now.values().get(key);
    if (value != null) {
      return Optional.of(value);
    }
    Optional<V> loaded = load.get();
    loaded.ifPresent(found -> now.values().put(key, found));
    return loaded;
  }

  private Known<K, V> current() {
    long count = changes.count();
    Known<K, V> now = known;
    if (now.count() != count || now.values().size() >= MOST) {
      now = new Known<>(count, new ConcurrentHashMap<>());
      known = now;
    }
    return now;
  }
}
