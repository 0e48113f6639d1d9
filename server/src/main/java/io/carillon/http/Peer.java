package io.carillon.http;

/// Who is at the far end of a connection, as far as this machine can tell.
public sealed interface Peer {

  /// A function's execution environment, or a process of this machine of which nobody can say that
  /// it is none: what cannot be told is taken for the worse.
  ///
  /// @param evidence what told so, for people
  record Environment(String evidence) implements Peer {}

  /// Another process of this machine.
  record Local() implements Peer {}

  /// Another machine, or a network namespace of its own on this one.
  record Remote() implements Peer {}
}
