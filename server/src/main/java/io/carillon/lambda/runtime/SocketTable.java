package io.carillon.lambda.runtime;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// The kernel's tables of TCP connections, `/proc/net/tcp` and `tcp6`: they name the owner of each
/// socket on this machine, including the clients'.
///
/// Source: https://docs.kernel.org/networking/proc_net_tcp.html
final class SocketTable {
  private static final int MAPPED = 0xffff; // the third word of ::ffff:a.b.c.d
  private static final int USER = 7; // columns, counted from the line's number
  private static final int INODE = 9;

  private final Path folder;

  /// @param folder `/proc/net`
  SocketTable(Path folder) {
    this.folder = folder;
  }

  /// The owner of a socket.
  ///
  /// @param inode zero if no process has it open
  record Owner(int user, long inode) {}

  /// The owner of the socket that is bound to `local` and connected to `remote`. An IPv4 connection
  /// is in the IPv6 table if its program opened a dual-stack socket.
  ///
  /// @return empty if it is no socket of this machine
  Optional<Owner> owner(InetSocketAddress local, InetSocketAddress remote) throws IOException {
    byte[] localBytes = bytes(local.getAddress());
    byte[] remoteBytes = bytes(remote.getAddress());
    if (localBytes.length == 4 && remoteBytes.length == 4) {
      Optional<Owner> owner =
          find("tcp", encode(localBytes, local.getPort()), encode(remoteBytes, remote.getPort()));
      if (owner.isPresent()) {
        return owner;
      }
    }
    return find(
        "tcp6",
        encode(toIpv6(localBytes), local.getPort()),
        encode(toIpv6(remoteBytes), remote.getPort()));
  }

  private Optional<Owner> find(String table, String local, String remote) throws IOException {
    String all;
    try {
      all = new String(Files.readAllBytes(folder.resolve(table)), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return Optional.empty(); // a kernel without IPv6
    }
    int at = all.indexOf(" " + local + " " + remote + " ");
    if (at < 0) {
      return Optional.empty();
    }
    int start = all.lastIndexOf('\n', at) + 1;
    int end = all.indexOf('\n', at);
    String[] column = all.substring(start, end < 0 ? all.length() : end).strip().split("\\s+", -1);
    return Optional.of(
        new Owner(Integer.parseUnsignedInt(column[USER]), Long.parseLong(column[INODE])));
  }

  /// An address in the kernel's format: 32-bit words in this machine's byte order.
  private static String encode(byte[] address, int port) {
    StringBuilder text = new StringBuilder();
    ByteBuffer words = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      text.append("%08X".formatted(words.getInt()));
    }
    return text.append(":%04X".formatted(port)).toString();
  }

  /// The address; IPv4 also for `::ffff:a.b.c.d`.
  private static byte[] bytes(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 16) {
      ByteBuffer words = ByteBuffer.wrap(bytes);
      if (words.getLong() == 0 && words.getInt() == MAPPED) {
        return ByteBuffer.allocate(4).putInt(words.getInt()).array();
      }
    }
    return bytes;
  }

  private static byte[] toIpv6(byte[] address) {
    return address.length == 16
        ? address
        : ByteBuffer.allocate(16).putLong(0).putInt(MAPPED).put(address).array();
  }
}
