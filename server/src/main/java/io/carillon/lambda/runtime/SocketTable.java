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
/// socket on this machine, of the clients' ends too.
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

  /// Who has a socket.
  ///
  /// @param inode zero once no process has it open any more
  record Owner(int user, long inode) {}

  /// The owner of the socket that is bound to `near` and connected to `far`. A connection by IPv4
  /// stands in the table of IPv6 where its program opened a socket for both.
  ///
  /// @return empty where no socket of this machine is
  Optional<Owner> owner(InetSocketAddress near, InetSocketAddress far) throws IOException {
    byte[] nearBytes = bytes(near.getAddress());
    byte[] farBytes = bytes(far.getAddress());
    if (nearBytes.length == 4 && farBytes.length == 4) {
      Optional<Owner> owner =
          find("tcp", place(nearBytes, near.getPort()), place(farBytes, far.getPort()));
      if (owner.isPresent()) {
        return owner;
      }
    }
    return find(
        "tcp6", place(wide(nearBytes), near.getPort()), place(wide(farBytes), far.getPort()));
  }

  private Optional<Owner> find(String table, String near, String far) throws IOException {
    String all;
    try {
      all = new String(Files.readAllBytes(folder.resolve(table)), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return Optional.empty(); // a kernel without IPv6
    }
    int at = all.indexOf(" " + near + " " + far + " ");
    if (at < 0) {
      return Optional.empty();
    }
    int start = all.lastIndexOf('\n', at) + 1;
    int end = all.indexOf('\n', at);
    String[] column = all.substring(start, end < 0 ? all.length() : end).strip().split("\\s+");
    return Optional.of(
        new Owner(Integer.parseUnsignedInt(column[USER]), Long.parseLong(column[INODE])));
  }

  /// An address as the kernel prints it: in words of this machine's byte order.
  private static String place(byte[] address, int port) {
    StringBuilder text = new StringBuilder();
    ByteBuffer words = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      text.append("%08X".formatted(words.getInt()));
    }
    return text.append(":%04X".formatted(port)).toString();
  }

  /// IPv4 where it is that, though it came as `::ffff:a.b.c.d`.
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

  private static byte[] wide(byte[] address) {
    return address.length == 16
        ? address
        : ByteBuffer.allocate(16).putLong(0).putInt(MAPPED).put(address).array();
  }
}
