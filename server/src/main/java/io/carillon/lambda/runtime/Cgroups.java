package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Control groups, which limit the memory and the number of processes of an environment. All
/// environments together are one group to the scheduler, so they never get more processor time than
/// the server needs. Whether this process may create groups is found out by trying. Versions 1 and
/// 2 differ only in names.
final class Cgroups implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cgroups.class);
  private static final Path MOUNT = Path.of("/sys/fs/cgroup");

  /// The files of one version of the interface.
  private enum Version {
    V1("memory.limit_in_bytes", "total_rss ", "total_shmem ", "memory.oom_control"),
    V2("memory.max", "anon ", "shmem ", "memory.events");

    final String limit;
    final String anonymous;
    final String shared;
    final String events;

    Version(String limit, String anonymous, String shared, String events) {
      this.limit = limit;
      this.anonymous = anonymous;
      this.shared = shared;
      this.events = events;
    }
  }

  private final Version version;
  private final Path memory;
  private final Path pids;
  private final Optional<Path> cpu;

  private Cgroups(Version version, Path memory, Path pids, Optional<Path> cpu) {
    this.version = version;
    this.memory = memory;
    this.pids = pids;
    this.cpu = cpu;
  }

  /// Groups below this process's own, if it may create them.
  static Optional<Cgroups> find() {
    try {
      if (Files.exists(MOUNT.resolve("cgroup.controllers"))) {
        return v2();
      }
      if (Files.exists(MOUNT.resolve("memory/memory.limit_in_bytes"))) {
        return v1();
      }
    } catch (IOException e) {
      LOG.debug("No control groups of our own", e);
    }
    return Optional.empty();
  }

  private static Optional<Cgroups> v1() throws IOException {
    Path cpu = MOUNT.resolve("cpu").resolve(own("cpu"));
    Cgroups found =
        new Cgroups(
            Version.V1,
            make(MOUNT.resolve("memory").resolve(own("memory"))),
            make(MOUNT.resolve("pids").resolve(own("pids"))),
            Files.exists(cpu.resolve("cpu.shares")) ? Optional.of(make(cpu)) : Optional.empty());
    return found.works();
  }

  private static Optional<Cgroups> v2() throws IOException {
    // Only a group without processes may delegate controllers, so ours is below the root, or below
    // our own group if that is delegated and empty.
    for (Path parent : List.of(MOUNT.resolve(own("")), MOUNT)) {
      List<String> handedDown =
          List.of(read(parent.resolve("cgroup.subtree_control")).strip().split("\\s+"));
      if (handedDown.containsAll(List.of("memory", "pids"))) {
        Path group = make(parent);
        boolean cpu = handedDown.contains("cpu");
        Files.writeString(
            group.resolve("cgroup.subtree_control"), cpu ? "+memory +pids +cpu" : "+memory +pids");
        return new Cgroups(Version.V2, group, group, cpu ? Optional.of(group) : Optional.empty())
            .works();
      }
    }
    return Optional.empty();
  }

  /// The group of this process for `controller`, relative to the mount.
  private static String own(String controller) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      String[] part = line.split(":", 3);
      if (List.of(part[1].split(",")).contains(controller)) {
        return part[2].substring(1);
      }
    }
    return "";
  }

  private static Path make(Path parent) throws IOException {
    removeStale(parent);
    Path group =
        parent.resolve("carillon-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
    return Files.createDirectory(group);
  }

  /// Removes groups of killed processes; groups in use cannot be removed.
  private static void removeStale(Path parent) throws IOException {
    try (DirectoryStream<Path> ours = Files.newDirectoryStream(parent, "carillon-*")) {
      for (Path group : ours) {
        String pid = group.getFileName().toString().split("-", -1)[1];
        if (ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
          removeTree(group);
        }
      }
    }
  }

  private static void removeTree(Path group) throws IOException {
    try (DirectoryStream<Path> inner = Files.newDirectoryStream(group, Files::isDirectory)) {
      for (Path child : inner) {
        Files.deleteIfExists(child);
      }
    }
    Files.deleteIfExists(group);
  }

  private Optional<Cgroups> works() {
    try {
      Group probe = create("probe", 64L << 20, 16);
      probe.remove();
      return Optional.of(this);
    } catch (IOException e) {
      LOG.debug("Control groups cannot be used", e);
      close();
      return Optional.empty();
    }
  }

  /// A group for one environment.
  Group create(String id, long memoryBytes, int processes) throws IOException {
    Path inMemory = memory.resolve(id);
    Path inPids = pids.resolve(id);
    Set<Path> all = new LinkedHashSet<>(List.of(inMemory));
    all.add(inPids);
    cpu.ifPresent(parent -> all.add(parent.resolve(id)));
    Group group = new Group(version, inMemory, inPids, all);
    try {
      for (Path folder : all) {
        Files.createDirectory(folder);
      }
      Files.writeString(inMemory.resolve(version.limit), Long.toString(memoryBytes));
      Files.writeString(inPids.resolve("pids.max"), Integer.toString(processes));
      if (version == Version.V2) {
        Files.writeString(inMemory.resolve("memory.oom.group"), "1");
      }
      return group;
    } catch (IOException e) {
      group.remove();
      throw e;
    }
  }

  @Override
  public void close() {
    Set<Path> all = new LinkedHashSet<>(List.of(memory));
    all.add(pids);
    cpu.ifPresent(all::add);
    for (Path group : all) {
      try {
        if (Files.exists(group)) {
          removeTree(group);
        }
      } catch (IOException e) {
        LOG.warn("The control group {} remains", group, e);
      }
    }
  }

  /// Whether all functions share one group of the scheduler.
  boolean shareProcessorTime() {
    return cpu.isPresent();
  }

  String describe() {
    return "control groups (" + (version == Version.V1 ? "version 1" : "version 2") + ")";
  }

  private static String read(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file) : "";
  }

  /// The group of one environment.
  static final class Group {
    private final Version version;
    private final Path memory;
    private final Path pids;
    private final Set<Path> all;

    private Group(Version version, Path memory, Path pids, Set<Path> all) {
      this.version = version;
      this.memory = memory;
      this.pids = pids;
      this.all = all;
    }

    /// The files into which a process writes its id to join.
    List<Path> processFiles() {
      return all.stream().map(group -> group.resolve("cgroup.procs")).toList();
    }

    /// Without the page cache.
    Executor.Usage usage() throws IOException {
      List<String> statistics = Files.readAllLines(memory.resolve("memory.stat"));
      return new Executor.Usage(
          field(statistics, version.anonymous).orElse(0),
          field(statistics, version.shared).orElse(0));
    }

    boolean ranOutOfMemory() {
      try {
        List<String> events = Files.readAllLines(memory.resolve(version.events));
        return field(events, "oom_kill ").orElse(0) > 0;
      } catch (IOException e) {
        return false;
      }
    }

    private static OptionalLong field(List<String> lines, String name) {
      for (String line : lines) {
        if (line.startsWith(name)) {
          return OptionalLong.of(Long.parseLong(line.substring(name.length()).strip()));
        }
      }
      return OptionalLong.empty();
    }

    /// The ids of the processes in the group.
    List<Long> members() throws IOException {
      return Files.readAllLines(pids.resolve("cgroup.procs")).stream().map(Long::valueOf).toList();
    }

    /// Kills all processes of the group.
    void killAll() {
      try {
        for (long pid : members()) {
          ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
      } catch (IOException e) {
        LOG.debug("A control group is gone already", e);
      }
    }

    /// Waits until the last process is gone, then removes the group.
    void remove() {
      for (Path group : all) {
        for (int tries = 0; !removed(group); tries++) {
          if (tries == 2000) {
            LOG.warn("The control group {} remains: processes are still in it", group);
            break;
          }
          killAll();
          LockSupport.parkNanos(1_000_000);
        }
      }
    }

    private static boolean removed(Path group) {
      try {
        Files.deleteIfExists(group);
        return true;
      } catch (IOException e) {
        return false; // busy
      }
    }
  }
}
