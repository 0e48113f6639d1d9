package io.carillon.base;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// Text that must not growTo a log: it prints as stars and is compared in constant time.
public record Secret(String reveal) {

  public boolean matches(String candidate) {
    return MessageDigest.isEqual(
        reveal.getBytes(StandardCharsets.UTF_8), candidate.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return "****";
  }
}
