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

/// Tells functions from other clients, by the socket at the far end of a connection. A function
/// shares the host's network, so its address says nothing; and it may know any key that is no
/// secret.
///
/// As root, each environment runs under a user id of its own from a range that nobody else has, and
/// the kernel's table of connections names the user of each socket. As an ordinary user, functions
/// run under the server's own user id: whoever has another is none; for the rest, the process that
/// has the socket open is looked up, and the processes above it. A function can hide its socket
/// (close it, send it to itself over a Unix socket, forbid that its open files are read) but cannot
/// put it among another process's open files; so what is not found is taken for a function.
///
/// A look-up costs about a millisecond as root and some more otherwise, once per connection; none
/// is made before the first environment has started. It does not end with the last environment:
/// what a function sent may still wait unread when its environment is gone.
public final class Peers {
  private static final int MOST_ANCESTORS = 1000;

  /// The kernel writes its table bucket by bucket: a line may be missed while others go.
  private static final int TRIES = 3;

  private final Processes functions;
  private final Path proc;
  private final SocketTable table;
  private final int ownUser;
  private final boolean usersApart;

  /// The client process that was found last: often the next connection is its own too.
  private volatile long lastHolder;

  /// What is known of the processes of functions.
  interface Processes {
    /// Whether an environment that can be told has been started since the server was.
    boolean everStarted();

    /// The processes of all environments that live now.
    Stream<Long> processIds();
  }

  /// @param proc `/proc`
  /// @param ownUser the user id of this process
  /// @param usersApart whether functions run under user ids of their own
  Peers(Processes functions, Path proc, int ownUser, boolean usersApart) {
    this.functions = functions;
    this.proc = proc;
    this.table = new SocketTable(proc.resolve("net"));
    this.ownUser = ownUser;
    this.usersApart = usersApart;
  }

  /// Whether functions have to be reckoned with at all.
  public boolean reckonWithFunctions() {
    return functions.everStarted();
  }

  /// Who is at the far end.
  public Peer of(ClientSocket socket) {
    return socket.peer(this::lookUp);
  }

  private Peer lookUp(ClientSocket socket) {
    try {
      for (int tries = 0; tries < TRIES; tries++) {
        Optional<SocketTable.Owner> owner = table.owner(socket.remote(), socket.local());
        if (owner.isPresent()) {
          return judge(owner.get());
        }
      }
      return isHere(socket.remote().getAddress())
          ? new Peer.Environment("its socket is closed already")
          : new Peer.Remote();
    } catch (IOException | RuntimeException e) {
      return new Peer.Environment("the owner of its socket cannot be looked up: " + e);
    }
  }

  private static boolean isHere(InetAddress address) throws IOException {
    return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
  }

  private Peer judge(SocketTable.Owner owner) {
    if (owner.inode() == 0) {
      return new Peer.Environment("no process has its socket open any more");
    }
    if (ProcessExecutor.isFunctionUid(owner.user())) {
      return new Peer.Environment("user id " + owner.user() + " is one that only functions have");
    }
    return usersApart || owner.user() != ownUser
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
    if (!holds(holder, socket)) { // by now the number may be another process's
      return new Peer.Environment("process " + holder + " has just closed its socket");
    }
    lastHolder = holder;
    return new Peer.Local();
  }

  /// The latest first: clients are often young.
  private List<Long> processes() {
    List<Long> all = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(proc, "[0-9]*")) {
      folders.forEach(folder -> all.add(Long.valueOf(folder.getFileName().toString())));
    } catch (IOException e) {
      return List.of(); // then nobody is found, and the worse is taken
    }
    all.sort(Comparator.reverseOrder());
    return all;
  }

  /// Whether a process has the socket open, as far as this one may see.
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

  /// Whether a process of an environment is this one or above it: one that has just been forked may
  /// be missing among those. Inside an environment's process namespace, orphans go to the first
  /// process there, so nobody leaves the tree.
  private boolean isOfEnvironment(long process) {
    Set<Long> theirs = functions.processIds().collect(Collectors.toSet());
    long at = process;
    for (int count = 0; at > 1 && count < MOST_ANCESTORS; count++) {
      if (theirs.contains(at) || isSandbox(at)) {
        return true;
      }
      OptionalLong parent = parent(at);
      if (parent.isEmpty()) {
        return true; // it is just ending: who cannot be told is a function
      }
      at = parent.getAsLong();
    }
    return at > 1;
  }

  /// Whether a process is the bwrap of some environment, maybe of another server of this user.
  private boolean isSandbox(long process) {
    try {
      String environment =
          new String(
              Files.readAllBytes(proc.resolve(process + "/environ")), StandardCharsets.ISO_8859_1);
      return ("\0" + environment).contains("\0" + Bubblewrap.VARIABLES + "=");
    } catch (IOException e) {
      return false; // another user's, or gone: its parent says more
    }
  }

  private OptionalLong parent(long process) {
    try {
      String status = Files.readString(proc.resolve(process + "/stat"));
      // The name stands in brackets and may hold anything, brackets too.
      String[] after = status.substring(status.lastIndexOf(')') + 2).split(" ");
      return OptionalLong.of(Long.parseLong(after[1]));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
