package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Probes interpreters by running them: a name is no evidence, because version managers install
/// shims that fail.
///
/// Results are cached, except timeouts: the machine may be busy and the program usable.
final class InterpreterProbe {
  private static final Logger LOG = LoggerFactory.getLogger(InterpreterProbe.class);

  /// Higher statuses report a signal, such as SIGKILL on a machine without memory.
  private static final int LAST_OWN_STATUS = 127;

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

  /// The result of a probe.
  sealed interface ProbeResult {
    record Works(Interpreter interpreter) implements ProbeResult {}

    /// Not an interpreter of this family, or broken.
    record Fails() implements ProbeResult {}

    /// It did not respond.
    record Inconclusive(Path program, String why) implements ProbeResult {}
  }

  private final Duration timeout;
  private final Map<Path, ProbeResult> results = new ConcurrentHashMap<>();

  InterpreterProbe(Duration timeout) {
    this.timeout = timeout;
  }

  /// Probes a program, unless the result is cached.
  ProbeResult ask(Family family, Path program) {
    ProbeResult cached = results.get(program);
    if (cached != null) {
      return cached;
    }
    ProbeResult answer = run(family, program);
    if (!(answer instanceof ProbeResult.Inconclusive)) {
      results.put(program, answer);
    }
    return answer;
  }

  private ProbeResult run(Family family, Path program) {
    try {
      return inspect(family, program)
          .<ProbeResult>map(ProbeResult.Works::new)
          .orElseGet(ProbeResult.Fails::new);
    } catch (NoAnswerException e) {
      LOG.warn("{} is asked again when it is needed: {}", program, e.getMessage());
      return new ProbeResult.Inconclusive(program, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} is no working {}", program, family.title, e);
      return new ProbeResult.Fails();
    }
  }

  private Optional<Interpreter> inspect(Family family, Path program) throws IOException {
    return switch (family) {
      case PYTHON -> {
        List<String> answer = run(program, "-c", ASK_PYTHON);
        if (answer.size() < 4) {
          yield Optional.empty();
        }
        yield Optional.of(
            new Interpreter(
                family,
                Interpreter.Version.parse(answer.get(0)),
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
                Interpreter.Version.parse(answer.get(0)),
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
  private static Interpreter.Version javaVersion(List<String> settings) throws IOException {
    for (String line : settings) {
      String[] part = line.split("=", 2);
      if (part.length == 2 && part[0].strip().equals("java.specification.version")) {
        return Interpreter.Version.parse(part[1].strip().replaceFirst("^1\\.", ""));
      }
    }
    throw new IOException("It does not tell its version");
  }

  /// Excludes the root folder, whatever an interpreter reports.
  private static List<Path> folders(List<String> names) {
    return names.stream().map(Path::of).filter(folder -> folder.getNameCount() > 0).toList();
  }

  private List<String> run(Path program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    try {
      if (!process.waitFor(timeout)) {
        throw new NoAnswerException("it did not answer within " + timeout.toSeconds() + " s");
      }
      if (process.exitValue() > LAST_OWN_STATUS) {
        throw new NoAnswerException("it ended with status " + process.exitValue());
      }
      return process.exitValue() == 0
          ? new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList()
          : List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoAnswerException("the server was interrupted while it asked");
    } finally {
      ProcessTree.below(process.toHandle()).forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static final class NoAnswerException extends IOException {
    private static final long serialVersionUID = 1;

    NoAnswerException(String message) {
      super(message);
    }
  }
}
