package io.carillon.lambda.runtime;

import io.carillon.base.Ids;
import io.carillon.base.Secret;
import io.carillon.http.HttpEngine;
import io.carillon.lambda.DeploymentPackage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.opentest4j.TestAbortedException;

/// Runs functions on this machine's interpreters.
public final class RuntimeFixture implements AutoCloseable {
  public static final String ACCOUNT = "123456789012";

  /// The architecture that runs here without a warning.
  static final String MACHINE = EnvironmentStarter.machine();

  /// Shared: probing all interpreters takes seconds.
  private static final Interpreters INTERPRETERS = new Interpreters();

  final List<String> log = new CopyOnWriteArrayList<>();
  final AtomicInteger sessions = new AtomicInteger();
  final ProcessExecutor executor;
  public final Environments environments;
  public final Runtimes runtimes;
  public final CodeFolders code;
  private final HttpEngine http;
  private final Ids ids = new Ids();
  volatile int maxSessions = Integer.MAX_VALUE;
  volatile Instant credentialsExpire = Instant.now().plus(Duration.ofHours(1));

  public RuntimeFixture(Path folder) throws IOException {
    this(folder, true, 20);
  }

  RuntimeFixture(Path folder, boolean sandbox, int maxEnvironments) throws IOException {
    this(folder, sandbox, maxEnvironments, RuntimeSettings.INIT_LIMIT);
  }

  RuntimeFixture(Path folder, boolean sandbox, int maxEnvironments, Duration initLimit)
      throws IOException {
    this(folder, sandbox, maxEnvironments, initLimit, 20_000, Machine.here());
  }

  /// With little memory for all functions together.
  RuntimeFixture(Path folder, int maxMemoryMb) throws IOException {
    this(folder, true, 20, RuntimeSettings.INIT_LIMIT, maxMemoryMb, Machine.here());
  }

  /// On a machine with other properties.
  RuntimeFixture(Path folder, Machine machine) throws IOException {
    this(folder, true, 20, RuntimeSettings.INIT_LIMIT, 20_000, machine);
  }

  private RuntimeFixture(
      Path folder,
      boolean sandbox,
      int maxEnvironments,
      Duration initLimit,
      int maxMemoryMb,
      Machine machine)
      throws IOException {
    RuntimeSettings settings =
        new RuntimeSettings(
            folder,
            initLimit,
            Duration.ofMinutes(10),
            maxEnvironments,
            maxMemoryMb,
            64 << 10,
            sandbox);
    executor = new ProcessExecutor(Files.createDirectories(folder), sandbox, machine);
    RuntimeApi api = new RuntimeApi(ids);
    http =
        HttpEngine.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            RuntimeApi.limits(settings),
            api);
    Path open = executor.openFolder(folder);
    code = new CodeFolders(open.resolve("code"));
    runtimes = new Runtimes(open.resolve("runtime"), INTERPRETERS, false, executor::reaches);
    EnvironmentStarter starter =
        new EnvironmentStarter(
            settings,
            executor,
            runtimes,
            code,
            (role, name, _) -> {
              int number = sessions.incrementAndGet();
              if (number > maxSessions) {
                throw new IllegalStateException("No more sessions");
              }
              return new FunctionCredentials.Issued(
                  "ASIA" + name,
                  new Secret("shh"),
                  new Secret("token " + number),
                  credentialsExpire);
            },
            new EnvironmentStarter.Endpoints(
                api, () -> "127.0.0.1:" + http.port(), () -> URI.create("http://127.0.0.1:4566")),
            InstantSource.system());
    NewEnvironments newEnvironments =
        new NewEnvironments(
            settings,
            (account, region, group, stream, lines) ->
                lines.forEach(line -> log.add(group + " " + line.message())),
            InstantSource.system(),
            ids);
    environments = new Environments(settings, newEnvironments, starter);
  }

  static FunctionSpec function(
      String name, String runtime, String handler, FunctionSpec.Code code) {
    return new FunctionSpec(
        "arn:aws:lambda:eu-central-1:" + ACCOUNT + ":function:" + name,
        ACCOUNT,
        "eu-central-1",
        name,
        "$LATEST",
        "1",
        runtime,
        MACHINE,
        handler,
        128,
        512,
        Duration.ofSeconds(10),
        Map.of("COLOUR", "green"),
        "arn:aws:iam::" + ACCOUNT + ":role/r",
        "/aws/lambda/" + name,
        code);
  }

  static FunctionSpec with(FunctionSpec f, Duration timeout, int memoryMb, String revision) {
    return new FunctionSpec(
        f.arn(),
        f.account(),
        f.region(),
        f.name(),
        f.version(),
        revision,
        f.runtime(),
        f.architecture(),
        f.handler(),
        memoryMb,
        f.temporaryMb(),
        timeout,
        f.environment(),
        f.roleArn(),
        f.logGroup(),
        f.code());
  }

  static FunctionSpec withVariables(FunctionSpec f, Map<String, String> variables) {
    return new FunctionSpec(
        f.arn(),
        f.account(),
        f.region(),
        f.name(),
        f.version(),
        f.revision(),
        f.runtime(),
        f.architecture(),
        f.handler(),
        f.memoryMb(),
        f.temporaryMb(),
        f.timeout(),
        variables,
        f.roleArn(),
        f.logGroup(),
        f.code());
  }

  static FunctionSpec forArchitecture(FunctionSpec f, String architecture) {
    return new FunctionSpec(
        f.arn(),
        f.account(),
        f.region(),
        f.name(),
        f.version(),
        f.revision(),
        f.runtime(),
        architecture,
        f.handler(),
        f.memoryMb(),
        f.temporaryMb(),
        f.timeout(),
        f.environment(),
        f.roleArn(),
        f.logGroup(),
        f.code());
  }

  static FunctionSpec python(String name, String body) throws IOException {
    return function(name, "python3.11", "index.handler", zip(Map.of("index.py", body)));
  }

  /// Returns after the invocation's REPORT, which is when its environment polls again: so the next
  /// invocation finds it idle, however busy the machine is.
  InvocationResult invoke(FunctionSpec function, String payload) throws InterruptedException {
    InvocationResult result =
        environments.begin(function, invocation(function, payload), 1000).await();
    var _ = tail(result);
    return result;
  }

  Invocation invocation(FunctionSpec function, String payload) {
    return new Invocation(
        ids.uuid(),
        function.arn(),
        payload.getBytes(StandardCharsets.UTF_8),
        "",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
        "");
  }

  static String text(InvocationResult result) {
    return switch (result) {
      case InvocationResult.Returned r -> new String(r.payload(), StandardCharsets.UTF_8);
      case InvocationResult.FunctionFailed f -> new String(f.payload(), StandardCharsets.UTF_8);
      case InvocationResult.Throttled t -> "throttled " + t.limit();
      case InvocationResult.Unavailable u -> "unavailable " + u.why();
    };
  }

  static String tail(InvocationResult result) throws InterruptedException {
    return switch (result) {
      case InvocationResult.Returned r -> new String(r.log().read(), StandardCharsets.UTF_8);
      case InvocationResult.FunctionFailed f -> new String(f.log().read(), StandardCharsets.UTF_8);
      case InvocationResult.Throttled _, InvocationResult.Unavailable _ -> "";
    };
  }

  public static FunctionSpec.Code zip(Map<String, String> files) throws IOException {
    Map<String, byte[]> contents = new LinkedHashMap<>();
    files.forEach((name, text) -> contents.put(name, text.getBytes(StandardCharsets.UTF_8)));
    return zipBytes(contents);
  }

  static FunctionSpec.Code zipBytes(Map<String, byte[]> files) throws IOException {
    return code(DeploymentPackage.of(files));
  }

  public static FunctionSpec.Code code(byte[] zip) {
    return new FunctionSpec.Code(sha256(zip), () -> new ByteArrayInputStream(zip));
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Skips a test whose tools are missing; fails it if `CI=true`.
  public static void need(boolean there, String what) {
    if (!there) {
      if ("true".equals(System.getenv("CI"))) {
        throw new AssertionError(what + " is missing, and CI must have it");
      }
      throw new TestAbortedException(what + " is missing");
    }
  }

  @Override
  public void close() {
    environments.close();
    executor.close();
    http.close();
  }
}
