package io.carillon.aws;

import io.carillon.aws.Operations.Access;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.Operations.Way;
import io.carillon.aws.protocol.JsonProtocol;
import io.carillon.aws.protocol.MatchedRequest;
import io.carillon.aws.protocol.Protocol;
import io.carillon.aws.protocol.RequestIds;
import io.carillon.aws.protocol.UnknownService;
import io.carillon.aws.sigv4.Scope;
import io.carillon.aws.sigv4.SignatureVerifier;
import io.carillon.aws.sigv4.Verified;
import io.carillon.base.AccountId;
import io.carillon.base.Ids;
import io.carillon.base.Lazy;
import io.carillon.base.MemoryBudgetExceededException;
import io.carillon.base.Region;
import io.carillon.base.Reservation;
import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;

/// The road of every request: which service, who signed, which operation, may they, run it, answer.
///
/// For S3 all but the last two happen before a byte of the body is read, so that who may not is
/// told before sending a gigabyte. For the other services the signature covers the body, which is
/// small and read first.
public final class RequestPipeline implements Handler {
  private static final Pattern TRACE_HEADER =
      Pattern.compile("(Root|Self|Parent)=[A-Za-z0-9=;:_.@-]{1,250}");
  private static final String DOOR = "/_carillon";

  /// What scripts poll that wait for another emulator; it is answered as our own health is.
  private static final String OTHERS_HEALTH = "/_localstack/health";

  private static final String POST_OBJECT = "PostObject";
  private static final int LARGE_ANSWER_BYTES = 64 << 10;
  private static final int HOST_ID_BYTES = 57; // 76 characters of base64, as S3's are

  /// A service as it is served here.
  private record Stop(Operations operations, List<Protocol> protocols) {

    /// The one that a request speaks: where there are two, the older has no target.
    Protocol protocol(Request http) {
      boolean older = protocols.size() > 1 && !http.headers().contains(JsonProtocol.TARGET);
      return older ? protocols.getLast() : protocols.getFirst();
    }
  }

  private final Map<Service, Operations> tables = new EnumMap<>(Service.class);

  /// Made when first asked for: what a service's protocol needs is a good part of a fast start.
  private final Map<Service, Stop> stops = new ConcurrentHashMap<>();

  private final Lazy<UnknownService> unknown = new Lazy<>(UnknownService::new);
  private final SignatureVerifier verifier;
  private final SenderRules senders;
  private final Authorizer authorizer;
  private final Handler door;
  private final AccountId home;
  private final Ids ids;
  private final InstantSource clock;
  private final String publicUrl;
  private final String publicAuthority;
  private final Hosts hosts;
  private final ServiceRouter router;

  /// @param services the tables of what each can do; what is not here is answered NotImplemented
  /// @param senders looks at each signed request once more: at where it comes from
  /// @param door answers everything under `/_carillon`
  /// @param baseHosts the hosts under which the server is known and buckets have names of their own
  /// @param publicUrl under which the outside knows the server, if that is another
  /// @param home the account in whose name requests without signature are looked at
  public RequestPipeline(
      List<Operations> services,
      SignatureVerifier verifier,
      SenderRules senders,
      Authorizer authorizer,
      Handler door,
      List<String> baseHosts,
      Optional<URI> publicUrl,
      AccountId home,
      Ids ids,
      InstantSource clock) {
    this.verifier = verifier;
    this.senders = senders;
    this.authorizer = authorizer;
    this.door = door;
    this.home = home;
    this.ids = ids;
    this.clock = clock;
    this.publicUrl = publicUrl.map(url -> url.toString().replaceFirst("/+$", "")).orElse("");
    this.publicAuthority = publicUrl.map(URI::getRawAuthority).orElse("");
    this.hosts = new Hosts(baseHosts);
    this.router = new ServiceRouter(hosts);
    services.forEach(table -> tables.put(serviceOf(table), table));
  }

  private static Service serviceOf(Operations table) {
    return Service.find(table.service())
        .orElseThrow(() -> new IllegalArgumentException("No service " + table.service()));
  }

  @Override
  public Response handle(Request http) throws Exception {
    if (isAtTheDoor(http)) {
      return door.handle(http);
    }
    ServiceRouter.Turn turn;
    try {
      turn = router.turn(http);
    } catch (AwsException | MemoryBudgetExceededException | IOException e) {
      return refuseStranger(http, e);
    }
    Stop stop = stopOf(turn.service());
    Protocol protocol = stop.protocol(turn.http());
    RequestIds requestIds = newIds(turn.service());
    try {
      protocol.admit(turn.http(), turn.path());
      return travel(turn, stop, protocol, requestIds);
    } catch (Exception | StackOverflowError | OutOfMemoryError | AssertionError e) {
      return protocol.refuse(http.method(), Failures.answer(e, requestIds), requestIds);
    }
  }

  private boolean isAtTheDoor(Request http) {
    String path = http.rawPath();
    boolean ours =
        path.startsWith(DOOR)
            && (path.length() == DOOR.length() || path.charAt(DOOR.length()) == '/');
    return (ours || path.equals(OTHERS_HEALTH)) && !hostNamesBucket(http);
  }

  /// Whether the request's host names a bucket, so that its path is a key.
  public boolean hostNamesBucket(Request http) {
    return hosts.bucket(http.headers()).isPresent();
  }

  private Stop stopOf(Service service) {
    return stops.computeIfAbsent(
        service,
        _ -> {
          Operations nothing = Operations.of(service.signingName());
          Operations table = tables.getOrDefault(service, nothing);
          List<Protocol> protocols = service.protocols();
          return new Stop(
              table,
              table.judgesValues()
                  ? protocols.stream().map(Protocol::judgingValues).toList()
                  : protocols);
        });
  }

  private RequestIds newIds(Service service) {
    if (service != Service.S3) {
      return new RequestIds(ids.uuid(), "");
    }
    byte[] random = new byte[HOST_ID_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return new RequestIds(ids.requestId(), Base64.getEncoder().encodeToString(random));
  }

  /// Answers a request whose service is not known or not here, in the protocol it seems to speak.
  private Response refuseStranger(Request http, Exception e) throws IOException {
    RequestIds requestIds = newIds(Service.STS);
    String service = Scope.of(http).map(Scope::service).orElse("");
    return unknown.get().refuse(http, service, Failures.answer(e, requestIds), requestIds);
  }

  private Response travel(
      ServiceRouter.Turn turn, Stop stop, Protocol protocol, RequestIds requestIds)
      throws Exception {
    Verified verified = verifier.verify(turn.http(), turn.service().signingName(), turn.path());
    Request http = verified.request();
    boolean form = verified.signing().isForm(); // then the request is the PUT that it stands for
    MatchedRequest asked = protocol.read(http, form ? http.rawPath() : turn.path());
    String name = form ? POST_OBJECT : asked.operation().name();
    Operation<?> operation =
        stop.operations()
            .find(form ? POST_OBJECT : asked.operation().input())
            .orElseThrow(
                () ->
                    CommonError.NOT_IMPLEMENTED.because(
                        "The operation " + name + " is not implemented."));
    senders.check(turn.http(), verified, name);
    Caller caller = caller(verified, requestIds);
    if (verified instanceof Verified.Anonymous
        && !turn.service().admitsAnyone()
        && operation.access() instanceof Access.Needs) {
      throw CommonError.MISSING_AUTHENTICATION_TOKEN.exception();
    }
    Response answer =
        caller.call(
            () ->
                run(
                    operation,
                    asked,
                    protocol,
                    stop.operations().explanation(),
                    caller,
                    http,
                    requestIds));
    return senders.answer(turn.http(), name, answer);
  }

  private Caller caller(Verified verified, RequestIds requestIds) {
    return switch (verified) {
      case Verified.Anonymous _ ->
          new Caller(
              new Principal.Anonymous(),
              home,
              hosts.region(verified.request().headers()).orElse(Region.US_EAST_1),
              SessionTerms.NONE,
              requestIds.requestId(),
              requestIds.hostId(),
              address(verified),
              verified.request().secure(),
              userAgent(verified),
              clock.instant(),
              Instant.MAX,
              "",
              verified.signing(),
              host(verified),
              traceHeader(verified));
      case Verified.Signed signed ->
          caller(
              verified,
              signed.credentials(),
              Region.ofScope(signed.scope().region()).orElseThrow(),
              requestIds);
      case Verified.SignedBefore signed ->
          caller(
              verified,
              signed.credentials(),
              hosts.region(verified.request().headers()).orElse(Region.US_EAST_1),
              requestIds);
    };
  }

  private Caller caller(
      Verified verified, Credentials credentials, Region region, RequestIds requestIds) {
    return new Caller(
        credentials.principal(),
        credentials.account(),
        region,
        credentials.session(),
        requestIds.requestId(),
        requestIds.hostId(),
        address(verified),
        verified.request().secure(),
        userAgent(verified),
        clock.instant(),
        credentials.expires(),
        credentials.accessKeyId(),
        verified.signing(),
        host(verified),
        traceHeader(verified));
  }

  private static String address(Verified verified) {
    return verified.request().remote().getAddress().getHostAddress();
  }

  /// A proxy that ends TLS leaves the public host's name in the request, but not its scheme.
  private String host(Verified verified) {
    String host = verified.request().headers().find("host").orElse("");
    return !publicUrl.isEmpty() && host.equalsIgnoreCase(publicAuthority) ? publicUrl : host;
  }

  /// What is no trace header is left out: it is for others to read.
  private static @Nullable String traceHeader(Verified verified) {
    return verified
        .request()
        .headers()
        .find("x-amzn-trace-id")
        .filter(header -> TRACE_HEADER.matcher(header).matches())
        .orElse(null);
  }

  private static String userAgent(Verified verified) {
    return verified.request().headers().find("user-agent").orElse("");
  }

  private <I> Response run(
      Operation<I> operation,
      MatchedRequest asked,
      Protocol protocol,
      Operations.Explanation explanation,
      Caller caller,
      Request http,
      RequestIds requestIds)
      throws IOException {
    boolean decoded = operation.way() instanceof Way.Decoded;
    I input = operation.input().cast(asked.input(operation.input(), decoded));
    if (operation.access() instanceof Access.Needs<I>(var needs)) {
      authorize(caller, needs.apply(input), explanation);
    }
    return switch (operation.way()) {
      case Way.Decoded<I, ?>(var run) ->
          reserved(answer(protocol, asked, run.run(caller, input), requestIds));
      case Way.Streamed<I>(var run) -> protocol.stamp(run.run(caller, input, http), requestIds);
    };
  }

  /// A large answer lies in memory until its reader has taken it, however slow he is. What the body
  /// took is free by then.
  private static Response reserved(Response answer) {
    if (answer.content() instanceof Response.Content.Bytes(byte[] bytes)
        && bytes.length > LARGE_ANSWER_BYTES) {
      Reservation.current().growTo(bytes.length);
    }
    return answer;
  }

  private static Response answer(
      Protocol protocol, MatchedRequest asked, Object output, RequestIds requestIds) {
    if (!(output instanceof Operations.WithHeaders(SdkPojo said, Map<String, String> headers))) {
      return protocol.answer(asked.operation(), (SdkPojo) output, requestIds);
    }
    Response answer = protocol.answer(asked.operation(), said, requestIds);
    headers.forEach(answer::header);
    return answer;
  }

  private void authorize(Caller caller, List<Need> needs, Operations.Explanation explanation) {
    try {
      authorizer.require(caller, needs);
    } catch (AwsException denial) {
      throw explanation.of(caller, needs, denial);
    }
  }
}
