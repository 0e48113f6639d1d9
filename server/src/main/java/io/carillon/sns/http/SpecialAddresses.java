package io.carillon.sns.http;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Ranges of addresses that are not the internet.
///
/// Sources: https://www.iana.org/assignments/iana-ipv4-special-registry and
/// https://www.iana.org/assignments/iana-ipv6-special-registry, the blocks that are not globally
/// reachable; RFC 6052 and RFC 8215 for addresses that carry another.
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
      int whole = bits / 8;
      int rest = bits % 8;
      return Arrays.equals(address, 0, whole, start, 0, whole)
          && (rest == 0 || ((address[whole] ^ start[whole]) & 0xFF) >>> (8 - rest) == 0);
    }
  }

  private static List<Range> ranges(String... texts) {
    return Stream.of(texts).map(Range::of).toList();
  }

  /// What translators of a network of its own make of IPv4 addresses: nobody else can tell of
  /// which.
  private static final List<Range> LOCAL_TRANSLATION = ranges("64:ff9b:1::/48");

  private static final List<Range> INSIDE =
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

  /// Prefixes of 96 bits behind which an IPv4 address stands: compatible, mapped, translated.
  private static final List<Range> CARRIERS = ranges("::/96", "::ffff:0:0:0/96", "64:ff9b::/96");

  private static final Range TUNNEL = Range.of("2002::/16");

  private SpecialAddresses() {}

  static boolean isLocalTranslation(InetAddress address) {
    return isIn(LOCAL_TRANSLATION, address);
  }

  /// Whether nobody on the internet can be meant.
  static boolean isInside(InetAddress address) {
    return isIn(INSIDE, address);
  }

  private static boolean isIn(List<Range> ranges, InetAddress address) {
    byte[] bytes = address.getAddress();
    return ranges.stream().anyMatch(range -> range.contains(bytes));
  }

  /// The IPv4 address that an IPv6 address carries to be mapped, translated or tunnelled; other
  /// addresses as they are.
  static InetAddress plain(InetAddress address) {
    if (address instanceof Inet4Address) {
      return address;
    }
    byte[] bytes = address.getAddress();
    try {
      if (isMapped(bytes)
          || isIn(CARRIERS, address)
              && !address.isLoopbackAddress()
              && !address.isAnyLocalAddress()) {
        return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
      }
      return TUNNEL.contains(bytes)
          ? InetAddress.getByAddress(Arrays.copyOfRange(bytes, 2, 6))
          : address;
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }

  /// Java makes an IPv4 address of a literal like this, but not of everything that is one.
  private static boolean isMapped(byte[] bytes) {
    for (int i = 0; i < 10; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bytes[10] == -1 && bytes[11] == -1;
  }
}
