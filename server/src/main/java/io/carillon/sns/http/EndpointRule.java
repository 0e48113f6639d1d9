package io.carillon.sns.http;

import java.net.InetAddress;
import java.net.UnknownHostException;

/// Which addresses messages may be posted to. Whoever may subscribe could otherwise make the server
/// fetch for them what only the server reaches, such as a cloud's instance metadata.
@FunctionalInterface
public interface EndpointRule {

  /// @throws UnknownHostException saying why, where the address is not to be posted to
  void check(InetAddress address) throws UnknownHostException;

  /// Loopback, private and public addresses; not link-local (metadata services live there),
  /// multicast or unspecified ones.
  static EndpointRule usual() {
    return address -> {
      if (address.isLinkLocalAddress()
          || address.isMulticastAddress()
          || address.isAnyLocalAddress()) {
        throw new UnknownHostException(
            address.getHostAddress()
                + " is a link-local, multicast or unspecified address; nothing is posted there");
      }
    };
  }
}
