package io.carillon.sns.http;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Address ranges that are not globally reachable, and IPv4 addresses within IPv6 addresses.
///
/// Sources: https://www.iana.org/assignments/iana-ipv4-special-registry and
/// https://www.iana.org/assignments/iana-ipv6-special-registry, the blocks that are not globally
/// reachable; RFC 6052 and RFC 8215 for embedded addresses.
final class SpecialAddresses {

  /// Addresses whose first `bits` are those of `start`.
  private record Range(byte[] start, int bits) {
    static Range of(String text) {
      int slash = text.indexOf('/');
      return new Range(
          InetAddress.ofLiteral(text.substring(0, slash)).getAddress(),
          Integer.parseInt(text.substring(slash + 1)));
    }

    boolean contains(byte[] address) {
      if (address.length != start.length) {
        return false;
      }
      int wholeBytes = bits / 8;
      int remainingBits = bits % 8;
      return Arrays.equals(address, 0, wholeBytes, start, 0, wholeBytes)
          && (remainingBits == 0
              || ((address[wholeBytes] ^ start[wholeBytes]) & 0xFF) >>> (8 - remainingBits) == 0);
    }
  }

  private static List<Range> ranges(String... texts) {
    return Stream.of(texts).map(Range::of).toList();
  }

  /// Local-use translations of IPv4 addresses (RFC 8215): only their network knows to which
  /// address.
  private static final List<Range> LOCAL_USE_TRANSLATION = ranges("64:ff9b:1::/48");

  private static final List<Range> NOT_GLOBAL =
      ranges(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10", // shared by a carrier's customers
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24", // protocols of the IETF
          "192.0.2.0/24", // documentation
          "192.88.99.0/24", // relays to IPv6
          "192.168.0.0/16",
          "198.18.0.0/15", // benchmarks
          "198.51.100.0/24", // documentation
          "203.0.113.0/24", // documentation
          "240.0.0.0/4",
          "::/128",
          "::1/128",
          "100::/64", // discarded
          "100:0:0:1::/64",
          "2001::/32", // Teredo: a tunnel to an IPv4 address that is written in it
          "2001:2::/48", // benchmarks
          "2001:10::/28",
          "2001:db8::/32", // documentation
          "3fff::/20", // documentation
          "5f00::/16", // segment routing within a network
          "fc00::/7",
          "fe80::/10",
          "fec0::/10");

  /// Prefixes of 96 bits before an IPv4 address: compatible, translated.
  private static final List<Range> EMBEDDED_IPV4 =
      ranges("::/96", "::ffff:0:0:0/96", "64:ff9b::/96");

  private static final Range SIX_TO_FOUR = Range.of("2002::/16");

  private SpecialAddresses() {}

  static boolean isLocalUseTranslation(InetAddress address) {
    return isIn(LOCAL_USE_TRANSLATION, address);
  }

  /// Whether the address is not globally reachable.
  static boolean isNotGlobal(InetAddress address) {
    return isIn(NOT_GLOBAL, address);
  }

  private static boolean isIn(List<Range> ranges, InetAddress address) {
    byte[] bytes = address.getAddress();
    return ranges.stream().anyMatch(range -> range.contains(bytes));
  }

  /// The IPv4 address within a mapped, translated or tunnelled IPv6 address; other addresses
  /// unchanged.
  static InetAddress unwrap(InetAddress address) {
    if (address instanceof Inet4Address) {
      return address;
    }
    byte[] bytes = address.getAddress();
    try {
      if (isMapped(bytes)
          || (isIn(EMBEDDED_IPV4, address)
              && !address.isLoopbackAddress()
              && !address.isAnyLocalAddress())) {
        return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
      }
      return SIX_TO_FOUR.contains(bytes)
          ? InetAddress.getByAddress(Arrays.copyOfRange(bytes, 2, 6))
          : address;
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }

  /// Whether an address is IPv4-mapped. Java converts literals of such addresses, but not all of
  /// them.
  private static boolean isMapped(byte[] bytes) {
    for (int i = 0; i < 10; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bytes[10] == -1 && bytes[11] == -1;
  }
}
