package io.carillon.policy;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A range of addresses, `203.0.113.0/24` or `2001:db8::/32`; without a slash, one address.
record Network(byte[] address, int bits) {
  /// Literals only: the JDK would resolve other text by DNS.
  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

  /// @throws IllegalArgumentException if the text is not a range
  static Network parse(String text) {
    int slash = text.indexOf('/');
    byte[] address = address(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      throw new IllegalArgumentException("Not an IP address or range: " + text);
    }
    int bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
    if (bits < 0 || bits > address.length * 8) {
      throw new IllegalArgumentException("Not an IP address or range: " + text);
    }
    return new Network(address, bits);
  }

  boolean contains(String candidate) {
    byte[] other = address(candidate);
    if (other == null || other.length != address.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (address[i] != other[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || ((address[whole] ^ other[whole]) & 0xFF) >>> (8 - rest) == 0;
  }

  private static byte @Nullable [] address(String text) {
    try {
      if (IPV4.matcher(text).matches()) {
        return Inet4Address.ofLiteral(text).getAddress();
      }
      if (IPV6.matcher(text).matches()) {
        InetAddress six = InetAddress.ofLiteral(text); // an IPv4-mapped address comes out as IPv4
        return six.getAddress();
      }
      return null;
    } catch (IllegalArgumentException notAddress) {
      return null;
    }
  }
}
