package io.carillon.http;

import io.carillon.base.MemoryBudget;
import java.time.Duration;

/// What one engine allows its clients. Everything is bounded, so that a slow, truncated or
/// oversized request costs a known amount.
///
/// @param sizes how much a request may contain
/// @param times how long a client may take
/// @param connections how many may be open; at this number the engine closes the one that has been
///   idle for longest for each new one, and stops accepting where none is idle
/// @param requests how many may run at a time; further ones get 503
/// @param memory what requests may hold in memory at a time; several engines may share it
public record Limits(Sizes sizes, Times times, int connections, int requests, MemoryBudget memory) {

  /// @param requestLineBytes beyond it the status is 414
  /// @param headBytes of request line and header fields together, beyond it the status is 431
  /// @param headerCount of header fields, beyond it the status is 431; applies to trailers too
  /// @param bufferedBytes what a connection may hold unread before the engine stops reading from
  ///   it, and unsent before a writer has to wait
  /// @param drainedBytes how much of an unread body is read and dropped to keep a connection
  /// @param lingerBytes how much is dropped while a connection lingers, so that a client still
  ///   sending gets to see its response
  public record Sizes(
      int requestLineBytes,
      int headBytes,
      int headerCount,
      int bufferedBytes,
      int drainedBytes,
      long lingerBytes) {}

  /// @param head from a head's first byte (or the connection's opening) to its last
  /// @param idle between two requests
  /// @param bodyStall without a byte of a body that is being read, and on average for each 4 KiB of
  ///   it: a single byte now and then does not extend it
  /// @param writeStall without progress in sending the last write, up to 128 KiB
  /// @param linger for a client to notice that the server ends its connection
  public record Times(
      Duration head, Duration idle, Duration bodyStall, Duration writeStall, Duration linger) {}

  public static Limits standard() {
    return new Limits(
        new Sizes(16 << 10, 64 << 10, 200, 256 << 10, 256 << 10, 256 << 20),
        new Times(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5)),
        4096,
        1024,
        MemoryBudget.unlimited());
  }

  /// These limits, with smaller buffers for connections where memory is small: the buffers of all
  /// requests together, unread and unsent, do not exceed half of it.
  ///
  /// @param memoryBytes the JVM's limit for direct buffers
  public Limits scaledTo(long memoryBytes) {
    int buffered = Math.clamp(memoryBytes / 4 / requests, 16 << 10, sizes.bufferedBytes());
    return withSizes(
        new Sizes(
            sizes.requestLineBytes(),
            sizes.headBytes(),
            sizes.headerCount(),
            buffered,
            sizes.drainedBytes(),
            sizes.lingerBytes()));
  }

  public Limits withSizes(Sizes other) {
    return new Limits(other, times, connections, requests, memory);
  }

  public Limits withTimes(Times other) {
    return new Limits(sizes, other, connections, requests, memory);
  }

  public Limits withConnections(int count) {
    return new Limits(sizes, times, count, requests, memory);
  }

  public Limits withRequests(int count) {
    return new Limits(sizes, times, connections, count, memory);
  }

  public Limits withMemory(MemoryBudget other) {
    return new Limits(sizes, times, connections, requests, other);
  }
}
