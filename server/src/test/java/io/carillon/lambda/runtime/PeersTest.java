package io.carillon.lambda.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.http.ClientSocket;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.http.Peer;
import io.carillon.http.RawClient;
import io.carillon.http.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Identifies the remote peer, by the kernel's tables and by test data. `FunctionPeersTest` does so
/// with real functions.
class PeersTest {
  private static final int SERVER = 4566;
  private static final Path PROC = Path.of("/proc");
  private static final long SELF = ProcessHandle.current().pid();

  @TempDir Path proc;
  private final Functions functions = new Functions();

  /// Functions of the test.
  private static final class Functions implements Peers.Processes {
    private Set<Long> processes = Set.of();
    private final AtomicInteger probed = new AtomicInteger();
    private Runnable whenAsked = () -> {};

    @Override
    public boolean everStarted() {
      return true;
    }

    @Override
    public Stream<Long> processIds() {
      probed.incrementAndGet();
      whenAsked.run();
      return processes.stream();
    }
  }

  @BeforeEach
  void needLinux() {
    RuntimeFixture.need(Files.exists(Path.of("/proc/net/tcp")), "Linux's /proc");
  }

  /// One line of the kernel's table, on a little-endian machine such as x86-64 and ARM.
  private void table(String name, String near, String far, int user, long inode)
      throws IOException {
    RuntimeFixture.need(
        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "a little-endian machine");
    Files.createDirectories(proc.resolve("net"));
    Files.writeString(
        proc.resolve("net").resolve(name),
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:11D6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100 0 0 10 0
           1: 0100007F:11D6 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 78 1 0000000000000000 20 4 30 10 -1
           2: %s %s 01 00000000:00000000 02:000000AA 00000000 %5d        0 %d 2 0000000000000000 20 4 30 10 -1
        """
            .formatted(near, far, user, inode));
  }

  private Peer peer(String remote, String local) throws IOException {
    ClientSocket socket =
        new ClientSocket(
            new InetSocketAddress(InetAddress.getByName(remote), 40_000),
            new InetSocketAddress(InetAddress.getByName(local), SERVER));
    return new Peers(functions, proc, 0, true).of(socket);
  }

  @Test
  void userIdOfTheFunctionRangeIdentifiesAFunction() throws IOException {
    table("tcp", "0100007F:9C40", "0100007F:11D6", 58_001, 99);
    assertThat(peer("127.0.0.1", "127.0.0.1")).isInstanceOf(Peer.Environment.class);

    table("tcp", "0100007F:9C40", "0100007F:11D6", 1000, 99);
    assertThat(peer("127.0.0.1", "127.0.0.1")).isEqualTo(new Peer.Local());
  }

  @Test
  void dualStackSocketIsFoundInTheIpv6Table() throws IOException {
    String mapped = "0000000000000000FFFF00000100007F";
    table("tcp6", mapped + ":9C40", mapped + ":11D6", 58_001, 99);
    assertThat(peer("127.0.0.1", "127.0.0.1")).isInstanceOf(Peer.Environment.class);

    byte[] bytes = new byte[16];
    bytes[10] = -1;
    bytes[11] = -1;
    bytes[12] = 127;
    bytes[15] = 1;
    InetAddress wide = Inet6Address.getByAddress("wide", bytes, -1);
    ClientSocket socket =
        new ClientSocket(new InetSocketAddress(wide, 40_000), new InetSocketAddress(wide, SERVER));
    assertThat(new Peers(functions, proc, 0, true).of(socket)).isInstanceOf(Peer.Environment.class);
  }

  @Test
  void ipv6AddressIsFound() throws IOException {
    String loopback = "00000000000000000000000001000000";
    table("tcp6", loopback + ":9C40", loopback + ":11D6", 58_039, 99);
    assertThat(peer("::1", "::1")).isInstanceOf(Peer.Environment.class);
  }

  @Test
  void unidentifiedLocalClientCountsAsAFunction() throws IOException {
    assertThat(peer("127.0.0.1", "127.0.0.1")).isInstanceOf(Peer.Environment.class);
    assertThat(peer("192.0.2.1", "192.0.2.2")).isEqualTo(new Peer.Remote());

    table("tcp", "0100007F:9C40", "0100007F:11D6", 0, 0);
    assertThat(peer("127.0.0.1", "127.0.0.1"))
        .as("closed by its owner, so the kernel names no owner")
        .isInstanceOf(Peer.Environment.class);
    table("tcp", "0100007F:9C41", "0100007F:11D6", 0, 99);
    assertThat(peer("127.0.0.1", "127.0.0.1"))
        .as("another connection")
        .isInstanceOf(Peer.Environment.class);
    table("tcp", "0100007F:9C40", "0200007F:11D6", 0, 99);
    assertThat(peer("127.0.0.1", "127.0.0.1"))
        .as("to another address")
        .isInstanceOf(Peer.Environment.class);
  }

  /// A function can forbid listing its open files.
  @Test
  void socketWithoutVisibleOwnerCountsAsAFunctions() throws IOException {
    table("tcp", "0100007F:9C40", "0100007F:11D6", 1000, 99);
    Peers peers = new Peers(functions, proc, 1000, false);
    assertThat(peers.of(connection())).isInstanceOf(Peer.Environment.class);

    Path socket = process(4321, 99);
    assertThat(peers.of(connection())).isEqualTo(new Peer.Local());
    Files.delete(socket);
    assertThat(peers.of(connection())).isInstanceOf(Peer.Environment.class);
  }

  /// After a function's end its process id may be reused by a process outside of environments.
  @Test
  void processThatClosesItsSocketDuringTheLookupCountsAsAFunction() throws IOException {
    table("tcp", "0100007F:9C40", "0100007F:11D6", 1000, 99);
    Path socket = process(4321, 99);
    functions.whenAsked =
        () -> {
          try {
            Files.delete(socket);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    Peers peers = new Peers(functions, proc, 1000, false);
    assertThat(peers.of(connection())).isInstanceOf(Peer.Environment.class);
  }

  private static ClientSocket connection() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    return new ClientSocket(
        new InetSocketAddress(loopback, 40_000), new InetSocketAddress(loopback, SERVER));
  }

  /// Creates a child of the first process, with one open socket; returns its folder.
  private Path process(int id, int inode) throws IOException {
    Path folder = proc.resolve(Integer.toString(id));
    Files.createDirectories(folder.resolve("fd"));
    Files.writeString(folder.resolve("stat"), id + " (a b) c) S 1 1 1 0 -1");
    Files.writeString(folder.resolve("environ"), "HOME=/");
    return Files.createSymbolicLink(folder.resolve("fd/3"), Path.of("socket:[" + inode + "]"));
  }

  /// Peers for a server that runs functions under its own user id.
  private HttpEngine engine(Peers peers, BlockingQueue<Peer> seen, CountDownLatch go)
      throws IOException {
    return HttpEngine.start(
        new InetSocketAddress("0.0.0.0", 0),
        Limits.standard(),
        request -> {
          go.await();
          seen.add(peers.of(request.socket()));
          return Response.of(200);
        });
  }

  private Peers peersByProcess() throws IOException {
    int own = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return new Peers(functions, PROC, own, false);
  }

  @Test
  void processOutsideEnvironmentsIsLocal() throws Exception {
    BlockingQueue<Peer> seen = new LinkedBlockingQueue<>();
    try (HttpEngine engine = engine(peersByProcess(), seen, new CountDownLatch(0))) {
      for (String address : ownAddresses()) {
        ask(address, engine.port());
        assertThat(seen.take()).as(address).isEqualTo(new Peer.Local());
      }
      functions.processes = Set.of(SELF);
      for (String address : ownAddresses()) {
        ask(address, engine.port());
        assertThat(seen.take()).as(address).isInstanceOf(Peer.Environment.class);
      }
    }
  }

  /// A process forked after the environment's processes were listed is found by its ancestors.
  @Test
  void childOfAnEnvironmentCountsAsAFunction() throws Exception {
    functions.processes = Set.of(SELF);
    assertThat(peerOfShell(Map.of())).isInstanceOf(Peer.Environment.class);
  }

  @Test
  void environmentOfAnotherServerCountsAsAFunction() throws Exception {
    assertThat(peerOfShell(Map.of("PATH", "/usr/bin:/bin"))).isEqualTo(new Peer.Local());
    assertThat(peerOfShell(Map.of(Bubblewrap.VARIABLES, "export A='b'")))
        .isInstanceOf(Peer.Environment.class);
  }

  /// The peer for a shell with only these variables.
  private Peer peerOfShell(Map<String, String> variables) throws Exception {
    BlockingQueue<Peer> seen = new LinkedBlockingQueue<>();
    try (HttpEngine engine = engine(peersByProcess(), seen, new CountDownLatch(0))) {
      String script =
          "exec 3<>/dev/tcp/127.0.0.1/%d; printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3; read -u 3"
              .formatted(engine.port());
      ProcessBuilder builder = new ProcessBuilder("bash", "-c", script);
      builder.environment().clear();
      builder.environment().putAll(variables);
      Process shell = builder.start();
      Peer peer = seen.take();
      shell.waitFor();
      return peer;
    }
  }

  @Test
  void closedSocketCountsAsAFunctions() throws Exception {
    BlockingQueue<Peer> seen = new LinkedBlockingQueue<>();
    CountDownLatch go = new CountDownLatch(1);
    try (HttpEngine engine = engine(peersByProcess(), seen, go)) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), engine.port())) {
        new RawClient(socket).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      }
      go.countDown();
      assertThat(seen.take()).isInstanceOf(Peer.Environment.class);
    }
  }

  @Test
  void connectionIsLookedUpOnce() throws Exception {
    BlockingQueue<Peer> seen = new LinkedBlockingQueue<>();
    try (HttpEngine engine = engine(peersByProcess(), seen, new CountDownLatch(0));
        RawClient client = RawClient.connect(engine.port())) {
      for (int count = 0; count < 3; count++) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer();
      }
    }
    assertThat(seen).containsOnly(new Peer.Local());
    assertThat(functions.probed).hasValue(1);
  }

  private static List<String> ownAddresses() throws IOException {
    return List.of("127.0.0.1", "127.0.0.2", nonLoopbackAddress());
  }

  /// A non-loopback address of this machine; loopback if it has none.
  static String nonLoopbackAddress() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .map(InetAddress::getHostAddress)
        .findFirst()
        .orElse("127.0.0.3");
  }

  private static void ask(String address, int port) throws IOException {
    try (Socket socket = new Socket(address, port)) {
      new RawClient(socket).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer();
    }
  }
}
