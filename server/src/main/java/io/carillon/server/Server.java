package io.carillon.server;

import io.carillon.admin.AdminRouter;
import io.carillon.aws.AuthorizedDatabase;
import io.carillon.aws.Authorizer;
import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.aws.pipeline.ServerIdentity;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.base.Ids;
import io.carillon.base.MemoryBudget;
import io.carillon.events.EventsService;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.iam.Accounts;
import io.carillon.iam.IamService;
import io.carillon.kernel.Chore;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.kernel.Services;
import io.carillon.keys.Keys;
import io.carillon.lambda.runtime.Peers;
import io.carillon.logs.LogsService;
import io.carillon.outbox.DeadLetters;
import io.carillon.outbox.Dispatcher;
import io.carillon.outbox.TableOutbox;
import io.carillon.s3.S3Service;
import io.carillon.sns.SnsService;
import io.carillon.sqs.SqsService;
import io.carillon.store.ClockStepDetector;
import io.carillon.store.Database;
import io.carillon.store.RowNumbers;
import io.carillon.sts.StsService;
import io.carillon.trace.Cause;
import io.carillon.trace.TableTrace;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One running Carillon. The constructor wires everything in the order of dependency; closing goes
/// in reverse.
public final class Server implements AutoCloseable {
  /// The shares of the heap for requests, jobs and responses of functions; the rest is for the
  /// server itself.
  private static final double REQUESTS_SHARE_OF_HEAP = 0.5;

  private static final double JOBS_SHARE_OF_HEAP = 0.125;

  /// Separate from requests, since requests wait for functions.
  private static final double FUNCTION_RESPONSES_SHARE_OF_HEAP = 0.125;

  private static final int TRACE_STEPS = 200_000;
  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
  private static final Duration SHORTLY = Duration.ofSeconds(2); // after the first requests
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Config config;
  private final ShutdownSequence shutdown = new ShutdownSequence();
  private final HttpEngine engine;
  private final @Nullable HttpEngine tlsEngine;
  private final FunctionRuntime functions;
  private final Transports transports;
  private final Dispatcher dispatcher;
  private final List<Service> services;
  private final List<Operations> operations;

  /// Starts a server; it accepts requests as soon as this returns.
  ///
  /// @throws IOException where the port or the data folder cannot be used
  public static Server start(Config config) throws IOException {
    return start(config, UnaryOperator.identity());
  }

  /// As [#start], for tests of what happens between a plan and its application.
  ///
  /// @param view of the database, which everything but the blobs then uses
  static Server start(Config config, UnaryOperator<Database> view) throws IOException {
    return start(config, view, _ -> List.of());
  }

  /// As [#start], for tests of how services are mounted.
  ///
  /// @param others services beside the usual ones
  static Server start(
      Config config, UnaryOperator<Database> view, Function<Kernel, List<Service>> others)
      throws IOException {
    return new Server(config, view, others);
  }

  private Server(
      Config config, UnaryOperator<Database> view, Function<Kernel, List<Service>> others)
      throws IOException {
    this.config = config;
    boolean ready = false;
    try {
      InstantSource clock = Clock.systemUTC();
      MemoryBudget memory = MemoryBudget.ofHeap(REQUESTS_SHARE_OF_HEAP);
      Ids ids = new Ids();
      ExposureCheck.check(config);

      Storage storage = shutdown.add(Storage.open(config, clock));
      Database database = view.apply(storage.database());
      Database authorized = new AuthorizedDatabase(database);
      Keys keys = config.inMemory() ? Keys.inMemory(clock) : Keys.open(config.data(), clock);
      storage.requireSealingKey(keys.sealingKeyFingerprint());
      RowNumbers numbers = new RowNumbers(storage.nodes().current());
      TableTrace trace = new TableTrace(database, clock, ids, numbers, TRACE_STEPS);
      TableOutbox outbox = TableOutbox.open(database, storage.nodes());

      // Authentication and authorization.
      Services mounted = new Services();
      IamService iam =
          new IamService(
              authorized,
              keys.sealer(),
              ids,
              clock,
              new Accounts.Root(config.accountId(), config.accessKeyId(), config.secretAccessKey()),
              ManagedPolicyFolder.read(config.managedPolicies()));
      Authorizer authorizer = iam.authorizer(mounted, StsService::issued);
      Kernel kernel =
          new Kernel(
              authorized,
              storage.blobs(),
              outbox,
              trace,
              ids,
              numbers,
              database.clock(),
              authorizer,
              iam.principals(),
              mounted,
              this::causeBehind,
              this::endpoint,
              config.retryTimeScale());
      StsService sts = new StsService(kernel, keys.sealer(), identities(iam));
      SignatureVerifier signatures =
          new SignatureVerifier(
              (key, token) ->
                  token.isEmpty()
                      ? iam.credentials().find(key, token)
                      : sts.credentials().find(key, token),
              clock);

      // The services.
      LogsService logs = new LogsService(kernel);
      this.functions =
          shutdown.add(
              FunctionRuntime.start(
                  config,
                  sts.roleSessions(),
                  logs,
                  clock,
                  ids,
                  this::endpoint,
                  MemoryBudget.ofHeap(FUNCTION_RESPONSES_SHARE_OF_HEAP)));
      this.transports = shutdown.add(Transports.start(config, database, clock));
      S3Service s3 = new S3Service(kernel, config.newBuckets() == Config.NewBuckets.AWS);
      List<Service> own =
          List.of(
              s3,
              functions.service(kernel, sts.roleSessions(), s3, keys.sealer()),
              new SnsService(kernel, transports.ofSns(config, keys)),
              new SqsService(kernel),
              iam,
              sts,
              logs,
              new EventsService(kernel));
      this.services = Stream.concat(own.stream(), others.apply(kernel).stream()).toList();
      mounted.mount(services);
      this.dispatcher =
          shutdown.add(
              new Dispatcher(
                  database,
                  outbox,
                  mounted.deliveries(),
                  new Random(),
                  new DeliveryFailures(trace),
                  Dispatcher.Settings.usual()
                      .withTimeScale(config.retryTimeScale())
                      .withMemory(MemoryBudget.ofHeap(JOBS_SHARE_OF_HEAP))));

      // The endpoint.
      this.operations = services.stream().map(Service::operations).toList();
      Peers peers = functions.peers();
      WellKnownKey wellKnown = new WellKnownKey(config, peers);
      RequestPipeline pipeline =
          new RequestPipeline(
              operations,
              signatures,
              wellKnown,
              authorizer,
              new ServerIdentity(config.baseHosts(), config.publicUrl(), config.accountId()),
              ids,
              clock);
      AdminRouter admin =
          AdminRoutes.of(
              new AdminAuth(config, signatures, keys, wellKnown),
              new AdminApi(
                  dispatcher.report(),
                  storage,
                  functions,
                  transports,
                  services.stream().map(Service::adminViews).toList()),
              new AdminEvents(database, new DeadLetters(), dispatcher.report(), trace, mounted),
              services);
      RootHandler rootHandler =
          new RootHandler(
              pipeline,
              admin,
              wellKnown,
              services.stream().flatMap(service -> service.pages().stream()).toList(),
              peers);
      Limits limits =
          Limits.standard()
              .scaledTo(Runtime.getRuntime().maxMemory())
              .withConnections(config.maxConnections())
              .withMemory(memory);
      this.engine =
          shutdown.add(
              HttpEngine.start(
                  new InetSocketAddress(config.host(), config.port()), limits, rootHandler));
      this.tlsEngine =
          config.httpsPort().isPresent()
              ? shutdown.add(
                  TlsListener.open(
                      config, config.httpsPort().getAsInt(), keys, limits, rootHandler))
              : null;
      dispatcher.start();
      shutdown.add(
          Housekeeping.start(
              chores(clock, trace, storage), new ChoreLeases(database, storage.nodes())));
      ready = true;
    } finally {
      if (!ready) {
        shutdown.close();
      }
    }
  }

  private List<Chore> chores(InstantSource clock, TableTrace trace, Storage storage) {
    List<Runnable> corrections = new ArrayList<>();
    corrections.add(dispatcher::correctDueTimes);
    services.forEach(service -> corrections.add(service::correctDueTimes));
    ClockStepDetector clockSteps = new ClockStepDetector(clock, System::nanoTime, corrections);
    List<Chore> chores = new ArrayList<>();
    chores.add(Chore.ofEachNode(Duration.ZERO, TEN_SECONDS, clockSteps::check));
    chores.add(Chore.ofOneNode("trace.sweep", MINUTE, trace::sweep));
    chores.add(Chore.ofOneNode("blobs.removeReleased", MINUTE, storage::removeReleased));
    chores.add(Chore.ofOneNode("blobs.sweep", SHORTLY, Duration.ofDays(1), storage::sweep));
    chores.add(
        Chore.ofEachNode(Duration.ofHours(1), Duration.ofHours(1), storage::removeAbandoned));
    services.forEach(service -> chores.addAll(service.chores()));
    return chores;
  }

  /// What STS asks IAM.
  private static StsService.Identities identities(IamService iam) {
    return new StsService.Identities(
        (snapshot, arn) ->
            iam.role(snapshot, arn)
                .map(
                    role ->
                        new StsService.Role(
                            role.account(),
                            role.path(),
                            role.name(),
                            role.id(),
                            role.maxSession())),
        iam::exists,
        iam::managedDocument,
        iam::accountOfKey);
  }

  /// The cause that a caller acts for, if it is a function that runs here.
  private Optional<Cause> causeBehind(Caller caller) {
    return functions.causeFor(caller);
  }

  /// The URL by which clients reach this server, unless configured: an address, since clients
  /// prepend the bucket to a host name, and most machines cannot resolve `bucket.localhost`.
  public URI endpoint() {
    return config.publicUrl().orElseGet(() -> URI.create("http://" + address() + ":" + port()));
  }

  private String address() {
    InetAddress host = config.host();
    if (host.isAnyLocalAddress()) {
      return "127.0.0.1";
    }
    return host instanceof Inet6Address ? "[" + host.getHostAddress() + "]" : host.getHostAddress();
  }

  public int port() {
    return engine.port();
  }

  /// The port of the TLS endpoint, if there is one.
  public OptionalInt httpsPort() {
    return tlsEngine == null ? OptionalInt.empty() : OptionalInt.of(tlsEngine.port());
  }

  /// The operations of every service.
  public List<Operations> operations() {
    return operations;
  }

  /// How functions are sandboxed, as text for people.
  public String sandbox() {
    return functions.describe();
  }

  /// Who can use the root key, as text for people; empty unless it is the well-known one.
  public Optional<String> rootKeyNotice() {
    if (!config.hasDefaultCredentials()) {
      return Optional.empty();
    }
    return Optional.of(
        functions.areIdentified()
            ? "test/test, for programs of this machine; refused to functions and to web pages of"
                + " other sites"
            : "test/test, WHICH FUNCTIONS CAN USE TOO: without a sandbox they are not told from"
                + " other programs of this machine; refused to web pages of other sites");
  }

  public String mailRoute() {
    return transports.mailRoute();
  }

  public String smsRoute() {
    return transports.smsRoute();
  }

  /// Drains, then closes everything.
  @Override
  public void close() {
    services.forEach(Service::stop);
    engine.drain(config.drain());
    if (tlsEngine != null) {
      tlsEngine.drain(config.drain());
    }
    try {
      dispatcher.drain(config.drain());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    shutdown.close();
  }
}
