package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import io.carillon.lambda.runtime.Interpreter.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the interpreters of this machine by running what is on the path: a name says nothing, for
/// version managers put shims there that fail. Each program is asked once, when first needed; all
/// of a family are asked only if the likely ones are not what is wanted.
final class Interpreters {
  private static final Logger LOG = LoggerFactory.getLogger(Interpreters.class);
  private static final int SECONDS = 20;
  private static final int LIKELY = 2;
  private static final int AT_A_TIME = 4;

  private static final String ASK_PYTHON =
      """
      import importlib.util, os, sys
      print('%d.%d' % sys.version_info[:2])
      print(os.path.realpath(sys.executable))
      print('yes' if importlib.util.find_spec('boto3') else 'no')
      for p in {sys.prefix, sys.base_prefix, sys.exec_prefix}: print(p)
      """;
  private static final String ASK_NODE =
      """
      console.log(process.versions.node.split('.')[0]);
      console.log(require('fs').realpathSync(process.execPath));
      let sdk = 'yes';
      try { require.resolve('@aws-sdk/client-sns'); } catch (e) { sdk = 'no'; }
      console.log(sdk);
      """;

  private static final Path OWN_JAVA_HOME = Path.of(System.getProperty("java.home"));
  private static final Interpreter OWN_JAVA =
      new Interpreter(
          Family.JAVA,
          new Version(Runtime.version().feature(), 0),
          OWN_JAVA_HOME.resolve("bin/java"),
          List.of(OWN_JAVA_HOME),
          false);

  private final Map<Path, Optional<Interpreter>> asked = new ConcurrentHashMap<>();

  /// The best interpreter there is for `wanted`. Python functions may count on boto3, so one that
  /// has it comes before one of the very version; of several, the nearest, the newer one of two.
  ///
  /// @param usable which of them functions can run
  Optional<Interpreter> best(Family family, Version wanted, Predicate<Interpreter> usable) {
    if (family == Family.JAVA && wanted.equals(OWN_JAVA.version()) && usable.test(OWN_JAVA)) {
      return Optional.of(OWN_JAVA); // it runs: it runs us
    }
    Set<Path> candidates = candidates(family, wanted);
    for (Path likely : candidates.stream().limit(LIKELY).toList()) {
      Optional<Interpreter> interpreter = ask(family, likely);
      if (interpreter.filter(i -> isAsOnAws(i, wanted)).filter(usable).isPresent()) {
        return interpreter;
      }
    }
    return ask(family, candidates).stream()
        .filter(usable)
        .min(
            Comparator.comparing((Interpreter i) -> family == Family.PYTHON && !i.hasAwsSdk())
                .thenComparing(i -> i.version().distance(wanted))
                .thenComparing(Interpreter::version, Comparator.reverseOrder()));
  }

  private static boolean isAsOnAws(Interpreter interpreter, Version wanted) {
    boolean complete = interpreter.family() != Family.PYTHON || interpreter.hasAwsSdk();
    return complete && interpreter.version().equals(wanted);
  }

  /// All interpreters of a family.
  List<Interpreter> all(Family family) {
    return ask(family, candidates(family, new Version(0, 0)));
  }

  /// Asks several at a time: they are slow to start and quick to answer.
  private List<Interpreter> ask(Family family, Set<Path> candidates) {
    Map<Path, Interpreter> byPlace = new LinkedHashMap<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
      List<Callable<Optional<Interpreter>>> questions = new ArrayList<>();
      candidates.forEach(candidate -> questions.add(() -> ask(family, candidate)));
      for (Future<Optional<Interpreter>> answer : threads.invokeAll(questions)) {
        answer.get().ifPresent(found -> byPlace.putIfAbsent(found.executable(), found));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return List.copyOf(byPlace.values());
  }

  private Optional<Interpreter> ask(Family family, Path candidate) {
    return asked.computeIfAbsent(
        candidate,
        program -> {
          try {
            return look(family, program);
          } catch (IOException | RuntimeException e) {
            LOG.debug("{} is no working {}", program, family.title, e);
            return Optional.empty();
          }
        });
  }

  /// The likely ones first.
  private static Set<Path> candidates(Family family, Version wanted) {
    Set<Path> candidates = new LinkedHashSet<>();
    switch (family) {
      case PYTHON -> {
        addFromPath(candidates, "python" + wanted);
        addFromPath(candidates, "python3");
        for (int minor = 15; minor >= 7; minor--) {
          addFromPath(candidates, "python3." + minor);
        }
      }
      case NODE -> addFromPath(candidates, "node");
      case JAVA -> {
        candidates.add(OWN_JAVA.executable());
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(Path.of("/usr/lib/jvm"))) {
          homes.forEach(home -> candidates.add(home.resolve("bin/java")));
        } catch (IOException e) {
          LOG.debug("No /usr/lib/jvm", e);
        }
      }
    }
    candidates.removeIf(candidate -> !Files.isExecutable(candidate));
    return candidates;
  }

  private static void addFromPath(Set<Path> candidates, String name) {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "/usr/bin:/bin" : path).split(":")) {
      if (!folder.isEmpty()) {
        candidates.add(Path.of(folder, name));
      }
    }
  }

  private static Optional<Interpreter> look(Family family, Path program) throws IOException {
    return switch (family) {
      case PYTHON -> {
        List<String> answer = run(program, "-c", ASK_PYTHON);
        if (answer.size() < 4) {
          yield Optional.empty();
        }
        yield Optional.of(
            new Interpreter(
                family,
                Version.parse(answer.get(0)),
                Path.of(answer.get(1)),
                folders(answer.subList(3, answer.size())),
                answer.get(2).equals("yes")));
      }
      case NODE -> {
        List<String> answer = run(program, "-e", ASK_NODE);
        if (answer.size() < 3) {
          yield Optional.empty();
        }
        Path executable = Path.of(answer.get(1));
        Path prefix = executable.resolve("../..").normalize();
        yield Optional.of(
            new Interpreter(
                family,
                Version.parse(answer.get(0)),
                executable,
                folders(List.of(prefix.toString())),
                answer.get(2).equals("yes")));
      }
      case JAVA -> {
        Path home = program.toRealPath().resolve("../..").normalize();
        if (!Files.exists(home.resolve("release"))) {
          yield Optional.empty();
        }
        yield Optional.of(
            new Interpreter(
                family,
                javaVersion(run(program, "-XshowSettings:properties", "-version")),
                home.resolve("bin/java"),
                List.of(home),
                false));
      }
    };
  }

  /// `java.specification.version = 1.8` is Java 8.
  private static Version javaVersion(List<String> settings) throws IOException {
    for (String line : settings) {
      String[] part = line.split("=", 2);
      if (part.length == 2 && part[0].strip().equals("java.specification.version")) {
        return Version.parse(part[1].strip().replaceFirst("^1\\.", ""));
      }
    }
    throw new IOException("It does not tell its version");
  }

  /// Never the whole file system, whatever an interpreter says of itself.
  private static List<Path> folders(List<String> names) {
    return names.stream().map(Path::of).filter(folder -> folder.getNameCount() > 0).toList();
  }

  private static List<String> run(Path program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        return List.of();
      }
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } finally {
      process.destroyForcibly();
    }
  }
}
