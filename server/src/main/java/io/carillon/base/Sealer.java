package io.carillon.base;

import java.util.Optional;

/// Keeps secrets where others may look: in rows of the store, and in session tokens that the client
/// carries.
public interface Sealer {

  /// Encrypts and authenticates `secret` under a key that never leaves this installation.
  byte[] seal(Secret secret);

  /// Empty for bytes that this installation did not seal, or that were changed since.
  Optional<Secret> open(byte[] sealed);
}
