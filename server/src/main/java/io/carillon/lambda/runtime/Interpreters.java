package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import io.carillon.lambda.runtime.Interpreter.Version;
import io.carillon.lambda.runtime.InterpreterProbe.Answer;
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

/// Finds the interpreters of this machine. The most promising programs on the path are asked first,
/// and no more of them than are needed to know that no other one can be better: to ask a version
/// manager's shim may take seconds on a busy machine.
final class Interpreters {
  private static final Logger LOG = LoggerFactory.getLogger(Interpreters.class);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int AT_A_TIME = 2;

  private static final Path OWN_JAVA_HOME = Path.of(System.getProperty("java.home"));
  private static final Interpreter OWN_JAVA =
      new Interpreter(
          Family.JAVA,
          new Version(Runtime.version().feature(), 0),
          OWN_JAVA_HOME.resolve("bin/java"),
          List.of(OWN_JAVA_HOME),
          false);

  private final List<Path> path;
  private final InterpreterProbe probe;

  /// Those on this process's own path.
  Interpreters() {
    this(Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin"), PATIENCE);
  }

  /// @param patience how long a program may take to answer
  Interpreters(String path, Duration patience) {
    this.path =
        Stream.of(path.split(":")).filter(folder -> !folder.isEmpty()).map(Path::of).toList();
    this.probe = new InterpreterProbe(patience);
  }

  /// What a search has come to.
  ///
  /// @param best that functions can run
  /// @param hidden the best that works and that functions cannot run
  /// @param silent a program that may be a better one and did not answer
  record Search(
      Optional<Interpreter> best, Optional<Interpreter> hidden, Optional<Answer.Silent> silent) {
    private static final Search NOTHING =
        new Search(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// A program that may be an interpreter.
  ///
  /// @param named the version that its name promises
  private record Candidate(Path program, Optional<Version> named) {}

  /// Looks for the best interpreter there is for `wanted`. Python functions may count on boto3, so
  /// one that has it comes before one of the very version; of several, the nearest, the newer one
  /// of two.
  ///
  /// @param usable which of them functions can run
  Search best(Family family, Version wanted, Predicate<Interpreter> usable) {
    if (family == Family.JAVA && wanted.equals(OWN_JAVA.version()) && usable.test(OWN_JAVA)) {
      return new Search(Optional.of(OWN_JAVA), Optional.empty(), Optional.empty()); // it runs us
    }
    Comparator<Interpreter> order = order(wanted);
    return search(
        family,
        wanted,
        usable,
        (best, left) ->
            left.stream()
                .map(candidate -> atBest(family, candidate, wanted))
                .noneMatch(other -> order.compare(other, best) < 0));
  }

  /// Looks for one that works, however good.
  Search any(Family family, Version wanted, Predicate<Interpreter> usable) {
    return search(family, wanted, usable, (_, _) -> true);
  }

  /// @param isEnough whether the best so far will do, given who has not been asked
  private Search search(
      Family family,
      Version wanted,
      Predicate<Interpreter> usable,
      BiPredicate<Interpreter, Collection<Candidate>> isEnough) {
    Comparator<Interpreter> order = order(wanted);
    Deque<Candidate> left = new ArrayDeque<>(candidates(family, wanted));
    Search found = Search.NOTHING;
    while (!left.isEmpty()
        && (found.best().isEmpty() || !isEnough.test(found.best().get(), left))) {
      found = add(found, probe.ask(family, left.removeFirst().program()), usable, order);
    }
    return found;
  }

  private static Search add(
      Search found, Answer answer, Predicate<Interpreter> usable, Comparator<Interpreter> order) {
    return switch (answer) {
      case Answer.Works(Interpreter works) ->
          usable.test(works)
              ? new Search(better(found.best(), works, order), found.hidden(), found.silent())
              : new Search(found.best(), better(found.hidden(), works, order), found.silent());
      case Answer.Silent silent ->
          new Search(found.best(), found.hidden(), found.silent().or(() -> Optional.of(silent)));
      case Answer.Fails() -> found;
    };
  }

  private static Optional<Interpreter> better(
      Optional<Interpreter> one, Interpreter other, Comparator<Interpreter> order) {
    return one.filter(first -> order.compare(first, other) <= 0).or(() -> Optional.of(other));
  }

  /// The best first.
  private static Comparator<Interpreter> order(Version wanted) {
    return Comparator.comparing((Interpreter i) -> i.family() == Family.PYTHON && !i.hasAwsSdk())
        .thenComparingInt(i -> i.version().distance(wanted))
        .thenComparing(Interpreter::version, Comparator.reverseOrder());
  }

  /// What a program may turn out to be, at the best.
  private static Interpreter atBest(Family family, Candidate candidate, Version wanted) {
    return new Interpreter(
        family, candidate.named().orElse(wanted), candidate.program(), List.of(), true);
  }

  /// All of a family that work or may work.
  List<Answer> all(Family family) {
    Map<Path, Answer> byPlace = new LinkedHashMap<>();
    for (Answer answer : ask(family, candidates(family, new Version(0, 0)))) {
      switch (answer) {
        case Answer.Works works -> byPlace.putIfAbsent(works.interpreter().executable(), works);
        case Answer.Silent silent -> byPlace.putIfAbsent(silent.program(), silent);
        case Answer.Fails() -> {}
      }
    }
    return List.copyOf(byPlace.values());
  }

  /// Asks several at a time: they are slow to start and quick to answer.
  private List<Answer> ask(Family family, List<Candidate> candidates) {
    List<Answer> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
      List<Callable<Answer>> questions = new ArrayList<>();
      candidates.forEach(one -> questions.add(() -> probe.ask(family, one.program())));
      for (Future<Answer> answer : threads.invokeAll(questions)) {
        answers.add(answer.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      candidates.forEach(one -> answers.add(new Answer.Silent(one.program(), "interrupted")));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return answers;
  }

  /// The most promising first.
  private List<Candidate> candidates(Family family, Version wanted) {
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

  /// Versions of Python that there are or may be, the nearest to `wanted` first.
  private static List<Version> pythons(Version wanted) {
    return IntStream.rangeClosed(7, 20)
        .mapToObj(minor -> new Version(3, minor))
        .sorted(
            Comparator.comparingInt((Version version) -> version.distance(wanted))
                .thenComparing(Comparator.reverseOrder()))
        .toList();
  }

  private void addFromPath(Map<Path, Candidate> candidates, String name, Optional<Version> named) {
    path.forEach(folder -> add(candidates, folder.resolve(name), named));
  }

  private static void add(Map<Path, Candidate> candidates, Path program, Optional<Version> named) {
    if (Files.isExecutable(program)) {
      candidates.putIfAbsent(place(program), new Candidate(program, named));
    }
  }

  /// One program may have several names: `/bin` is a link to `/usr/bin`, and `python3` one to
  /// `python3.11` beside it. Links into other folders are kept, for a virtual environment is known
  /// by the folder of the link.
  private static Path place(Path program) {
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
