package io.carillon.lambda.runtime;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts environments: unpacks the code, gets credentials, sets the environment variables of AWS,
/// and starts the processes with the executor.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
public final class EnvironmentStarter {
  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentStarter.class);

  private static final String WRAPPER_SCRIPT =
      """
      if [ ! -f "$0" ]; then echo "$0: does not exist"; exit 127; fi
      if [ ! -x "$0" ]; then echo "$0: is not an executable"; exit 126; fi
      exec "$0" "$@"
      """;

  private static final int MIN_TEMPORARY_MB = 16;

  private final RuntimeSettings settings;
  private final Executor executor;
  private final Runtimes runtimes;
  private final CodeFolders code;
  private final FunctionCredentials credentials;
  private final Endpoints endpoints;
  private final InstantSource clock;

  /// The endpoints that functions call.
  ///
  /// @param apiAddress host and port at which `api` is served
  /// @param server this server's endpoint for functions
  public record Endpoints(RuntimeApi api, Supplier<String> apiAddress, Supplier<URI> server) {}

  public EnvironmentStarter(
      RuntimeSettings settings,
      Executor executor,
      Runtimes runtimes,
      CodeFolders code,
      FunctionCredentials credentials,
      Endpoints endpoints,
      InstantSource clock) {
    this.settings = settings;
    this.executor = executor;
    this.runtimes = runtimes;
    this.code = code;
    this.credentials = credentials;
    this.endpoints = endpoints;
    this.clock = clock;
  }

  /// Starts it.
  ///
  /// @throws io.carillon.aws.AwsException where the role cannot be assumed
  void start(Environment environment) throws IOException {
    FunctionSpec function = environment.function();
    Path codeFolder = code.use(function.code());
    try {
      start(environment, codeFolder);
    } catch (IOException | RuntimeException e) {
      code.release(function.code());
      throw e;
    }
  }

  private void start(Environment environment, Path codeFolder) throws IOException {
    FunctionSpec function = environment.function();
    String taskRoot = executor.taskRoot(codeFolder);
    String runtimeRoot = executor.runtimeRoot(runtimes.folder());
    Runtimes.Plan plan = runtimes.plan(function, taskRoot, runtimeRoot);
    FunctionCredentials.Issued issued =
        credentials.issue(function.roleArn(), function.name(), function.arn());
    if (!environment.isReinitializing()) {
      logStart(environment, plan);
    }
    Optional<EnvironmentFailure> invalid = runtimes.entrypointError(function, codeFolder);
    if (invalid.isPresent()) {
      release(function);
      environment.failStart(invalid.get());
      return;
    }

    String secret = endpoints.api().register(environment);
    try {
      Executor.Running process =
          executor.start(
              new Executor.Launch(
                  environment.id(),
                  withWrapper(function, plan),
                  variables(environment, plan, issued, secret),
                  codeFolder,
                  runtimes.folder(),
                  plan.readable(),
                  function.memoryMb(),
                  temporaryMb(function)));
      var _ = process.exit().thenRun(() -> cleanUp(function, secret));
      environment.began(process, issued);
    } catch (IOException | RuntimeException e) {
      endpoints.api().unregister(secret);
      throw e;
    }
  }

  /// `/tmp` is in this machine's memory, so its size never exceeds the memory budget of all
  /// functions.
  private int temporaryMb(FunctionSpec function) {
    int left = settings.maxMemoryMb() - function.memoryMb();
    return Math.min(function.temporaryMb(), Math.max(MIN_TEMPORARY_MB, left));
  }

  private void logStart(Environment environment, Runtimes.Plan plan) {
    FunctionSpec function = environment.function();
    environment.log().write("INIT_START Runtime Version: " + plan.version());
    if (!plan.warning().isEmpty()) {
      environment.log().write(plan.warning());
    }
    if (temporaryMb(function) < function.temporaryMb()) {
      warn(
          environment,
          "/tmp holds %d MB here instead of %d MB: it is memory, of which all functions together have %d MB (--function-memory-mb)."
              .formatted(temporaryMb(function), function.temporaryMb(), settings.maxMemoryMb()));
    }
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    RuntimeLifecycle.of(function.runtime())
        .flatMap(lifecycle -> lifecycle.warning(today))
        .ifPresent(message -> warn(environment, message));
    if (!function.architecture().equals(machine())) {
      warn(
          environment,
          "This function is for %s and runs on %s here: native code in its package will not load."
              .formatted(function.architecture(), machine()));
    }
  }

  private static void warn(Environment environment, String message) {
    environment.log().write("[carillon] WARNING: " + message);
  }

  /// This machine's architecture, in AWS's terms.
  static String machine() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x86_64";
  }

  /// The command as AWS's bootstrap runs it: the function's wrapper script, if any, gets the
  /// interpreter and its arguments. Custom runtimes have no wrapper.
  ///
  /// Sources: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html and
  /// `/var/runtime/bootstrap` of AWS's images
  private static List<String> withWrapper(FunctionSpec function, Runtimes.Plan plan) {
    String wrapper = function.environment().getOrDefault("AWS_LAMBDA_EXEC_WRAPPER", "");
    if (wrapper.isEmpty() || function.runtime().startsWith("provided")) {
      return plan.command();
    }
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", WRAPPER_SCRIPT, wrapper));
    command.addAll(plan.command());
    return command;
  }

  private void cleanUp(FunctionSpec function, String secret) {
    endpoints.api().unregister(secret);
    release(function);
  }

  private void release(FunctionSpec function) {
    try {
      code.release(function.code());
    } catch (IOException e) {
      LOG.warn("Unpacked code could not be removed", e);
    }
  }

  /// The library path. The package's libraries come after the system's, as on AWS. Source: the
  /// images of `public.ecr.aws/lambda`
  private static String libraries(Runtimes.Plan plan, boolean managed) {
    String runtime = plan.runtimeRoot();
    String task = plan.taskRoot();
    return (managed ? "/var/lang/lib:" : "")
        + String.join(
            ":",
            List.of(
                "/lib64",
                "/usr/lib64",
                runtime,
                runtime + "/lib",
                task,
                task + "/lib",
                "/opt/lib"));
  }

  private Map<String, String> variables(
      Environment environment,
      Runtimes.Plan plan,
      FunctionCredentials.Issued issued,
      String secret) {
    FunctionSpec function = environment.function();
    Map<String, String> variables = new HashMap<>();
    boolean managed = !function.runtime().startsWith("provided");
    variables.put(
        "PATH", (managed ? "/var/lang/bin:" : "") + "/usr/local/bin:/usr/bin/:/bin:/opt/bin");
    variables.put("LD_LIBRARY_PATH", libraries(plan, managed));
    variables.put("LANG", "en_US.UTF-8");
    variables.put("TZ", ":UTC");
    if (!executor.isolates()) { // without a sandbox it would be the server's home
      variables.put("HOME", "/tmp");
    }
    variables.put("AWS_ENDPOINT_URL", endpoints.server().get().toString());
    variables.putAll(plan.variables());
    variables.putAll(function.environment());
    variables.put("_HANDLER", function.handler());
    variables.put("LAMBDA_TASK_ROOT", plan.taskRoot());
    variables.put("LAMBDA_RUNTIME_DIR", plan.runtimeRoot());
    variables.put("AWS_REGION", function.region());
    variables.put("AWS_DEFAULT_REGION", function.region());
    variables.put("AWS_EXECUTION_ENV", "AWS_Lambda_" + function.runtime());
    variables.put("AWS_LAMBDA_FUNCTION_NAME", function.name());
    variables.put("AWS_LAMBDA_FUNCTION_VERSION", function.version());
    variables.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Integer.toString(function.memoryMb()));
    variables.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    variables.put("AWS_LAMBDA_LOG_GROUP_NAME", function.logGroup());
    variables.put("AWS_LAMBDA_LOG_STREAM_NAME", environment.logStream());
    variables.put("AWS_ACCESS_KEY_ID", issued.accessKeyId());
    variables.put("AWS_SECRET_ACCESS_KEY", issued.secret().reveal());
    variables.put("AWS_SESSION_TOKEN", issued.sessionToken().reveal());
    variables.put("AWS_LAMBDA_RUNTIME_API", endpoints.apiAddress().get() + "/" + secret);
    return variables;
  }
}
