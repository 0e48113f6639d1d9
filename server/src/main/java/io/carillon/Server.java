package io.carillon;

import io.carillon.Housekeeping.Chore;
import io.carillon.aws.Authorizer;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.pipeline.RequestPipeline;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.base.Ids;
import io.carillon.base.MemoryBudget;
import io.carillon.http.HttpEngine;
import io.carillon.http.Limits;
import io.carillon.iam.Accounts;
import io.carillon.iam.IamService;
import io.carillon.keys.Keys;
import io.carillon.lambda.LambdaService;
import io.carillon.lambda.runtime.Peers;
import io.carillon.logs.LogsService;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.Recipients;
import io.carillon.outbox.DeadLetters;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.Dispatcher;
import io.carillon.outbox.TableOutbox;
import io.carillon.s3.S3Service;
import io.carillon.s3.event.Notifications;
import io.carillon.sns.SnsDependencies;
import io.carillon.sns.SnsService;
import io.carillon.sqs.SqsService;
import io.carillon.store.Blobs;
import io.carillon.store.Database;
import io.carillon.sts.StsService;
import io.carillon.trace.TableTrace;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.UnaryOperator;
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
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

  private final Config config;
  private final ShutdownSequence shutdown = new ShutdownSequence();
  private final HttpEngine engine;
  private final @Nullable HttpEngine tlsEngine;
  private final FunctionRuntime functions;
  private final Transports transports;
  private final Dispatcher dispatcher;
  private final SqsService sqs;
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
    return new Server(config, view);
  }

  private Server(Config config, UnaryOperator<Database> view) throws IOException {
    this.config = config;
    boolean ready = false;
    try {
      InstantSource clock = Clock.systemUTC();
      MemoryBudget memory = MemoryBudget.ofHeap(REQUESTS_SHARE_OF_HEAP);
      Ids ids = new Ids();
      ExposureCheck.check(config);

      Storage storage = shutdown.add(Storage.open(config, clock));
      Database database = view.apply(storage.database());
      Blobs blobs = storage.blobs();
      Keys keys = config.inMemory() ? Keys.inMemory(clock) : Keys.open(config.data(), clock);
      storage.requireSealingKey(keys.sealingKeyFingerprint());
      TableTrace trace = new TableTrace(database, clock, ids, TRACE_STEPS);
      TableOutbox outbox = TableOutbox.open(database, clock);
      DeadLetters deadLetters = new DeadLetters();
      this.dispatcher =
          shutdown.add(
              new Dispatcher(
                  database,
                  outbox,
                  deadLetters,
                  clock,
                  new Random(),
                  new DeliveryFailures(trace),
                  Dispatcher.Settings.usual()
                      .withTimeScale(config.retryTimeScale())
                      .withMemory(MemoryBudget.ofHeap(JOBS_SHARE_OF_HEAP))));

      // Authentication and authorization.
      Map<String, ResourcePolicies> policies = new HashMap<>();
      Map<String, Recipient> recipientsByService = new HashMap<>();
      Recipients recipients = new Recipients(recipientsByService);
      IamService iam =
          new IamService(
              database,
              keys.sealer(),
              ids,
              clock,
              new Accounts.Root(config.accountId(), config.accessKeyId(), config.secretAccessKey()),
              ManagedPolicyFolder.read(config.managedPolicies()));
      Authorizer authorizer = iam.authorizer(policies, StsService::issued);
      StsService sts =
          new StsService(
              database,
              keys.sealer(),
              ids,
              clock,
              authorizer,
              (snapshot, arn) ->
                  iam.role(snapshot, arn)
                      .map(
                          r ->
                              new StsService.Role(
                                  r.account(), r.path(), r.name(), r.id(), r.maxSession())),
              iam::exists,
              iam::managedDocument,
              iam::accountOfKey);
      SignatureVerifier signatures =
          new SignatureVerifier(
              (key, token) ->
                  token.isEmpty()
                      ? iam.credentials().find(key, token)
                      : sts.credentials().find(key, token),
              clock);

      // The services.
      LogsService logs = new LogsService(database, clock);
      this.sqs =
          new SqsService(
              database,
              clock,
              ids,
              authorizer,
              iam.principals(),
              this::endpoint,
              config.retryTimeScale());
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
      S3Service s3 =
          new S3Service(
              database,
              blobs,
              outbox,
              trace,
              ids,
              clock,
              authorizer,
              iam.principals(),
              recipients,
              caller -> functions.causeOfEvent(caller, trace),
              this::endpoint,
              config.newBuckets() == Config.NewBuckets.AWS);
      LambdaService lambda =
          functions.service(
              database,
              blobs,
              outbox,
              trace,
              authorizer,
              iam.principals(),
              recipients,
              sts.roleSessions(),
              s3);
      this.transports = shutdown.add(Transports.start(config, database, clock));
      SnsService sns =
          new SnsService(
              database,
              outbox,
              authorizer,
              iam.principals(),
              trace,
              ids,
              clock,
              new SnsDependencies(
                  transports.mail(),
                  transports.sms(),
                  transports.http(),
                  recipients,
                  new SnsSignatures(keys),
                  config.snsCertificateHost().map(host -> "https://" + host + "{path}").orElse(""),
                  this::endpoint,
                  caller -> functions.causeFor(caller).orElseGet(trace::begin)));

      policies.put("s3", s3.policies());
      policies.put("sqs", sqs.policies());
      policies.put("sns", sns.resourcePolicies());
      policies.put("lambda", lambda.resourcePolicies());
      policies.put("logs", logs.resourcePolicies());
      recipientsByService.put("sqs", sqs.recipient());
      recipientsByService.put("sns", sns.recipient());
      recipientsByService.put("lambda", lambda.recipient());

      // What the outbox delivers.
      Map<String, Delivery> deliveries = new HashMap<>(sns.deliveries());
      deliveries.putAll(lambda.deliveries());
      deliveries.put(Notifications.KIND, s3.delivery());
      deliveries.forEach(dispatcher::register);

      // The endpoint.
      this.operations =
          List.of(
              s3.operations(),
              lambda.operations(),
              sns.operations(),
              sqs.operations(),
              iam.operations(),
              sts.operations(),
              logs.operations());
      Peers peers = functions.peers();
      WellKnownKey wellKnown = new WellKnownKey(config, peers);
      RequestPipeline pipeline =
          new RequestPipeline(
              operations,
              signatures,
              wellKnown,
              authorizer,
              AdminRoutes.of(
                  new AdminAuth(config, signatures, keys, wellKnown),
                  new AdminApi(
                      database,
                      deadLetters,
                      dispatcher.report(),
                      trace,
                      storage,
                      s3,
                      iam.accounts(),
                      functions,
                      transports,
                      this::port),
                  operations.stream().map(Operations::service).toList()),
              config.baseHosts(),
              config.publicUrl(),
              config.accountId(),
              ids,
              clock);
      RootHandler rootHandler =
          new RootHandler(pipeline, wellKnown, sns.pages(), lambda.codeLinks(), peers);
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
      ClockStepDetector clockSteps =
          new ClockStepDetector(
              clock, System::nanoTime, List.of(dispatcher::correctDueTimes, sqs::correctDueTimes));
      shutdown.add(
          Housekeeping.start(
              List.of(
                  new Chore(Duration.ZERO, Duration.ofDays(1), lambda::findInterpreters),
                  new Chore(Duration.ZERO, TEN_SECONDS, clockSteps::check),
                  new Chore(SHORTLY, Duration.ofDays(1), iam::logMissingPolicies),
                  Chore.every(MINUTE, trace::sweep),
                  Chore.every(MINUTE, storage::removeReleased),
                  Chore.every(MINUTE, s3::sweep),
                  Chore.every(TEN_MINUTES, sqs::sweep),
                  Chore.every(TEN_MINUTES, logs::sweep),
                  new Chore(SHORTLY, Duration.ofDays(1), storage::sweep))));
      ready = true;
    } finally {
      if (!ready) {
        shutdown.close();
      }
    }
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
    sqs.stop();
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
