package io.carillon.base;

import java.util.Optional;

/// Encrypts secrets that are stored in rows or sent to clients in session tokens.
public interface Sealer {

  /// Encrypts and authenticates `secret` under a key that never leaves this installation.
  byte[] seal(Secret secret);

  /// Empty for bytes that were not sealed by this installation, or were changed.
  Optional<Secret> open(byte[] sealed);
}
