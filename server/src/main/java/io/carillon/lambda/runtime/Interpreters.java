package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import io.carillon.lambda.runtime.InterpreterProbe.ProbeResult;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the interpreters of this machine. It probes the most likely programs on the path first,
/// and stops when no other can be better: probing a version manager's shim may take seconds on a
/// busy machine.
final class Interpreters {
  private static final Logger LOG = LoggerFactory.getLogger(Interpreters.class);
  private static final Duration PROBE_TIMEOUT = Duration.ofMinutes(1);
  private static final int PARALLEL_PROBES = 2;

  private static final Path OWN_JAVA_HOME = Path.of(System.getProperty("java.home"));
  private static final Interpreter OWN_JAVA =
      new Interpreter(
          Family.JAVA,
          new Interpreter.Version(Runtime.version().feature(), 0),
          OWN_JAVA_HOME.resolve("bin/java"),
          List.of(OWN_JAVA_HOME),
          false);

  private final List<Path> path;
  private final InterpreterProbe probe;

  /// Searches this process's PATH.
  Interpreters() {
    this(Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin"), PROBE_TIMEOUT);
  }

  /// @param timeout how long a probe may take
  Interpreters(String path, Duration timeout) {
    this.path =
        Stream.of(path.split(":")).filter(folder -> !folder.isEmpty()).map(Path::of).toList();
    this.probe = new InterpreterProbe(timeout);
  }

  /// The result of a search.
  ///
  /// @param best the best that functions can run
  /// @param unreadable the best that works but that functions cannot read
  /// @param inconclusive a program that did not respond and may be better
  record Search(
      Optional<Interpreter> best,
      Optional<Interpreter> unreadable,
      Optional<ProbeResult.Inconclusive> inconclusive) {
    private static final Search NOTHING =
        new Search(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// A program that may be an interpreter of the family.
  ///
  /// @param namedVersion the version in its name
  private record Candidate(Path program, Optional<Interpreter.Version> namedVersion) {}

  /// Finds the best interpreter for `wanted`. Python functions rely on boto3, so an interpreter
  /// with boto3 is preferred to one of the exact version; then the nearest version, the newer of
  /// two.
  ///
  /// @param usable whether functions can run it
  Search best(Family family, Interpreter.Version wanted, Predicate<Interpreter> usable) {
    if (family == Family.JAVA && wanted.equals(OWN_JAVA.version()) && usable.test(OWN_JAVA)) {
      return new Search(Optional.of(OWN_JAVA), Optional.empty(), Optional.empty()); // it runs us
    }
    Comparator<Interpreter> order = order(wanted);
    return search(
        family,
        wanted,
        usable,
        (best, remaining) ->
            remaining.stream()
                .map(candidate -> bestCase(family, candidate, wanted))
                .noneMatch(other -> order.compare(other, best) < 0));
  }

  /// Finds any that works.
  Search any(Family family, Interpreter.Version wanted, Predicate<Interpreter> usable) {
    return search(family, wanted, usable, (_, _) -> true);
  }

  /// @param isEnough whether to stop, given the best so far and the remaining candidates
  private Search search(
      Family family,
      Interpreter.Version wanted,
      Predicate<Interpreter> usable,
      BiPredicate<Interpreter, Collection<Candidate>> isEnough) {
    Comparator<Interpreter> order = order(wanted);
    Deque<Candidate> remaining = new ArrayDeque<>(candidates(family, wanted));
    Search found = Search.NOTHING;
    while (!remaining.isEmpty()
        && (found.best().isEmpty() || !isEnough.test(found.best().get(), remaining))) {
      found = add(found, probe.ask(family, remaining.removeFirst().program()), usable, order);
    }
    return found;
  }

  private static Search add(
      Search found,
      ProbeResult answer,
      Predicate<Interpreter> usable,
      Comparator<Interpreter> order) {
    return switch (answer) {
      case ProbeResult.Works(Interpreter works) ->
          usable.test(works)
              ? new Search(
                  better(found.best(), works, order), found.unreadable(), found.inconclusive())
              : new Search(
                  found.best(), better(found.unreadable(), works, order), found.inconclusive());
      case ProbeResult.Inconclusive inconclusive ->
          new Search(
              found.best(),
              found.unreadable(),
              found.inconclusive().or(() -> Optional.of(inconclusive)));
      case ProbeResult.Fails() -> found;
    };
  }

  private static Optional<Interpreter> better(
      Optional<Interpreter> one, Interpreter other, Comparator<Interpreter> order) {
    return one.filter(first -> order.compare(first, other) <= 0).or(() -> Optional.of(other));
  }

  /// Best first.
  private static Comparator<Interpreter> order(Interpreter.Version wanted) {
    return Comparator.comparing((Interpreter i) -> i.family() == Family.PYTHON && !i.hasAwsSdk())
        .thenComparingInt(i -> i.version().distance(wanted))
        .thenComparing(Interpreter::version, Comparator.reverseOrder());
  }

  /// The best interpreter that a candidate can be.
  private static Interpreter bestCase(
      Family family, Candidate candidate, Interpreter.Version wanted) {
    return new Interpreter(
        family, candidate.namedVersion().orElse(wanted), candidate.program(), List.of(), true);
  }

  /// All of a family that work or did not respond.
  List<ProbeResult> all(Family family) {
    Map<Path, ProbeResult> byPath = new LinkedHashMap<>();
    for (ProbeResult answer : ask(family, candidates(family, new Interpreter.Version(0, 0)))) {
      switch (answer) {
        case ProbeResult.Works works -> byPath.putIfAbsent(works.interpreter().executable(), works);
        case ProbeResult.Inconclusive inconclusive ->
            byPath.putIfAbsent(inconclusive.program(), inconclusive);
        case ProbeResult.Fails() -> {}
      }
    }
    return List.copyOf(byPath.values());
  }

  /// Probes several at a time.
  private List<ProbeResult> ask(Family family, List<Candidate> candidates) {
    List<ProbeResult> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(PARALLEL_PROBES)) {
      List<Callable<ProbeResult>> questions = new ArrayList<>();
      candidates.forEach(one -> questions.add(() -> probe.ask(family, one.program())));
      for (Future<ProbeResult> answer : threads.invokeAll(questions)) {
        results.add(answer.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      candidates.forEach(
          one -> results.add(new ProbeResult.Inconclusive(one.program(), "interrupted")));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return results;
  }

  /// The most likely first.
  private List<Candidate> candidates(Family family, Interpreter.Version wanted) {
    Map<Path, Candidate> candidates = new LinkedHashMap<>();
    switch (family) {
      case PYTHON -> {
        addFromPath(candidates, "python" + wanted, Optional.of(wanted));
        addFromPath(candidates, "python3", Optional.empty());
        pythons(wanted)
            .forEach(version -> addFromPath(candidates, "python" + version, Optional.of(version)));
      }
      case NODE -> addFromPath(candidates, "node", Optional.empty());
      case JAVA -> {
        add(candidates, OWN_JAVA.executable(), Optional.empty());
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(Path.of("/usr/lib/jvm"))) {
          homes.forEach(home -> add(candidates, home.resolve("bin/java"), Optional.empty()));
        } catch (IOException e) {
          LOG.debug("No /usr/lib/jvm", e);
        }
      }
    }
    return List.copyOf(candidates.values());
  }

  /// Existing and future versions of Python, the nearest to `wanted` first.
  private static List<Interpreter.Version> pythons(Interpreter.Version wanted) {
    return IntStream.rangeClosed(7, 20)
        .mapToObj(minor -> new Interpreter.Version(3, minor))
        .sorted(
            Comparator.comparingInt((Interpreter.Version version) -> version.distance(wanted))
                .thenComparing(Comparator.reverseOrder()))
        .toList();
  }

  private void addFromPath(
      Map<Path, Candidate> candidates, String name, Optional<Interpreter.Version> namedVersion) {
    path.forEach(folder -> add(candidates, folder.resolve(name), namedVersion));
  }

  private static void add(
      Map<Path, Candidate> candidates, Path program, Optional<Interpreter.Version> namedVersion) {
    if (Files.isExecutable(program)) {
      candidates.putIfAbsent(canonicalPath(program), new Candidate(program, namedVersion));
    }
  }

  /// Resolves aliases of one program: `/bin` links to `/usr/bin`, and `python3` to `python3.11`
  /// beside it. Links into other folders are not resolved, because the link's folder identifies a
  /// virtual environment.
  private static Path canonicalPath(Path program) {
    try {
      Path folder = Objects.requireNonNull(program.getParent()).toRealPath();
      Path name = program.getFileName();
      for (int hops = 0; hops < 10 && Files.isSymbolicLink(folder.resolve(name)); hops++) {
        Path target = folder.resolve(Files.readSymbolicLink(folder.resolve(name))).normalize();
        if (!folder.equals(target.getParent())) {
          break;
        }
        name = target.getFileName();
      }
      return folder.resolve(name);
    } catch (IOException e) {
      return program; // it cannot be run either
    }
  }
}
