package io.carillon.sns.http;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Decides which addresses may be posted to. Subscribers choose where this server connects, so
/// services that only this machine can reach, above all a cloud's metadata service, must be
/// protected (SSRF). The rule sees the resolved addresses that will be connected to, never names.
@FunctionalInterface
public interface EndpointRule {

  /// The reason why `address` must not be posted to; empty if it may.
  Optional<String> refusal(InetAddress address);

  /// Loopback, private networks and the internet; no metadata services, no multicast, no wildcards.
  static EndpointRule standard() {
    return address -> alwaysRefused(SpecialAddresses.unwrap(address));
  }

  /// Private networks and the internet, but not loopback services of this machine: for a shared
  /// server.
  static EndpointRule withoutLoopback() {
    return address -> {
      InetAddress unwrapped = SpecialAddresses.unwrap(address);
      return alwaysRefused(unwrapped)
          .or(
              () ->
                  unwrapped.isLoopbackAddress()
                      ? Optional.of("loopback addresses are not allowed here")
                      : Optional.empty());
    };
  }

  /// The internet only, without this machine's own addresses.
  static EndpointRule internetOnly() {
    return internetOnly(EndpointRule::isLocalAddress);
  }

  /// @param isLocal whether an address belongs to this machine
  static EndpointRule internetOnly(Predicate<InetAddress> isLocal) {
    return address -> {
      InetAddress unwrapped = SpecialAddresses.unwrap(address);
      return alwaysRefused(unwrapped).or(() -> notGlobal(unwrapped, isLocal));
    };
  }

  private static Optional<String> alwaysRefused(InetAddress address) {
    if (address.isLinkLocalAddress() || Metadata.ADDRESSES.contains(address)) {
      return Optional.of("link-local and metadata addresses are not allowed");
    }
    if (SpecialAddresses.isLocalUseTranslation(address)) {
      return Optional.of("addresses of a local-use translation are not allowed");
    }
    byte[] bytes = address.getAddress();
    boolean thisNetwork = bytes.length == 4 && bytes[0] == 0;
    boolean reserved = bytes.length == 4 && (bytes[0] & 0xF0) == 0xF0; // 240/4 and broadcast
    if (address.isAnyLocalAddress() || thisNetwork) {
      return Optional.of("the unspecified address is not allowed");
    }
    if (address.isMulticastAddress() || reserved) {
      return Optional.of("multicast, broadcast and reserved addresses are not allowed");
    }
    return Optional.empty();
  }

  private static Optional<String> notGlobal(InetAddress address, Predicate<InetAddress> isLocal) {
    if (address.isLoopbackAddress() || SpecialAddresses.isNotGlobal(address)) {
      return Optional.of("loopback and private addresses are not allowed here");
    }
    return isLocal.test(address)
        ? Optional.of("this machine's own addresses are not allowed here")
        : Optional.empty();
  }

  /// Whether an interface of this machine has the address: services there may trust local clients.
  private static boolean isLocalAddress(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return true; // unknown, so not allowed
    }
  }

  /// Metadata services that are not link-local.
  final class Metadata {
    private static final Set<InetAddress> ADDRESSES =
        Set.of(InetAddress.ofLiteral("fd00:ec2::254"), InetAddress.ofLiteral("100.100.100.200"));

    private Metadata() {}
  }
}
