package io.carillon.lambda.runtime;

import io.carillon.base.Ids;
import io.carillon.base.MemoryBudgetExceededException;
import io.carillon.http.Body;
import io.carillon.http.Handler;
import io.carillon.http.Limits;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The Lambda Runtime API, by which environments poll for events and post results.
///
/// One port serves all environments. Each gets an address that ends in its own secret
/// (`127.0.0.1:9001/SECRET`), to which clients append `/2018-06-01/…`: so a function can act only
/// for its own environment.
///
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
public final class RuntimeApi implements Handler {
  /// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  static final int RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024 + 100;

  /// A response is in memory here, and again while it is sent to the caller.
  private static final int RESPONSE_COPIES = 2;

  private static final Pattern PATH =
      Pattern.compile(
          "/(?<secret>[0-9a-f]{32})/2018-06-01/runtime/"
              + "(?:(?<init>init/error)|invocation/(?:(?<next>next)|(?<id>[0-9a-zA-Z-]+)/(?<what>response|error)))");
  private static final int ERROR_TYPE_LENGTH = 200;
  private static final Duration READ_TIMEOUT = Duration.ofHours(1); // functions run 15 minutes

  /// A runtime needs one or two. The limit is higher so that a function that opens many connections
  /// does not exhaust those of the others.
  private static final int CONNECTIONS_PER_ENVIRONMENT = 64;

  private static final int SECRET_BYTES = 16;

  private final Map<String, Environment> environments = new ConcurrentHashMap<>();
  private final Ids ids;

  public RuntimeApi(Ids ids) {
    this.ids = ids;
  }

  /// The HTTP engine's limits for this API: every environment keeps a connection, which is idle
  /// while the function runs.
  public static Limits limits(RuntimeSettings settings) {
    Limits standard = Limits.standard();
    Limits.Times times = standard.times();
    return standard
        .withTimes(
            new Limits.Times(
                times.head(), READ_TIMEOUT, times.bodyStall(), times.writeStall(), times.linger()))
        .withConnections(settings.maxEnvironments() * CONNECTIONS_PER_ENVIRONMENT)
        .withRequests(settings.maxEnvironments() * CONNECTIONS_PER_ENVIRONMENT);
  }

  /// Admits an environment; returns its secret.
  String register(Environment environment) {
    String secret = ids.token(SECRET_BYTES);
    environments.put(secret, environment);
    return secret;
  }

  void unregister(String secret) {
    environments.remove(secret);
  }

  @Override
  public Response handle(Request request) throws IOException, InterruptedException {
    Matcher path = PATH.matcher(request.rawPath());
    if (!path.matches()) {
      return error(404, "NotFound", "Unknown path.");
    }
    Environment environment = environments.get(path.group("secret"));
    if (environment == null) {
      return error(403, "Forbidden", "Unknown execution environment.");
    }
    boolean isNext = path.group("next") != null;
    if (!request.method().equals(isNext ? "GET" : "POST")) {
      return error(405, "MethodNotAllowed", "Not with " + request.method() + ".");
    }
    if (isNext) {
      return next(environment);
    }
    if (path.group("init") != null) {
      return environment.initFailed(errorOf(request), errorType(request))
          ? accepted()
          : error(403, "InvalidStateTransition", "The initialization is over.");
    }
    return path.group("what").equals("response")
        ? answer(environment, path.group("id"), request)
        : fail(environment, path.group("id"), request);
  }

  private Response next(Environment environment) throws InterruptedException {
    Optional<Invocation> event = environment.next();
    if (event.isEmpty()) {
      return error(410, "Gone", "No more events for this connection.");
    }
    Invocation invocation = event.get();
    Instant deadline = environment.deadline();
    // AWS's native Java client crashes without content type and trace id.
    Response response =
        Response.of(200, "application/json", invocation.payload())
            .header("Lambda-Runtime-Aws-Request-Id", invocation.requestId())
            .header("Lambda-Runtime-Deadline-Ms", Long.toString(deadline.toEpochMilli()))
            .header("Lambda-Runtime-Invoked-Function-Arn", invocation.invokedArn())
            .header("Lambda-Runtime-Trace-Id", invocation.traceHeader());
    return invocation.clientContext().isEmpty()
        ? response
        : response.header("Lambda-Runtime-Client-Context", invocation.clientContext());
  }

  private static Response answer(Environment environment, String id, Request request)
      throws IOException {
    byte[] payload;
    try {
      payload = request.body().readAll(RESPONSE_LIMIT_BYTES, RESPONSE_COPIES);
    } catch (Body.TooLargeException e) {
      environment.answer(id, log -> tooLarge(log));
      return error(413, "RequestEntityTooLarge", "The response is too large.");
    } catch (MemoryBudgetExceededException e) {
      environment.answer(id, _ -> new InvocationResult.Unavailable(e.getMessage()));
      return accepted();
    }
    return environment.answer(id, log -> new InvocationResult.Returned(payload, log))
        ? accepted()
        : unknownId();
  }

  private static InvocationResult tooLarge(InvocationResult.LogTail log) {
    String type = "Function.ResponseSizeTooLarge";
    String message = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
    String json = "{\"errorType\":\"%s\",\"errorMessage\":\"%s\"}".formatted(type, message);
    return new InvocationResult.FunctionFailed(
        json.getBytes(StandardCharsets.UTF_8), type + ": " + message, log);
  }

  private static Response fail(Environment environment, String id, Request request)
      throws IOException {
    byte[] error = errorOf(request);
    String type = errorType(request);
    return environment.answer(id, log -> new InvocationResult.FunctionFailed(error, type, log))
        ? accepted()
        : unknownId();
  }

  private static byte[] errorOf(Request request) throws IOException {
    try {
      return request.body().readAll(RESPONSE_LIMIT_BYTES, RESPONSE_COPIES);
    } catch (Body.TooLargeException e) {
      return "{\"errorType\":\"Runtime.Unknown\",\"errorMessage\":\"The error is too large.\"}"
          .getBytes(StandardCharsets.UTF_8);
    } catch (MemoryBudgetExceededException e) {
      return "{\"errorType\":\"Runtime.Unknown\",\"errorMessage\":\"Out of memory for the error.\"}"
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  private static String errorType(Request request) {
    String type = request.headers().find("Lambda-Runtime-Function-Error-Type").orElse("Unhandled");
    return type.length() > ERROR_TYPE_LENGTH ? type.substring(0, ERROR_TYPE_LENGTH) : type;
  }

  private static Response accepted() {
    return json(202, "{\"status\":\"OK\"}");
  }

  private static Response unknownId() {
    return error(400, "InvalidRequestID", "Invalid request ID");
  }

  private static Response error(int status, String type, String message) {
    return json(status, "{\"errorType\":\"%s\",\"errorMessage\":\"%s\"}".formatted(type, message));
  }

  private static Response json(int status, String text) {
    return Response.of(status, "application/json", text.getBytes(StandardCharsets.UTF_8));
  }
}
