package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import io.carillon.lambda.runtime.Interpreter.Version;
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

/// Finds out what a program is by running it: a name says nothing, for version managers put shims
/// there that fail.
///
/// What a program has answered is remembered. That it has not answered in time is not: the machine
/// is busy, and the program may be what is wanted.
final class InterpreterProbe {
  private static final Logger LOG = LoggerFactory.getLogger(InterpreterProbe.class);

  /// Statuses above tell of a signal, such as that of a machine without memory.
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

  /// What a program is.
  sealed interface Answer {
    record Works(Interpreter interpreter) implements Answer {}

    /// It is none, or it is broken.
    record Fails() implements Answer {}

    /// It did not answer, so nobody knows.
    record Silent(Path program, String why) implements Answer {}
  }

  private final Duration patience;
  private final Map<Path, Answer> answers = new ConcurrentHashMap<>();

  InterpreterProbe(Duration patience) {
    this.patience = patience;
  }

  /// Asks a program, unless it has answered before.
  Answer ask(Family family, Path program) {
    Answer known = answers.get(program);
    if (known != null) {
      return known;
    }
    Answer answer = run(family, program);
    if (!(answer instanceof Answer.Silent)) {
      answers.put(program, answer);
    }
    return answer;
  }

  private Answer run(Family family, Path program) {
    try {
      return look(family, program).<Answer>map(Answer.Works::new).orElseGet(Answer.Fails::new);
    } catch (SilenceException e) {
      LOG.warn("{} is asked again when it is needed: {}", program, e.getMessage());
      return new Answer.Silent(program, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} is no working {}", program, family.title, e);
      return new Answer.Fails();
    }
  }

  private Optional<Interpreter> look(Family family, Path program) throws IOException {
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

  private List<String> run(Path program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    try {
      if (!process.waitFor(patience)) {
        throw new SilenceException("it did not answer within " + patience.toSeconds() + " s");
      }
      if (process.exitValue() > LAST_OWN_STATUS) {
        throw new SilenceException("it ended with status " + process.exitValue());
      }
      return process.exitValue() == 0
          ? new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList()
          : List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SilenceException("the server was interrupted while it asked");
    } finally {
      ProcessTree.below(process.toHandle()).forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static final class SilenceException extends IOException {
    private static final long serialVersionUID = 1;

    SilenceException(String message) {
      super(message);
    }
  }
}
