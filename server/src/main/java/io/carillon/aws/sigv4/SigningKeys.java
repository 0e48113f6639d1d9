package io.carillon.aws.sigv4;

import io.carillon.base.Secret;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Signing keys of late. A key costs four HMACs, as much as the rest of a verification, and serves
/// a day. Only keys whose signature matched are kept, so nobody without a secret can fill the
/// cache; once full it starts afresh, since yesterday's keys are most of it.
final class SigningKeys {
  private static final int LIMIT = 4096;

  private record Place(Secret secret, Scope scope) {}

  private final Map<Place, SigningKey> kept = new ConcurrentHashMap<>();

  SigningKey get(Secret secret, Scope scope) {
    SigningKey key = kept.get(new Place(secret, scope));
    return key == null ? SigningKey.derive(secret, scope) : key;
  }

  void keep(Secret secret, Scope scope, SigningKey key) {
    if (kept.size() >= LIMIT) {
      kept.clear();
    }
    kept.putIfAbsent(new Place(secret, scope), key);
  }
}
