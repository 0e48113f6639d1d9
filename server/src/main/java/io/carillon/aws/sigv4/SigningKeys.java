package io.carillon.aws.sigv4;

import io.carillon.base.Secret;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A cache of signing keys. Deriving a key takes four HMACs, as much as the rest of a verification,
/// and a key is valid for a day. Only keys whose signature matched are cached, so nobody without a
/// secret can fill the cache; when full it is cleared, since most of its keys are expired ones.
final class SigningKeys {
  private static final int LIMIT = 4096;

  private record CacheKey(Secret secret, Scope scope) {}

  private final Map<CacheKey, SigningKey> cached = new ConcurrentHashMap<>();

  SigningKey get(Secret secret, Scope scope) {
    SigningKey key = cached.get(new CacheKey(secret, scope));
    return key == null ? SigningKey.derive(secret, scope) : key;
  }

  void put(Secret secret, Scope scope, SigningKey key) {
    if (cached.size() >= LIMIT) {
      cached.clear();
    }
    cached.putIfAbsent(new CacheKey(secret, scope), key);
  }
}
