package io.carillon.http;

import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The connection that requests come by: one object for all requests of one connection, which keeps
/// what was found out about its far end.
public final class ClientSocket {
  private final InetSocketAddress remote;
  private final InetSocketAddress local;
  private volatile @Nullable Peer peer;

  /// @param remote the client's address
  /// @param local the address that it connected to
  public ClientSocket(InetSocketAddress remote, InetSocketAddress local) {
    this.remote = remote;
    this.local = local;
  }

  public InetSocketAddress remote() {
    return remote;
  }

  public InetSocketAddress local() {
    return local;
  }

  /// Who is at the far end. It is looked up when first asked for, and then kept: a connection does
  /// not change hands.
  ///
  /// @param lookUp asked once; twice at most, where two threads ask at the same time
  public Peer peer(Function<ClientSocket, Peer> lookUp) {
    Peer known = peer;
    if (known == null) {
      known = lookUp.apply(this);
      peer = known;
    }
    return known;
  }
}
