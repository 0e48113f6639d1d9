package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Starts Lambda's runtimes: `python*` and `nodejs*` with our own bootstraps, `java*` with AWS's
/// runtime interface client, `provided*` with the function's own `bootstrap`.
public final class Runtimes {
  private static final Pattern NAME =
      Pattern.compile("(?<family>python|nodejs|java)(?<version>[0-9][0-9a-z.]*)|provided.*");
  private static final String CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";

  /// Classes whose jars a Java function needs in addition to its own: the client, its
  /// serialization, and the interfaces that handlers implement.
  private static final List<String> CLIENT_CLASSES =
      List.of(
          CLIENT,
          "com.amazonaws.services.lambda.runtime.Context",
          "com.amazonaws.services.lambda.runtime.serialization.PojoSerializer",
          "software.amazon.awssdk.utilslite.SdkInternalThreadLocal");

  private final Path folder;
  private final Interpreters interpreters;
  private final boolean refuseDeprecated;
  private final Predicate<Path> reachable;
  private boolean prepared;

  /// @param folder the folder for our bootstraps
  /// @param refuseDeprecated whether to refuse deprecated runtimes as AWS does; otherwise functions
  ///   run and their log warns
  /// @param reachable whether functions can read a path
  public Runtimes(Path folder, boolean refuseDeprecated, Predicate<Path> reachable)
      throws IOException {
    this(folder, new Interpreters(), refuseDeprecated, reachable);
  }

  Runtimes(
      Path folder, Interpreters interpreters, boolean refuseDeprecated, Predicate<Path> reachable)
      throws IOException {
    this.interpreters = interpreters;
    this.refuseDeprecated = refuseDeprecated;
    this.reachable = reachable;
    this.folder = Files.createDirectories(folder);
  }

  private boolean isReachable(Interpreter interpreter) {
    return reachable.test(interpreter.executable())
        && interpreter.folders().stream().allMatch(reachable);
  }

  /// Copies bootstraps and client into the folder, before the first function starts.
  private synchronized void prepare() throws IOException {
    if (prepared) {
      return;
    }
    for (String bootstrap : List.of("bootstrap.py", "bootstrap.cjs")) {
      try (InputStream in =
          Runtimes.class.getResourceAsStream("/io/carillon/lambda/" + bootstrap)) {
        if (in == null) {
          throw new IllegalStateException("Not in the build: " + bootstrap);
        }
        Path copy = folder.resolve(bootstrap);
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        PublicPermissions.grant(copy);
      }
    }
    copyJavaClient();
    PublicPermissions.grant(folder);
    prepared = true;
  }

  /// Copied, because functions must not see the folder of our own jars.
  private void copyJavaClient() throws IOException {
    Path target = Files.createDirectories(folder.resolve("java"));
    PublicPermissions.grant(target);
    for (String name : CLIENT_CLASSES) {
      try {
        Path jar =
            Path.of(
                Class.forName(name).getProtectionDomain().getCodeSource().getLocation().toURI());
        Path copy = target.resolve(jar.getFileName());
        Files.copy(jar, copy, StandardCopyOption.REPLACE_EXISTING);
        PublicPermissions.grant(copy);
      } catch (ClassNotFoundException | URISyntaxException e) {
        throw new IllegalStateException("The Java runtime interface client is incomplete", e);
      }
    }
  }

  Path folder() {
    return folder;
  }

  /// How to run a function.
  ///
  /// @param taskRoot where the function's code lies as it sees it
  /// @param runtimeRoot where our bootstraps lie as it sees them
  /// @param variables in addition to those of every runtime
  /// @param warning for the function's log; empty if nothing differs from AWS
  record Plan(
      String taskRoot,
      String runtimeRoot,
      List<String> command,
      Map<String, String> variables,
      List<Path> readable,
      String version,
      String warning) {}

  /// Describes what a runtime lacks here; empty if nothing, or if a candidate program did not
  /// respond in time.
  public Optional<String> missingFor(String runtime) {
    Matcher name = NAME.matcher(runtime);
    if (!name.matches()) {
      return Optional.of("The runtime " + runtime + " is not supported by this server.");
    }
    if (name.group("family") == null || familyOf(name) == Family.JAVA) {
      return Optional.empty();
    }
    Family family = familyOf(name);
    Interpreter.Version wanted = Interpreter.Version.parse(name.group("version"));
    Interpreters.Search search = interpreters.any(family, wanted, this::isReachable);
    return search.best().isPresent() || search.inconclusive().isPresent()
        ? Optional.empty()
        : Optional.of(missing(runtime, family, wanted, search));
  }

  /// Finds the interpreter for a runtime in advance, which may take seconds.
  public void find(String runtime) {
    Matcher name = NAME.matcher(runtime);
    if (name.matches() && name.group("family") != null) {
      Interpreter.Version wanted = Interpreter.Version.parse(name.group("version"));
      var _ = interpreters.best(familyOf(name), wanted, this::isReachable);
    }
  }

  /// AWS's error for a deprecated runtime; empty if it is accepted.
  public Optional<String> refusal(String runtime, RuntimeLifecycle.Use use, LocalDate today) {
    return refuseDeprecated
        ? RuntimeLifecycle.of(runtime).flatMap(lifecycle -> lifecycle.refusal(use, today))
        : Optional.empty();
  }

  private static String missing(
      String runtime, Family family, Interpreter.Version wanted, Interpreters.Search search) {
    String needs = "The runtime %s needs %s, and ".formatted(runtime, family.title);
    String install = " Install %s %s".formatted(family.title, wanted);
    if (search.inconclusive().isPresent()) {
      return needs
          + "%s is too slow: %s. It is asked again with the next start of a function."
              .formatted(search.inconclusive().get().program(), search.inconclusive().get().why());
    }
    return search
        .unreadable()
        .map(
            unreadable ->
                needs
                    + unreadable.executable()
                    + " can be read by root alone, which functions never are."
                    + install
                    + " where every user can read it, or bubblewrap.")
        .orElse(needs + "none that works is on this server's PATH." + install + ".");
  }

  /// AWS's error for an invalid `bootstrap` of a `provided*` function; empty if it is valid.
  ///
  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html; for
  /// files without the permission, https://github.com/awslabs/aws-lambda-dart-runtime/issues/20
  Optional<EnvironmentFailure> entrypointError(FunctionSpec function, Path codeFolder) {
    Path bootstrap = codeFolder.resolve("bootstrap");
    boolean exists = Files.isRegularFile(bootstrap);
    boolean runs = exists && Files.isExecutable(bootstrap);
    if (!function.runtime().startsWith("provided") || runs) {
      return Optional.empty();
    }
    String message =
        exists
            ? "fork/exec /var/task/bootstrap: permission denied"
            : "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    return Optional.of(new EnvironmentFailure.ProcessFailed("Runtime.InvalidEntrypoint", message));
  }

  /// @param taskRoot where the function's code lies as it sees it
  /// @param runtimeRoot where our bootstraps lie as it sees them
  Plan plan(FunctionSpec function, String taskRoot, String runtimeRoot) throws IOException {
    prepare();
    Matcher name = NAME.matcher(function.runtime());
    if (!name.matches()) {
      throw new IOException("The runtime " + function.runtime() + " is not supported");
    }
    if (name.group("family") == null) {
      return new Plan(
          taskRoot,
          runtimeRoot,
          List.of(taskRoot + "/bootstrap"),
          Map.of(),
          List.of(),
          function.runtime(),
          "");
    }
    Family family = familyOf(name);
    Interpreter.Version wanted = Interpreter.Version.parse(name.group("version"));
    Interpreters.Search search = interpreters.best(family, wanted, this::isReachable);
    Interpreter interpreter =
        search
            .best()
            .orElseThrow(
                () -> new IOException(missing(function.runtime(), family, wanted, search)));
    String version = family.prefix + ":" + interpreter.version();
    String program = interpreter.executable().toString();
    String warning = warning(interpreter, wanted, function.runtime());
    return switch (family) {
      case PYTHON ->
          new Plan(
              taskRoot,
              runtimeRoot,
              List.of(program, runtimeRoot + "/bootstrap.py"),
              Map.of("PYTHONPATH", runtimeRoot, "PYTHONNOUSERSITE", "1"),
              interpreter.folders(),
              version,
              warning);
      case NODE ->
          new Plan(
              taskRoot,
              runtimeRoot,
              List.of(
                  program,
                  "--max-old-space-size=" + function.memoryMb() * 3 / 4,
                  runtimeRoot + "/bootstrap.cjs"),
              Map.of("NODE_PATH", taskRoot + "/node_modules:/usr/share/nodejs"),
              interpreter.folders(),
              version,
              warning);
      case JAVA ->
          new Plan(
              taskRoot,
              runtimeRoot,
              javaCommand(function, program, runtimeRoot, interpreter.version()),
              Map.of("JAVA_HOME", interpreter.folders().getFirst().toString()),
              interpreter.folders(),
              version,
              warning);
    };
  }

  private static List<String> javaCommand(
      FunctionSpec function, String program, String runtimeRoot, Interpreter.Version version) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    // Besides its heap a JVM needs some 50 MB, more for large heaps.
    int heapMb = function.memoryMb() - Math.max(56, function.memoryMb() * 3 / 20);
    command.add("-Xmx" + heapMb + "m");
    if (version.major() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED"); // the client has a native part
    }
    command.addAll(List.of("-cp", runtimeRoot + "/java/*", CLIENT, function.handler()));
    return command;
  }

  private static Family familyOf(Matcher name) {
    return switch (name.group("family")) {
      case "python" -> Family.PYTHON;
      case "nodejs" -> Family.NODE;
      default -> Family.JAVA;
    };
  }

  private static String warning(
      Interpreter interpreter, Interpreter.Version wanted, String runtime) {
    List<String> message = new ArrayList<>();
    if (!interpreter.version().equals(wanted)) {
      message.add(
          "%s is not available here; this function runs on %s %s (%s)."
              .formatted(
                  runtime,
                  interpreter.family().title,
                  interpreter.version(),
                  interpreter.executable()));
    }
    if (interpreter.family() == Family.PYTHON && !interpreter.hasAwsSdk()) {
      message.add("boto3 is not installed for it (pip install boto3), as it would be on AWS.");
    }
    return message.isEmpty() ? "" : "[carillon] WARNING: " + String.join(" ", message);
  }

  /// Lists the interpreters, for people.
  public Map<String, List<String>> describe() {
    Map<String, List<String>> all = new HashMap<>();
    for (Family family : Family.values()) {
      all.put(
          family.title,
          interpreters.all(family).stream()
              .map(
                  answer ->
                      switch (answer) {
                        case InterpreterProbe.ProbeResult.Works(Interpreter i) ->
                            i.version() + " at " + i.executable();
                        case InterpreterProbe.ProbeResult.Inconclusive(Path program, String why) ->
                            program + ": " + why;
                        case InterpreterProbe.ProbeResult.Fails() -> "";
                      })
              .filter(line -> !line.isEmpty())
              .toList());
    }
    return all;
  }
}
