package io.carillon.server;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Credentials;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.MemoryBudget;
import io.carillon.base.Region;
import io.carillon.base.Sealer;
import io.carillon.http.HttpEngine;
import io.carillon.kernel.Kernel;
import io.carillon.lambda.LambdaService;
import io.carillon.lambda.runtime.CodeFolders;
import io.carillon.lambda.runtime.EnvironmentStarter;
import io.carillon.lambda.runtime.Environments;
import io.carillon.lambda.runtime.FunctionCredentials;
import io.carillon.lambda.runtime.LogSink;
import io.carillon.lambda.runtime.NewEnvironments;
import io.carillon.lambda.runtime.Peers;
import io.carillon.lambda.runtime.ProcessExecutor;
import io.carillon.lambda.runtime.RuntimeApi;
import io.carillon.lambda.runtime.RuntimeSettings;
import io.carillon.lambda.runtime.Runtimes;
import io.carillon.lambda.runtime.SharedFolder;
import io.carillon.logs.LogsService;
import io.carillon.s3.S3Service;
import io.carillon.server.Settings.SettingException;
import io.carillon.sts.RoleSessions;
import io.carillon.trace.Cause;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/// Runs functions: the sandboxed processes, the Runtime API that they call, and their pool.
final class FunctionRuntime implements AutoCloseable {
  private static final String LAMBDA = LambdaService.SPEC.principal();
  private static final Duration CREDENTIALS_LIFETIME = Duration.ofHours(1);
  private static final int MAX_LOG_BYTES = 4 << 20;
  private static final int MAX_ENVIRONMENTS = 100;

  /// The largest deployment package, unzipped. Source: Lambda quotas.
  private static final int PACKAGE_BYTES = 250 << 20;

  private final ShutdownSequence shutdown = new ShutdownSequence();
  private final ProcessExecutor executor;
  private final Runtimes runtimes;
  private final CodeFolders folders;
  private final Environments environments;

  private FunctionRuntime(
      Config config,
      RoleSessions sessions,
      LogsService logs,
      InstantSource clock,
      Ids ids,
      Supplier<URI> endpoint,
      MemoryBudget memory)
      throws IOException {
    Path work =
        config.inMemory()
            ? shutdown.add(SharedFolder.make()).path()
            : config.data().toAbsolutePath().resolve("functions");
    RuntimeSettings settings =
        new RuntimeSettings(
            work,
            RuntimeSettings.INIT_LIMIT,
            config.functionIdle(),
            MAX_ENVIRONMENTS,
            config.functionMemoryMb(),
            MAX_LOG_BYTES,
            config.sandbox() != Config.SandboxMode.OFF);
    this.executor = shutdown.add(new ProcessExecutor(work, settings.sandbox()));
    requireSandbox(config);
    Path open = executor.openFolder(work);
    this.runtimes =
        new Runtimes(
            open.resolve("runtimes"), config.refuseDeprecatedRuntimes(), executor::reaches);
    this.folders = new CodeFolders(open.resolve("code"));
    RuntimeApi api = new RuntimeApi(ids);
    HttpEngine engine =
        shutdown.add(
            HttpEngine.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                RuntimeApi.limits(settings).withMemory(memory),
                api));
    EnvironmentStarter starter =
        new EnvironmentStarter(
            settings,
            executor,
            runtimes,
            folders,
            (role, name, function) -> credentials(sessions, role, name, function),
            new EnvironmentStarter.Endpoints(api, () -> "127.0.0.1:" + engine.port(), endpoint),
            clock);
    NewEnvironments newEnvironments = new NewEnvironments(settings, sink(logs), clock, ids);
    this.environments = shutdown.add(new Environments(settings, newEnvironments, starter));
  }

  static FunctionRuntime start(
      Config config,
      RoleSessions sessions,
      LogsService logs,
      InstantSource clock,
      Ids ids,
      Supplier<URI> endpoint,
      MemoryBudget memory)
      throws IOException {
    return new FunctionRuntime(config, sessions, logs, clock, ids, endpoint, memory);
  }

  private void requireSandbox(Config config) {
    boolean required = config.sandbox() == Config.SandboxMode.REQUIRED || !config.onLoopback();
    Optional<String> failure = required ? executor.sandboxFailure() : Optional.empty();
    if (failure.isPresent()) {
      shutdown.close();
      throw new SettingException(
          "Functions cannot be sandboxed here: "
              + failure.get()
              + ". Install or repair bubblewrap. Without it functions run only where the server"
              + " listens on loopback and was started with --sandbox off.");
    }
  }

  private static FunctionCredentials.Issued credentials(
      RoleSessions sessions, String role, String name, String function) {
    Credentials issued =
        sessions
            .assume(LAMBDA, Arn.parse(role), name, CREDENTIALS_LIFETIME, Arn.parse(function))
            .orElseThrow(
                () ->
                    CommonError.ACCESS_DENIED.because(
                        "The role defined for the function cannot be assumed by Lambda: " + role));
    return new FunctionCredentials.Issued(
        issued.accessKeyId(),
        issued.secret(),
        issued.sessionToken().orElseThrow(),
        issued.expires());
  }

  private static LogSink sink(LogsService logs) {
    return (account, region, group, stream, lines) ->
        logs.append(
            new AccountId(account),
            new Region(region),
            group,
            stream,
            lines.stream().map(line -> new LogsService.Line(line.time(), line.message())).toList());
  }

  /// The service whose functions run here.
  LambdaService service(Kernel kernel, RoleSessions sessions, S3Service s3, Sealer sealer) {
    return new LambdaService(
        kernel,
        (snapshot, role, session, function) ->
            sessions.principal(snapshot, LAMBDA, role, session, function),
        (caller, bucket, key, version) ->
            new ByteArrayInputStream(
                s3.read(caller, bucket, key, version.orElse(null), PACKAGE_BYTES)),
        environments,
        runtimes,
        folders,
        sealer);
  }

  String describe() {
    return executor.describe();
  }

  /// Identifies functions among the clients, where a sandbox separates them from this server.
  Peers peers() {
    return executor.peers();
  }

  /// Whether [#peers] can identify functions.
  boolean areIdentified() {
    return executor.identifiesFunctions();
  }

  /// The cause that a caller acts for: that of the invocation whose access key signed the request.
  Optional<Cause> causeFor(Caller caller) {
    return environments.causeFor(caller.accessKeyId()).map(Cause::of);
  }

  @Override
  public void close() {
    shutdown.close();
  }
}
