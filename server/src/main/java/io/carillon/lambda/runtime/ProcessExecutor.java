package io.carillon.lambda.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs environments as processes of this machine, inside [Bubblewrap] where that works.
///
/// Memory is bounded twice. A control group bounds processes and `/tmp` together, which the kernel
/// enforces at once. What belongs to processes alone is looked at some times a second, and whoever
/// exceeds the function's size is ended; without control groups this is the only bound, on the
/// resident size of the process tree. Address space is never limited: it would kill every JVM.
///
/// An idle environment is stopped by signals: they work with control groups and without, and a
/// stopped process still dies of SIGKILL, so nothing stays behind stopped if this process dies.
/// That needs bwrap, which hands our death on to every process inside; without it nothing is
/// stopped.
///
/// A process asks the kernel to be killed when its parent dies, and to the kernel the parent is the
/// *thread* that forked. So all are started by one thread that lives as long as this object.
public final class ProcessExecutor implements Executor, Peers.Processes {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessExecutor.class);
  private static final Path CLAIMS = Path.of("/run/carillon/user-ids");
  private static final int PROCESSES = 1024;
  private static final long WATCH_MILLIS = 50;
  private static final long WATCH_WITHOUT_GROUPS_MILLIS = 250; // it walks through all processes

  private final CompletableFuture<Optional<Bubblewrap>> walls;
  private final Optional<Cgroups> groups;
  private final boolean root;
  private final UserIds uids =
      new UserIds(CLAIMS, ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
  private final Set<Live> living = ConcurrentHashMap.newKeySet();
  private volatile boolean everWalledIn;
  private final ExecutorService spawner =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("environment-spawner").daemon().factory());
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("environment-memory").daemon().factory());

  /// @param workFolder exists; a few small files are kept there
  /// @param sandbox whether to wall environments in, if that works here
  public ProcessExecutor(Path workFolder, boolean sandbox) throws IOException {
    this.root = ownUid() == 0;
    this.groups = Cgroups.find();
    this.walls =
        sandbox ? findWalls(workFolder) : CompletableFuture.completedFuture(Optional.empty());
    long period = groups.isPresent() ? WATCH_MILLIS : WATCH_WITHOUT_GROUPS_MILLIS;
    watch.scheduleWithFixedDelay(
        new Recurring("look at the memory of environments", this::endTheGreedy),
        period,
        period,
        TimeUnit.MILLISECONDS);
  }

  /// Looks beside the start, which need not wait: the first function does.
  private CompletableFuture<Optional<Bubblewrap>> findWalls(Path workFolder) throws IOException {
    Optional<Path> program = programOnPath("bwrap");
    if (program.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    Path empty = Files.createDirectories(workFolder.resolve("empty"));
    Path accounts = Files.createDirectories(workFolder.resolve("accounts"));
    Bubblewrap candidate = new Bubblewrap(program.get(), accounts, root);
    return CompletableFuture.supplyAsync(
        () -> works(candidate, empty) ? Optional.of(candidate) : Optional.empty(),
        Thread::startVirtualThread);
  }

  /// That it is installed says little: user namespaces may be forbidden, or mounts in a container.
  private boolean works(Bubblewrap candidate, Path empty) {
    Launch nothing =
        new Launch("probe", List.of("/usr/bin/true"), Map.of(), empty, empty, List.of(), 64, 1);
    int uid = -1;
    try {
      uid = takeUid();
      Process probe = spawn(candidate.command(nothing, uid), Map.of(), empty);
      if (probe.waitFor(10, TimeUnit.SECONDS) && probe.exitValue() == 0) {
        return true;
      }
      probe.destroyForcibly();
      LOG.warn("bubblewrap is installed but does not work here: {}", firstLine(probe));
    } catch (IOException e) {
      LOG.warn("bubblewrap is installed but cannot be started: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      freeUid(uid);
    }
    return false;
  }

  private Optional<Bubblewrap> walls() {
    return walls.join();
  }

  private static String firstLine(Process process) throws IOException {
    String line = process.inputReader().readLine();
    return line == null ? "it says nothing" : line;
  }

  static Optional<Path> programOnPath(String name) {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "/usr/bin:/bin" : path).split(":")) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
      if (Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  @Override
  public String taskRoot(Path codeFolder) {
    return walls().isPresent() ? Bubblewrap.TASK_ROOT : codeFolder.toString();
  }

  @Override
  public String runtimeRoot(Path runtimeFolder) {
    return walls().isPresent() ? Bubblewrap.RUNTIME_ROOT : runtimeFolder.toString();
  }

  @Override
  public boolean isolates() {
    return walls().isPresent();
  }

  @Override
  public String describe() {
    String memory =
        groups
            .map(Cgroups::describe)
            .orElse(
                ProcessTree.residentBytes(ProcessHandle.current()) < 0
                    ? "nothing (there are neither control groups nor /proc here)"
                    : "a watch on resident size (no control groups here)");
    return walls().isPresent()
        ? "Functions run in bubblewrap sandboxes; memory is bounded by " + memory + "."
        : "FUNCTIONS ARE NOT SANDBOXED: install bubblewrap (bwrap) to keep them from this machine's"
            + " files; memory is bounded by "
            + memory
            + ".";
  }

  @Override
  public Running start(Launch launch) throws IOException {
    int uid = takeUid();
    Cgroups.@Nullable Group group = null;
    try {
      if (groups.isPresent()) {
        long hardBytes = (long) (launch.memoryMb() + launch.temporaryMb()) << 20;
        group = groups.get().create(launch.id(), hardBytes, PROCESSES);
      }
      List<String> command = joining(group, yielding(walled(launch, uid)));
      Map<String, String> variables =
          walls().isPresent() ? Bubblewrap.environment(launch) : launch.environment();
      if (walls().isPresent()) {
        everWalledIn = true;
      }
      Process process = spawn(command, variables, launch.codeFolder());
      Live live = new Live(launch, process, group, uid, Output.of(process));
      living.add(live);
      var _ = process.onExit().thenRunAsync(live::bury, Thread::startVirtualThread);
      return live;
    } catch (IOException | RuntimeException e) {
      if (group != null) {
        group.remove();
      }
      freeUid(uid);
      throw e;
    }
  }

  private List<String> walled(Launch launch, int uid) throws IOException {
    if (walls().isPresent()) {
      return walls().get().command(launch, uid);
    }
    Path setpriv = Path.of("/usr/bin/setpriv");
    if (!Files.isExecutable(setpriv)) {
      return launch.command();
    }
    List<String> command =
        new ArrayList<>(List.of(setpriv.toString(), "--pdeathsig", "KILL", "--"));
    command.addAll(launch.command());
    return command;
  }

  /// The server comes first. Without a group of their own, being nice is all functions can do.
  private List<String> yielding(List<String> command) {
    if (groups.filter(Cgroups::shareProcessorTime).isPresent()
        || !Files.isExecutable(Path.of("/usr/bin/nice"))) {
      return command;
    }
    List<String> nice = new ArrayList<>(List.of("/usr/bin/nice", "-n", "10"));
    nice.addAll(command);
    return nice;
  }

  /// A shell that joins the groups and becomes the command: so the group holds it from its first
  /// instruction.
  private static List<String> joining(Cgroups.@Nullable Group group, List<String> command) {
    if (group == null) {
      return command;
    }
    StringBuilder script = new StringBuilder();
    List<String> whole = new ArrayList<>(List.of("/bin/sh", "-c", "", "join"));
    for (Path door : group.doors()) {
      script.append("echo $$ > \"$1\" && shift && ");
      whole.add(door.toString());
    }
    whole.set(2, script.append("exec \"$@\"").toString());
    whole.addAll(command);
    return whole;
  }

  private Process spawn(List<String> command, Map<String, String> environment, Path folder)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      return spawner.submit(builder::start).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while starting a process", e);
    } catch (ExecutionException e) {
      throw new IOException("A process could not be started", e.getCause());
    }
  }

  private void endTheGreedy() {
    for (Live live : living) {
      live.checkMemory();
    }
  }

  /// Whether processes with this user id are functions, of this server or of another one on this
  /// machine. Only servers that are root give functions user ids; for others they run as the
  /// server's own user, and their processes are known by [#processIds] alone.
  public static boolean isFunctionUid(int uid) {
    return UserIds.contain(uid);
  }

  /// Tells functions from other clients.
  public Peers peers() throws IOException {
    return new Peers(this, Path.of("/proc"), ownUid(), root);
  }

  @Override
  public boolean everWalledIn() {
    return everWalledIn;
  }

  /// The ids of the processes of all environments that live now, as this process sees them.
  @Override
  public Stream<Long> processIds() {
    return living.stream().flatMap(live -> live.processIds().stream());
  }

  private static int ownUid() throws IOException {
    Path self = Path.of("/proc/self");
    return Files.exists(self)
        ? (Integer) Files.getAttribute(self, "unix:uid")
        : "root".equals(System.getProperty("user.name")) ? 0 : -1;
  }

  private int takeUid() throws IOException {
    return root ? uids.take() : ownUid();
  }

  private void freeUid(int uid) {
    if (root && uid >= 0) {
      uids.free(uid);
    }
  }

  @Override
  public void close() {
    living.forEach(Live::kill);
    CompletableFuture.allOf(living.stream().map(Live::exit).toArray(CompletableFuture[]::new))
        .join();
    watch.shutdownNow();
    spawner.shutdownNow();
    uids.close();
    groups.ifPresent(Cgroups::close);
  }

  /// One started environment.
  private final class Live implements Running {
    private final Launch launch;
    private final Process process;
    private final Cgroups.@Nullable Group group;
    private final int uid;
    private final Output output;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private final Set<Long> stopped = new LinkedHashSet<>();
    private volatile boolean greedy;
    private volatile long peakBytes;

    Live(Launch launch, Process process, Cgroups.@Nullable Group group, int uid, Output output) {
      this.launch = launch;
      this.process = process;
      this.group = group;
      this.uid = uid;
      this.output = output;
    }

    @Override
    public Output output() {
      return output;
    }

    @Override
    public CompletableFuture<Exit> exit() {
      return exit;
    }

    @Override
    public long peakMemoryBytes() {
      look();
      return peakBytes;
    }

    private long look() {
      try {
        long bytes =
            group == null ? ProcessTree.residentBytes(process.toHandle()) : group.anonymousBytes();
        peakBytes = Math.max(peakBytes, bytes);
        return bytes;
      } catch (IOException e) {
        return 0; // it is just ending
      }
    }

    @Override
    public void freeze() {
      if (walls().isEmpty()) {
        return;
      }
      synchronized (stopped) {
        // Who forks meanwhile is found in the next round; who is stopped forks no more.
        for (List<Long> fresh = strangers(); !fresh.isEmpty(); fresh = strangers()) {
          fresh.forEach(Signals::stop);
          stopped.addAll(fresh);
        }
      }
    }

    private List<Long> strangers() {
      List<Long> all = processIds();
      all.removeAll(stopped);
      return all;
    }

    private List<Long> processIds() {
      List<Long> all = new ArrayList<>();
      try {
        if (group != null) {
          all.addAll(group.members());
        } else {
          all.add(process.pid());
          ProcessTree.below(process.toHandle()).forEach(p -> all.add(p.pid()));
        }
      } catch (IOException e) {
        LOG.debug("Just ending: {}", launch.id(), e);
      }
      return all;
    }

    @Override
    public void thaw() {
      synchronized (stopped) {
        stopped.forEach(Signals::goOn);
        stopped.clear();
      }
    }

    @Override
    public void kill() {
      if (walls().isEmpty()) {
        ProcessTree.below(process.toHandle()).forEach(ProcessHandle::destroyForcibly);
      }
      process.destroyForcibly();
    }

    void checkMemory() {
      if (!greedy && look() > (long) launch.memoryMb() << 20) {
        greedy = true;
        kill();
      }
    }

    /// After bwrap has ended: waits for the last of the processes, then clears up.
    private void bury() {
      boolean outOfMemory = greedy;
      if (group != null) {
        outOfMemory |= group.ranOutOfMemory();
        group.remove();
      }
      living.remove(this);
      freeUid(uid);
      exit.complete(new Exit(process.exitValue(), outOfMemory));
    }
  }
}
