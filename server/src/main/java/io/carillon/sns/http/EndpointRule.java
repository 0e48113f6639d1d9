package io.carillon.sns.http;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Says which addresses may be posted to. Whoever may subscribe chooses where this server connects,
/// so what only this machine can reach, above all a cloud's metadata service, is protected here.
/// The rule sees addresses as they were resolved and as they will be connected to, never names.
@FunctionalInterface
public interface EndpointRule {

  /// Why `address` must not be posted to; empty if it may.
  Optional<String> refusal(InetAddress address);

  /// Loopback, private networks and the internet; no metadata services, no multicast, no wildcards.
  static EndpointRule standard() {
    return address -> neverAnEndpoint(SpecialAddresses.plain(address));
  }

  /// Private networks and the internet, but not what listens on this machine for itself: for a
  /// server that others use.
  static EndpointRule withoutLoopback() {
    return address -> {
      InetAddress plain = SpecialAddresses.plain(address);
      return neverAnEndpoint(plain)
          .or(
              () ->
                  plain.isLoopbackAddress()
                      ? Optional.of("loopback addresses are not allowed here")
                      : Optional.empty());
    };
  }

  /// The internet only, and of it nothing that is this machine.
  static EndpointRule internetOnly() {
    return internetOnly(EndpointRule::isOurs);
  }

  /// @param ours whether an address is this machine's
  static EndpointRule internetOnly(Predicate<InetAddress> ours) {
    return address -> {
      InetAddress plain = SpecialAddresses.plain(address);
      return neverAnEndpoint(plain).or(() -> insideAddress(plain, ours));
    };
  }

  private static Optional<String> neverAnEndpoint(InetAddress address) {
    if (address.isLinkLocalAddress() || Metadata.ADDRESSES.contains(address)) {
      return Optional.of("link-local and metadata addresses are no endpoints");
    }
    if (SpecialAddresses.isLocalTranslation(address)) {
      return Optional.of("addresses of a local translation are no endpoints");
    }
    byte[] bytes = address.getAddress();
    boolean thisNetwork = bytes.length == 4 && bytes[0] == 0;
    boolean reserved = bytes.length == 4 && (bytes[0] & 0xF0) == 0xF0; // 240/4 and broadcast
    if (address.isAnyLocalAddress() || thisNetwork) {
      return Optional.of("the unspecified address is no endpoint");
    }
    if (address.isMulticastAddress() || reserved) {
      return Optional.of("multicast, broadcast and reserved addresses are no endpoints");
    }
    return Optional.empty();
  }

  private static Optional<String> insideAddress(InetAddress address, Predicate<InetAddress> ours) {
    if (address.isLoopbackAddress() || SpecialAddresses.isInside(address)) {
      return Optional.of("loopback and private addresses are not allowed here");
    }
    return ours.test(address)
        ? Optional.of("this machine's own addresses are not allowed here")
        : Optional.empty();
  }

  /// Whether an interface of this machine has the address: what listens there may trust those who
  /// come from the inside.
  private static boolean isOurs(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return true; // what cannot be told is not allowed
    }
  }

  /// Metadata services that are not link-local.
  final class Metadata {
    private static final Set<InetAddress> ADDRESSES =
        Set.of(InetAddress.ofLiteral("fd00:ec2::254"), InetAddress.ofLiteral("100.100.100.200"));

    private Metadata() {}
  }
}
