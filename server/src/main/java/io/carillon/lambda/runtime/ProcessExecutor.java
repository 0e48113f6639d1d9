package io.carillon.lambda.runtime;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs environments as processes of this machine, in [Bubblewrap] sandboxes if installed.
///
/// Memory is limited twice. A control group limits processes and `/tmp` together; the kernel
/// enforces it at once. The memory of the processes alone is measured several times a second, and
/// an environment beyond the function's size is killed; without control groups this is the only
/// limit, on the resident size of the process tree. Address space is never limited: that would kill
/// every JVM.
///
/// An idle environment is stopped by SIGSTOP, which works with and without control groups, and
/// SIGKILL still ends a stopped process. If this process dies, bwrap kills all processes inside, so
/// none stays behind stopped; without bwrap nothing is stopped.
///
/// Whether to sandbox is decided once, by whether bwrap is installed when the server starts. From
/// then on functions do not run if bwrap fails or is missing.
public final class ProcessExecutor implements Executor, Peers.Processes {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessExecutor.class);
  private static final long WATCH_MILLIS = 50;
  private static final long WATCH_WITHOUT_GROUPS_MILLIS = 250; // it walks through all processes
  private static final Duration DESCRIBE_TIMEOUT = Duration.ofSeconds(5);

  private final Machine machine;
  private final boolean sandboxRequested;
  private final Optional<Sandbox> sandbox;
  private final PlainCommand plain;
  private final Optional<Cgroups> groups;
  private final UserIds uids;
  private final Spawner spawner = new Spawner();
  private final Set<Live> running = ConcurrentHashMap.newKeySet();
  private volatile boolean everStarted;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("environment-memory").daemon().factory());
  private @Nullable SharedFolder shared;

  /// @param workFolder an existing folder for a few small files
  /// @param sandbox whether to sandbox environments if bwrap is installed
  public ProcessExecutor(Path workFolder, boolean sandbox) throws IOException {
    this(workFolder, sandbox, Machine.here());
  }

  ProcessExecutor(Path workFolder, boolean sandboxRequested, Machine machine) throws IOException {
    this.machine = machine;
    this.sandboxRequested = sandboxRequested;
    this.plain = new PlainCommand(machine);
    this.groups = Cgroups.find();
    this.uids = new UserIds(machine, ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
    Optional<Path> program = sandboxRequested ? machine.program("bwrap") : Optional.empty();
    this.sandbox =
        program.isPresent()
            ? Optional.of(new Sandbox(program.get(), workFolder, machine, spawner, uids))
            : Optional.empty();
    sandbox.ifPresentOrElse(Sandbox::tryInBackground, () -> LOG.warn(describe()));
    long period = groups.isPresent() ? WATCH_MILLIS : WATCH_WITHOUT_GROUPS_MILLIS;
    var _ =
        watch.scheduleWithFixedDelay(
            new RepeatingTask("look at the memory of environments", this::killOverMemory),
            period,
            period,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public String taskRoot(Path codeFolder) {
    return isolates() ? Bubblewrap.TASK_ROOT : codeFolder.toString();
  }

  @Override
  public String runtimeRoot(Path runtimeFolder) {
    return isolates() ? Bubblewrap.RUNTIME_ROOT : runtimeFolder.toString();
  }

  @Override
  public boolean isolates() {
    return sandbox.isPresent();
  }

  /// Why functions cannot be sandboxed; empty if they can. Waits for bwrap.
  public Optional<String> sandboxFailure() {
    return sandbox.isPresent()
        ? sandbox.get().failure()
        : Optional.of(
            sandboxRequested ? "bubblewrap (bwrap) is not installed" : "the sandbox is off");
  }

  /// A folder from which environments can run: `preferred`, or a new one if the functions' users
  /// cannot read that.
  public synchronized Path openFolder(Path preferred) throws IOException {
    Files.createDirectories(preferred);
    if (isolates() || !machine.isRoot() || PublicPermissions.allows(preferred)) {
      return preferred;
    }
    if (shared == null) {
      shared = SharedFolder.make();
    }
    return shared.path();
  }

  /// Whether environments can read the path.
  public boolean reaches(Path path) {
    return isolates() || !machine.isRoot() || PublicPermissions.allows(path);
  }

  @Override
  public String describe() {
    String memory =
        "memory is bounded by "
            + groups
                .map(Cgroups::describe)
                .orElse(
                    ProcessTree.residentBytes(ProcessHandle.current()) < 0
                        ? "nothing (there are neither control groups nor /proc here)"
                        : "a watch on resident size (no control groups here)");
    if (sandbox.isPresent()) {
      return sandbox
          .get()
          .failureWithin(DESCRIBE_TIMEOUT)
          .map(
              why ->
                  "FUNCTIONS DO NOT RUN: "
                      + why
                      + ". It is tried again with the next function. (With --sandbox off functions"
                      + " run without a sandbox.)")
          .orElse("Functions run in bubblewrap sandboxes; " + memory + ".");
    }
    Optional<String> missingRequirement =
        machine.isRoot() ? PlainCommand.missingRequirement() : Optional.empty();
    if (missingRequirement.isPresent()) {
      return "FUNCTIONS DO NOT RUN: " + missingRequirement.get() + ".";
    }
    return "FUNCTIONS ARE NOT SANDBOXED"
        + (sandboxRequested
            ? ": install bubblewrap (bwrap) and start again to keep them from "
            : " (--sandbox off): no bubblewrap keeps them from ")
        + (machine.isRoot()
            ? "what every user of this machine can read; they run under user ids of their own, not"
                + " as root; "
            : "this server's files and credentials; they run as its own user; ")
        + memory
        + ".";
  }

  @Override
  public Running start(Launch launch) throws IOException {
    int uid = uids.take();
    Cgroups.@Nullable Group group = null;
    try {
      List<String> own = isolates() ? sandbox.get().command(launch, uid) : plain.of(launch, uid);
      if (groups.isPresent()) {
        long hardBytes = (long) (launch.memoryMb() + launch.temporaryMb()) << 20;
        group =
            groups.get().create(launch.id(), hardBytes, machine.limits().processesPerEnvironment());
      }
      Map<String, String> variables =
          isolates() ? Bubblewrap.environment(launch) : launch.environment();
      if (identifiesFunctions()) {
        everStarted = true;
      }
      Process process =
          spawner.start(
              joiningGroup(group, niced(own)), variables, launch.codeFolder(), Redirect.PIPE);
      Live live = new Live(launch, process, group, uid, Output.of(process));
      running.add(live);
      var _ = process.onExit().thenRunAsync(live::cleanUp, Thread::startVirtualThread);
      return live;
    } catch (IOException | RuntimeException e) {
      if (group != null) {
        group.remove();
      }
      uids.free(uid);
      throw e;
    }
  }

  /// Gives the server priority over functions: by `nice`, if there is no control group for
  /// processor time.
  private List<String> niced(List<String> command) {
    if (groups.filter(Cgroups::shareProcessorTime).isPresent()
        || !Files.isExecutable(Path.of("/usr/bin/nice"))) {
      return command;
    }
    List<String> nice = new ArrayList<>(List.of("/usr/bin/nice", "-n", "10"));
    nice.addAll(command);
    return nice;
  }

  /// A shell joins the groups and then executes the command, so the command is in the groups from
  /// its first instruction.
  private static List<String> joiningGroup(Cgroups.@Nullable Group group, List<String> command) {
    if (group == null) {
      return command;
    }
    StringBuilder script = new StringBuilder();
    List<String> whole = new ArrayList<>(List.of("/bin/sh", "-c", "", "join"));
    for (Path door : group.processFiles()) {
      script.append("echo $$ > \"$1\" && shift && ");
      whole.add(door.toString());
    }
    whole.set(2, script.append("exec \"$@\"").toString());
    whole.addAll(command);
    return whole;
  }

  private void killOverMemory() {
    for (Live live : running) {
      live.checkMemory();
    }
  }

  /// Whether processes with this user id are functions, of this server or of another one on this
  /// machine. Only root servers give functions their own user ids; otherwise only [#processIds]
  /// identifies them.
  public static boolean isFunctionUid(int uid) {
    return UserIds.contain(uid);
  }

  /// The memory usage of all environments.
  Usage usage() {
    return running.stream().map(Live::usage).reduce(Usage.NOTHING, Usage::plus);
  }

  /// Whether functions can be distinguished from other clients: by their user ids if the server is
  /// root, or by the sandbox's process tree.
  public boolean identifiesFunctions() {
    return (isolates() || machine.isRoot()) && Files.exists(Path.of("/proc/net/tcp"));
  }

  /// Distinguishes functions from other clients, if [#identifiesFunctions].
  public Peers peers() {
    return new Peers(this, Path.of("/proc"), machine.uid(), machine.isRoot());
  }

  @Override
  public boolean everStarted() {
    return everStarted;
  }

  /// The process ids of all current environments, as this process sees them.
  @Override
  public Stream<Long> processIds() {
    return running.stream().flatMap(live -> live.processIds().stream());
  }

  @Override
  public void close() {
    running.forEach(Live::kill);
    CompletableFuture.allOf(running.stream().map(Live::exit).toArray(CompletableFuture[]::new))
        .join();
    watch.shutdownNow();
    sandbox.ifPresent(Sandbox::close);
    spawner.close();
    uids.close();
    closeShared();
    groups.ifPresent(Cgroups::close);
  }

  private synchronized void closeShared() {
    if (shared != null) {
      shared.close();
      shared = null;
    }
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
    private volatile boolean overMemory;
    private volatile boolean killed;
    private volatile long peakBytes;
    private volatile Usage usage = Usage.NOTHING;

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
      measure();
      return peakBytes;
    }

    @Override
    public Usage usage() {
      return usage;
    }

    private long measure() {
      try {
        usage = group == null ? usageOfTree() : group.usage();
        peakBytes = Math.max(peakBytes, usage.processBytes());
      } catch (IOException e) {
        usage = Usage.NOTHING; // it is just ending
      }
      return usage.processBytes();
    }

    private Usage usageOfTree() {
      ProcessHandle top = process.toHandle();
      long processBytes = Math.max(0, ProcessTree.residentBytes(top));
      return new Usage(
          processBytes,
          isolates() ? ProcessTree.temporaryBytes(top, (long) launch.temporaryMb() << 20) : 0);
    }

    @Override
    public void freeze() {
      if (!isolates()) {
        return;
      }
      synchronized (stopped) {
        // Processes forked meanwhile are found in the next round; stopped ones cannot fork.
        for (List<Long> found = notStopped(); !found.isEmpty(); found = notStopped()) {
          found.forEach(Signals::stop);
          stopped.addAll(found);
        }
      }
    }

    private List<Long> notStopped() {
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
        stopped.forEach(Signals::resume);
        stopped.clear();
      }
    }

    @Override
    public void kill() {
      killed = true;
      if (!isolates()) {
        ProcessTree.below(process.toHandle()).forEach(ProcessHandle::destroyForcibly);
      }
      process.destroyForcibly();
    }

    void checkMemory() {
      if (!overMemory && measure() > (long) launch.memoryMb() << 20) {
        overMemory = true;
        kill();
      }
    }

    /// After bwrap has exited: waits for the remaining processes, then releases the resources.
    private void cleanUp() {
      boolean outOfMemory = overMemory;
      if (group != null) {
        outOfMemory |= group.ranOutOfMemory();
        group.remove();
      }
      running.remove(this);
      uids.free(uid);
      if (process.exitValue() != 0 && !killed && !outOfMemory) {
        sandbox.ifPresent(Sandbox::invalidate); // bwrap itself may have failed
      }
      exit.complete(new Exit(process.exitValue(), outOfMemory));
    }
  }
}
