package io.carillon.http;

import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The connection of a request: one object for all requests of a connection, which caches what is
/// known about its peer.
public final class ClientSocket {
  private final InetSocketAddress remote;
  private final InetSocketAddress local;
  private volatile @Nullable Peer peer;

  /// @param remote the client's address
  /// @param local the address it connected to
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

  /// The peer, looked up on first use and then cached: a connection does not change its peer.
  ///
  /// @param lookUp called once, or twice where two threads ask at the same time
  public Peer peer(Function<ClientSocket, Peer> lookUp) {
    Peer known = peer;
    if (known == null) {
      known = lookUp.apply(this);
      peer = known;
    }
    return known;
  }
}
