package io.carillon.lambda.runtime;

import io.carillon.lambda.runtime.Interpreter.Family;
import io.carillon.lambda.runtime.Interpreter.Version;
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

/// How each of Lambda's runtimes is started here: `python*` and `nodejs*` by our own bootstraps,
/// `java*` by AWS's runtime interface client, `provided*` by the function's own `bootstrap`.
public final class Runtimes {
  private static final Pattern NAME =
      Pattern.compile("(?<family>python|nodejs|java)(?<version>[0-9][0-9a-z.]*)|provided.*");
  private static final String CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";

  /// Classes whose jars a Java function needs beside its own: the client, what it serializes with,
  /// and the interfaces that handlers implement.
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

  /// @param folder our bootstraps are put there
  /// @param refuseDeprecated whether functions with a runtime that AWS has ended are refused as AWS
  ///   refuses them; else they run, and their log warns
  /// @param reachable whether functions can read what lies at a place
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

  /// Puts what functions run beside their code into the folder, before the first of them starts.
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
        PublicAccess.grant(copy);
      }
    }
    copyJavaClient();
    PublicAccess.grant(folder);
    prepared = true;
  }

  /// Copied, because functions must not see the folder with our own jars.
  private void copyJavaClient() throws IOException {
    Path target = Files.createDirectories(folder.resolve("java"));
    PublicAccess.grant(target);
    for (String name : CLIENT_CLASSES) {
      try {
        Path jar =
            Path.of(
                Class.forName(name).getProtectionDomain().getCodeSource().getLocation().toURI());
        Path copy = target.resolve(jar.getFileName());
        Files.copy(jar, copy, StandardCopyOption.REPLACE_EXISTING);
        PublicAccess.grant(copy);
      } catch (ClassNotFoundException | URISyntaxException e) {
        throw new IllegalStateException("The Java runtime interface client is incomplete", e);
      }
    }
  }

  Path folder() {
    return folder;
  }

  /// What to run for a function.
  ///
  /// @param taskRoot where the function's code lies as it sees it
  /// @param runtimeRoot where our bootstraps lie as it sees them
  /// @param variables beside those that every runtime gets
  /// @param warning for the function's log; empty if all is as on AWS
  record Plan(
      String taskRoot,
      String runtimeRoot,
      List<String> command,
      Map<String, String> variables,
      List<Path> readable,
      String version,
      String warning) {}

  /// Says what is missing for a runtime to work here; empty if nothing is, or if a program that may
  /// be what is needed is too slow to tell.
  public Optional<String> missingFor(String runtime) {
    Matcher name = NAME.matcher(runtime);
    if (!name.matches()) {
      return Optional.of("The runtime " + runtime + " is not supported by this server.");
    }
    if (name.group("family") == null || familyOf(name) == Family.JAVA) {
      return Optional.empty();
    }
    Family family = familyOf(name);
    Version wanted = Version.parse(name.group("version"));
    Interpreters.Search search = interpreters.any(family, wanted, this::isReachable);
    return search.best().isPresent() || search.silent().isPresent()
        ? Optional.empty()
        : Optional.of(missing(runtime, family, wanted, search));
  }

  /// Looks for the interpreter that functions with this runtime will run on, which may take
  /// seconds.
  public void find(String runtime) {
    Matcher name = NAME.matcher(runtime);
    if (name.matches() && name.group("family") != null) {
      Version wanted = Version.parse(name.group("version"));
      var _ = interpreters.best(familyOf(name), wanted, this::isReachable);
    }
  }

  /// AWS's refusal of a runtime that it has ended; empty if it is taken.
  public Optional<String> refusal(String runtime, RuntimeLifecycle.Use use, LocalDate today) {
    return refuseDeprecated
        ? RuntimeLifecycle.of(runtime).flatMap(lifecycle -> lifecycle.refusal(use, today))
        : Optional.empty();
  }

  private static String missing(
      String runtime, Family family, Version wanted, Interpreters.Search search) {
    String needs = "The runtime %s needs %s, and ".formatted(runtime, family.title);
    String install = " Install %s %s".formatted(family.title, wanted);
    if (search.silent().isPresent()) {
      return needs
          + "%s is too slow: %s. It is asked again with the next start of a function."
              .formatted(search.silent().get().program(), search.silent().get().why());
    }
    return search
        .hidden()
        .map(
            hidden ->
                needs
                    + hidden.executable()
                    + " can be read by root alone, which functions never are."
                    + install
                    + " where every user can read it, or bubblewrap.")
        .orElse(needs + "none that works is on this server's PATH." + install + ".");
  }

  /// Why AWS would not run what a `provided*` function brings; empty if it would.
  ///
  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html; for
  /// files without the permission, https://github.com/awslabs/aws-lambda-dart-runtime/issues/20
  Optional<EnvironmentFailure> flaw(FunctionSpec function, Path codeFolder) {
    Path bootstrap = codeFolder.resolve("bootstrap");
    boolean there = Files.isRegularFile(bootstrap);
    boolean runs = there && Files.isExecutable(bootstrap);
    if (!function.runtime().startsWith("provided") || runs) {
      return Optional.empty();
    }
    String words =
        there
            ? "fork/exec /var/task/bootstrap: permission denied"
            : "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    return Optional.of(new EnvironmentFailure.Broken("Runtime.InvalidEntrypoint", words));
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
    Version wanted = Version.parse(name.group("version"));
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
      FunctionSpec function, String program, String runtimeRoot, Version version) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    // What a JVM needs beside its heap is some 50 MB whatever the heap's size, more for large ones.
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

  private static String warning(Interpreter interpreter, Version wanted, String runtime) {
    List<String> words = new ArrayList<>();
    if (!interpreter.version().equals(wanted)) {
      words.add(
          "%s is not available here; this function runs on %s %s (%s)."
              .formatted(
                  runtime,
                  interpreter.family().title,
                  interpreter.version(),
                  interpreter.executable()));
    }
    if (interpreter.family() == Family.PYTHON && !interpreter.hasAwsSdk()) {
      words.add("boto3 is not installed for it (pip install boto3), as it would be on AWS.");
    }
    return words.isEmpty() ? "" : "[carillon] WARNING: " + String.join(" ", words);
  }

  /// For people: which interpreters there are.
  public Map<String, List<String>> describe() {
    Map<String, List<String>> all = new HashMap<>();
    for (Family family : Family.values()) {
      all.put(
          family.title,
          interpreters.all(family).stream()
              .map(
                  answer ->
                      switch (answer) {
                        case InterpreterProbe.Answer.Works(Interpreter i) ->
                            i.version() + " at " + i.executable();
                        case InterpreterProbe.Answer.Silent(Path program, String why) ->
                            program + ": " + why;
                        case InterpreterProbe.Answer.Fails() -> "";
                      })
              .filter(line -> !line.isEmpty())
              .toList());
    }
    return all;
  }
}
