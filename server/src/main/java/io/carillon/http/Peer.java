package io.carillon.http;

/// The peer of a connection, as far as this machine can tell.
public sealed interface Peer {

  /// A function's execution environment, or a local process that cannot be shown not to be one: in
  /// doubt, the less trusted kind.
  ///
  /// @param evidence how it was recognised, for logs
  record Environment(String evidence) implements Peer {}

  /// Another process of this machine.
  record Local() implements Peer {}

  /// Another machine, or another network namespace of this one.
  record Remote() implements Peer {}
}
