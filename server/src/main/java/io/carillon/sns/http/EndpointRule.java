package io.carillon.sns.http;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/// Says which addresses may be posted to. Whoever may subscribe chooses where this server connects,
/// so what only this machine can reach, above all a cloud's metadata service, is protected here.
/// The rule sees addresses as they were resolved and as they will be connected to, never names.
@FunctionalInterface
public interface EndpointRule {

  /// Why `address` must not be posted to; empty if it may.
  Optional<String> refusal(InetAddress address);

  /// Loopback, private networks and the internet; no metadata services, no multicast, no wildcards.
  static EndpointRule standard() {
    return address -> neverAnEndpoint(plain(address));
  }

  /// Private networks and the internet, but not what listens on this machine for itself: for a
  /// server that others use.
  static EndpointRule withoutLoopback() {
    return address -> {
      InetAddress plain = plain(address);
      return neverAnEndpoint(plain)
          .or(
              () ->
                  plain.isLoopbackAddress()
                      ? Optional.of("loopback addresses are not allowed here")
                      : Optional.empty());
    };
  }

  /// The internet only.
  static EndpointRule internetOnly() {
    return address -> {
      InetAddress plain = plain(address);
      return neverAnEndpoint(plain).or(() -> insideAddress(plain));
    };
  }

  private static Optional<String> neverAnEndpoint(InetAddress address) {
    if (address.isLinkLocalAddress() || Metadata.ADDRESSES.contains(address)) {
      return Optional.of("link-local and metadata addresses are no endpoints");
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

  private static Optional<String> insideAddress(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xFE) == 0xFC;
    boolean carrierGrade = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
    boolean inside =
        address.isLoopbackAddress() || address.isSiteLocalAddress() || uniqueLocal || carrierGrade;
    return inside
        ? Optional.of("loopback and private addresses are not allowed here")
        : Optional.empty();
  }

  /// The IPv4 address within an IPv6 address that is carried there by translation (64:ff9b::/96) or
  /// tunnel (2002::/16); other addresses as they are. Java unwraps ::ffff:0:0/96 itself.
  private static InetAddress plain(InetAddress address) {
    if (address instanceof Inet4Address) {
      return address;
    }
    byte[] bytes = address.getAddress();
    String prefix = HexFormat.of().formatHex(bytes, 0, 12);
    try {
      if (prefix.equals("0064ff9b0000000000000000")
          || prefix.equals("000000000000000000000000")
              && !address.isLoopbackAddress()
              && !address.isAnyLocalAddress()) {
        return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
      }
      return prefix.startsWith("2002")
          ? InetAddress.getByAddress(Arrays.copyOfRange(bytes, 2, 6))
          : address;
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }

  /// Metadata services that are not link-local.
  final class Metadata {
    private static final Set<InetAddress> ADDRESSES =
        Set.of(InetAddress.ofLiteral("fd00:ec2::254"), InetAddress.ofLiteral("100.100.100.200"));

    private Metadata() {}
  }
}
