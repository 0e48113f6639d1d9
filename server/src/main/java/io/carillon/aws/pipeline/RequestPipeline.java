package io.carillon.aws.pipeline;

import io.carillon.aws.Authorization;
import io.carillon.aws.Authorizer;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.Operations.Access;
import io.carillon.aws.Operations.Execution;
import io.carillon.aws.Operations.Operation;
import io.carillon.aws.Principal;
import io.carillon.aws.RequestAuthorization;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.aws.SessionTerms;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;

/// The pipeline of every AWS request: find the service, verify the signature, find the operation,
/// authorize, run, respond.
///
/// For S3, everything before the operation runs without the body, so that a denied caller gets its
/// error before it sends a gigabyte. For the other services the signature covers the body, which is
/// small and read first.
public final class RequestPipeline implements Handler {
  private static final Pattern TRACE_HEADER =
      Pattern.compile("(Root|Self|Parent)=[A-Za-z0-9=;:_.@-]{1,250}");

  /// Requests by these methods hardly ever change anything, and so are not authorized again.
  private static final Set<String> READS = Set.of("GET", "HEAD");

  private static final String POST_OBJECT = "PostObject";
  private static final int LARGE_RESPONSE_BYTES = 64 << 10;
  private static final int HOST_ID_BYTES = 57; // 76 characters of base64, as in S3

  private final Map<String, Operations> operations = new LinkedHashMap<>();

  /// Created on first use: loading a protocol takes much of the start-up time.
  private final Map<String, Protocols> protocols = new ConcurrentHashMap<>();

  private final Lazy<UnknownService> unknown = new Lazy<>(UnknownService::new);
  private final SignatureVerifier verifier;
  private final SenderRules senders;
  private final Authorizer authorizer;
  private final AccountId homeAccount;
  private final Ids ids;
  private final InstantSource clock;
  private final String publicUrl;
  private final String publicAuthority;
  private final Hosts hosts;
  private final ServiceRouter router;

  /// @param services the operations of each service; others get NotImplemented
  /// @param senders checks the origin of each signed request
  public RequestPipeline(
      List<Operations> services,
      SignatureVerifier verifier,
      SenderRules senders,
      Authorizer authorizer,
      ServerIdentity server,
      Ids ids,
      InstantSource clock) {
    this.verifier = verifier;
    this.senders = senders;
    this.authorizer = authorizer;
    this.homeAccount = server.account();
    this.ids = ids;
    this.clock = clock;
    this.publicUrl =
        server.publicUrl().map(url -> url.toString().replaceFirst("/+$", "")).orElse("");
    this.publicAuthority = server.publicUrl().map(URI::getRawAuthority).orElse("");
    services.forEach(table -> operations.put(table.service(), table));
    List<ServiceSpec> specs = services.stream().map(Operations::spec).toList();
    this.hosts = new Hosts(server.baseHosts(), specs);
    this.router = new ServiceRouter(specs, hosts);
  }

  @Override
  public Response handle(Request http) throws Exception {
    ServiceRouter.RoutedRequest routed;
    try {
      routed = router.route(http);
    } catch (AwsException | MemoryBudgetExceededException | IOException e) {
      return refuseUnknownService(http, e);
    }
    Operations table = Objects.requireNonNull(operations.get(routed.service().name()));
    Protocol protocol = protocols(table).of(routed.http());
    RequestIds requestIds = newIds(routed.service());
    try {
      protocol.admit(routed.http(), routed.path());
      return process(routed, table, protocol, requestIds);
    } catch (Exception | StackOverflowError | OutOfMemoryError | AssertionError e) {
      return protocol.refuse(http.method(), Failures.toAwsException(e, requestIds), requestIds);
    }
  }

  /// Whether the request's host names a resource, such as a bucket, so that all paths are in it.
  public boolean hostNamesResource(Request http) {
    return hosts.resource(http.headers()).isPresent();
  }

  private Protocols protocols(Operations table) {
    return protocols.computeIfAbsent(
        table.service(), _ -> Protocols.of(table.spec(), table.validatesValues()));
  }

  private RequestIds newIds(ServiceSpec service) {
    if (!service.has(ServiceTrait.HOST_IDS)) {
      return new RequestIds(ids.uuid(), "");
    }
    byte[] random = new byte[HOST_ID_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return new RequestIds(ids.requestId(), Base64.getEncoder().encodeToString(random));
  }

  /// Answers a request to an unknown or unsupported service, in the protocol it seems to use.
  private Response refuseUnknownService(Request http, Exception e) throws IOException {
    RequestIds requestIds = new RequestIds(ids.uuid(), "");
    String service = Scope.of(http).map(Scope::service).orElse("");
    return unknown.get().refuse(http, service, Failures.toAwsException(e, requestIds), requestIds);
  }

  private Response process(
      ServiceRouter.RoutedRequest routed,
      Operations table,
      Protocol protocol,
      RequestIds requestIds)
      throws Exception {
    Verified verified = verifier.verify(routed.http(), routed.service(), routed.path());
    Request http = verified.request();
    boolean form = verified.signing().isForm(); // then the request has become a PUT
    MatchedRequest matched = protocol.read(http, form ? http.rawPath() : routed.path());
    String name = form ? POST_OBJECT : matched.operation().name();
    Operation<?> operation =
        table
            .find(form ? POST_OBJECT : matched.operation().input())
            .orElseThrow(
                () ->
                    CommonError.NOT_IMPLEMENTED.because(
                        "The operation " + name + " is not implemented."));
    senders.check(routed.http(), verified, name);
    Caller caller = caller(verified, requestIds);
    if (verified instanceof Verified.Anonymous
        && !routed.service().has(ServiceTrait.ANONYMOUS_REQUESTS)
        && operation.access() instanceof Access.Needs) {
      throw CommonError.MISSING_AUTHENTICATION_TOKEN.exception();
    }
    Response response =
        run(operation, matched, protocol, table.explanation(), caller, http, requestIds);
    return senders.answer(routed.http(), name, response);
  }

  private Caller caller(Verified verified, RequestIds requestIds) {
    return switch (verified) {
      case Verified.Anonymous _ ->
          new Caller(
              new Principal.Anonymous(),
              homeAccount,
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
      case Verified.SignedV2 signed ->
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

  /// A proxy that terminates TLS passes on the public host, but not the scheme.
  private String host(Verified verified) {
    String host = verified.request().headers().find("host").orElse("");
    return !publicUrl.isEmpty() && host.equalsIgnoreCase(publicAuthority) ? publicUrl : host;
  }

  /// An invalid trace header is dropped, since others will parse it.
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
      MatchedRequest matched,
      Protocol protocol,
      Operations.Explanation explanation,
      Caller caller,
      Request http,
      RequestIds requestIds)
      throws IOException {
    boolean decoded = operation.execution() instanceof Execution.Decoded;
    I input = operation.input().cast(matched.input(operation.input(), decoded));
    List<Need> needs =
        switch (operation.access()) {
          case Access.Needs<I>(var of) -> of.apply(caller, input);
          case Access.Open<I> _ -> List.of();
        };
    return RequestAuthorization.call(
        authorize(caller, needs, explanation, http),
        () ->
            switch (operation.execution()) {
              case Execution.Decoded<I, ?>(var run) ->
                  reserved(answer(protocol, matched, run.run(caller, input), requestIds));
              case Execution.Streamed<I>(var run) ->
                  protocol.stamp(run.run(caller, input, http), requestIds);
            });
  }

  /// A large response stays in memory until its reader has taken it, however slowly, so it is
  /// reserved. The request body's memory is free by then.
  private static Response reserved(Response response) {
    if (response.content() instanceof Response.Content.Bytes(byte[] bytes)
        && bytes.length > LARGE_RESPONSE_BYTES) {
      Reservation.current().growTo(bytes.length);
    }
    return response;
  }

  private static Response answer(
      Protocol protocol, MatchedRequest matched, Object output, RequestIds requestIds) {
    if (!(output instanceof Operations.WithHeaders(SdkPojo body, Map<String, String> headers))) {
      return protocol.answer(matched.operation(), (SdkPojo) output, requestIds);
    }
    Response response = protocol.answer(matched.operation(), body, requestIds);
    headers.forEach(response::header);
    return response;
  }

  private Authorization authorize(
      Caller caller, List<Need> needs, Operations.Explanation explanation, Request http) {
    Authorization decision =
        snapshot -> {
          try {
            authorizer.require(snapshot, caller, needs);
          } catch (AwsException denial) {
            throw explanation.of(snapshot, caller, needs, denial);
          }
        };
    return READS.contains(http.method())
        ? authorizer.authorizeOnce(decision)
        : authorizer.authorize(decision);
  }
}
