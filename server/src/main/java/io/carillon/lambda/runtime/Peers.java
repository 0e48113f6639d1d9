package io.carillon.lambda.runtime;

import io.carillon.http.ClientSocket;
import io.carillon.http.Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Distinguishes functions from other clients by the remote socket of a connection. A function
/// shares the host's network, so its address does not identify it, and it may know any well-known
/// key.
///
/// If the server is root, each environment has its own user id from a reserved range, and the
/// kernel's table of connections names the user of each socket. Otherwise functions run under the
/// server's user id: a client with another id is not a function; for the rest, the process that has
/// the socket open and its ancestors are looked up. A function can hide its socket (close it, send
/// it to itself over a Unix socket, forbid reading its open files) but cannot put it among another
/// process's open files; so a socket that is not found counts as a function's.
///
/// A look-up takes about a millisecond as root and more otherwise, once per connection; none is
/// made before the first environment has started. Look-ups continue after the last environment has
/// ended, because its requests may still be unread.
public final class Peers {
  private static final int MAX_ANCESTORS = 1000;

  /// The kernel prints its table bucket by bucket: a line may be missed while others are removed.
  private static final int ATTEMPTS = 3;

  private final Processes functions;
  private final Path proc;
  private final SocketTable table;
  private final int ownUser;
  private final boolean separateUsers;

  /// The client process found last: often the next connection is from it, too.
  private volatile long lastHolder;

  /// The processes of functions.
  interface Processes {
    /// Whether an identifiable environment has been started since the server's start.
    boolean everStarted();

    /// The processes of all current environments.
    Stream<Long> processIds();
  }

  /// @param proc `/proc`
  /// @param ownUser the user id of this process
  /// @param separateUsers whether functions have their own user ids
  Peers(Processes functions, Path proc, int ownUser, boolean separateUsers) {
    this.functions = functions;
    this.proc = proc;
    this.table = new SocketTable(proc.resolve("net"));
    this.ownUser = ownUser;
    this.separateUsers = separateUsers;
  }

  /// Whether a client can be a function at all.
  public boolean functionsEverStarted() {
    return functions.everStarted();
  }

  /// The remote peer.
  public Peer of(ClientSocket socket) {
    return socket.peer(this::lookUp);
  }

  private Peer lookUp(ClientSocket socket) {
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Optional<SocketTable.Owner> owner =
            table.owner(/* local= */ socket.remote(), /* remote= */ socket.local());
        if (owner.isPresent()) {
          return classify(owner.get());
        }
      }
      return isLocalAddress(socket.remote().getAddress())
          ? new Peer.Environment("its socket is closed already")
          : new Peer.Remote();
    } catch (IOException | RuntimeException e) {
      return new Peer.Environment("the owner of its socket cannot be looked up: " + e);
    }
  }

  private static boolean isLocalAddress(InetAddress address) throws IOException {
    return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
  }

  private Peer classify(SocketTable.Owner owner) {
    if (owner.inode() == 0) {
      return new Peer.Environment("no process has its socket open any more");
    }
    if (ProcessExecutor.isFunctionUid(owner.user())) {
      return new Peer.Environment("user id " + owner.user() + " is one that only functions have");
    }
    return separateUsers || owner.user() != ownUser
        ? new Peer.Local()
        : byProcess("socket:[" + owner.inode() + "]");
  }

  private Peer byProcess(String socket) {
    long holder = lastHolder;
    if (holder == 0 || !holds(holder, socket)) {
      holder =
          processes().stream().filter(process -> holds(process, socket)).findFirst().orElse(0L);
    }
    if (holder == 0) {
      return new Peer.Environment("no process is seen to have its socket open");
    }
    if (isOfEnvironment(holder)) {
      return new Peer.Environment("process " + holder + " is a function's");
    }
    if (!holds(holder, socket)) { // the process id may have been reused
      return new Peer.Environment("process " + holder + " has just closed its socket");
    }
    lastHolder = holder;
    return new Peer.Local();
  }

  /// The newest first: clients are often young.
  private List<Long> processes() {
    List<Long> all = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(proc, "[0-9]*")) {
      folders.forEach(folder -> all.add(Long.valueOf(folder.getFileName().toString())));
    } catch (IOException e) {
      return List.of(); // not found: counts as a function
    }
    all.sort(Comparator.reverseOrder());
    return all;
  }

  /// Whether a process has the socket open, as far as this process may see.
  private boolean holds(long process, String socket) {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(proc.resolve(process + "/fd"))) {
      for (Path file : open) {
        if (isLinkTo(file, socket)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // gone, or another user's
    }
  }

  private static boolean isLinkTo(Path file, String target) {
    try {
      return Files.readSymbolicLink(file).toString().equals(target);
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  /// Whether the process or an ancestor belongs to an environment: a process just forked may be
  /// missing in the list. In an environment's process namespace orphans are reparented to its first
  /// process, so no process leaves the tree.
  private boolean isOfEnvironment(long process) {
    Set<Long> environmentProcesses = functions.processIds().collect(Collectors.toSet());
    long current = process;
    for (int count = 0; current > 1 && count < MAX_ANCESTORS; count++) {
      if (environmentProcesses.contains(current) || isSandbox(current)) {
        return true;
      }
      OptionalLong parent = parent(current);
      if (parent.isEmpty()) {
        return true; // it is just ending: counts as a function
      }
      current = parent.getAsLong();
    }
    return current > 1;
  }

  /// Whether a process is the bwrap of an environment, maybe of another server of this user.
  private boolean isSandbox(long process) {
    try {
      String environment =
          new String(
              Files.readAllBytes(proc.resolve(process + "/environ")), StandardCharsets.ISO_8859_1);
      return ("\0" + environment).contains("\0" + Bubblewrap.VARIABLES + "=");
    } catch (IOException e) {
      return false; // another user's, or gone: its parent decides
    }
  }

  private OptionalLong parent(long process) {
    try {
      String status = Files.readString(proc.resolve(process + "/stat"));
      // The name is in brackets and may itself contain brackets.
      String[] after = status.substring(status.lastIndexOf(')') + 2).split(" ", -1);
      return OptionalLong.of(Long.parseLong(after[1]));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
