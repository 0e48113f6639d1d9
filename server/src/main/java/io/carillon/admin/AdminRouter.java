package io.carillon.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.carillon.aws.AwsException;
import io.carillon.base.Reservation;
import io.carillon.http.Handler;
import io.carillon.http.Request;
import io.carillon.http.Response;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The admin API under `/_carillon/`: a table of routes that answer JSON. All of them but health
/// are authorized by the guard, since functions reach loopback too.
public final class AdminRouter implements Handler {
  private static final String ROOT = "/_carillon";

  /// The health check of LocalStack, polled by scripts written for it; it gets our own health.
  private static final String LOCALSTACK_HEALTH = "/_localstack/health";

  private static final int BODY_LIMIT_BYTES = 64 * 1024;

  /// Lets a request pass or throws [AwsException].
  @FunctionalInterface
  public interface AccessCheck {
    void check(Request request) throws IOException;
  }

  /// Answers a call: an object to be written as JSON, or text as it is.
  @FunctionalInterface
  public interface Route {
    Object answer(Call call) throws Exception;
  }

  /// The part of a request that a route gets.
  public record Call(Map<String, String> query, byte[] body) {
    public Optional<String> find(String name) {
      return Optional.ofNullable(query.get(name));
    }

    /// @throws AwsException where the parameter is missing
    public String require(String name) {
      return find(name)
          .orElseThrow(
              () -> AdminError.MISSING_PARAMETER.because("The parameter " + name + " is missing."));
    }

    public int number(String name, int fallback, int max) {
      return find(name)
          .map(
              text -> {
                try {
                  int number = Integer.parseInt(text);
                  if (number >= 1 && number <= max) {
                    return number;
                  }
                } catch (NumberFormatException _) {
                  // reported below, like a number out of range
                }
                throw AdminError.BAD_PARAMETER.because(
                    "The parameter " + name + " must be a number from 1 to " + max + ".");
              })
          .orElse(fallback);
    }
  }

  private final AccessCheck guard;
  private final List<String> services;
  private final Map<String, Route> routes = new LinkedHashMap<>();
  private final ObjectMapper json =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .addModule(new Jdk8Module())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  /// @param services the names of the mounted services, for health
  public AdminRouter(AccessCheck guard, List<String> services) {
    this.guard = guard;
    this.services = services;
  }

  /// Whether this path is the admin API's, unless the request's host names a bucket.
  public static boolean hasPath(String path) {
    boolean isBelowRoot =
        path.startsWith(ROOT)
            && (path.length() == ROOT.length() || path.charAt(ROOT.length()) == '/');
    return isBelowRoot || path.equals(LOCALSTACK_HEALTH);
  }

  /// @param line method and path below `/_carillon/`, such as `GET mail`
  ///
  /// @throws IllegalStateException if the line has a route
  public AdminRouter on(String line, Route route) {
    if (routes.put(line, route) != null) {
      throw new IllegalStateException("Two admin routes " + line);
    }
    return this;
  }

  @Override
  public Response handle(Request request) throws Exception {
    String path = request.rawPath().replaceFirst("^" + ROOT + "/?", "");
    boolean isRead = request.method().equals("GET") || request.method().equals("HEAD");
    if (isRead && path.equals("health")) {
      return json(200, Map.of("status", "ready"));
    }
    if (isRead && path.equals(LOCALSTACK_HEALTH)) {
      return Response.of(200, "application/json", localstackHealth());
    }
    try {
      guard.check(request);
      Route route = routes.get(request.method() + " " + path);
      if (route == null) {
        throw AdminError.NO_SUCH_PAGE.because(
            "There is nothing at "
                + request.method()
                + " /_carillon/"
                + path
                + ". There are: "
                + String.join(", ", routes.keySet())
                + ".");
      }
      Object answer =
          route.answer(
              new Call(parse(request.rawQuery()), request.body().readAll(BODY_LIMIT_BYTES)));
      return answer instanceof String text ? Response.text(200, text) : json(200, answer);
    } catch (AwsException e) {
      return json(e.error().status(), Map.of("code", e.error().code(), "message", e.getMessage()));
    }
  }

  /// In LocalStack's spelling, spaces included: scripts look for `"s3": "available"`.
  private byte[] localstackHealth() {
    return services.stream()
        .map(service -> "\"" + service + "\": \"available\"")
        .collect(Collectors.joining(", ", "{\"status\": \"ready\", \"services\": {", "}}"))
        .getBytes(StandardCharsets.UTF_8);
  }

  private Response json(int status, Object value) throws IOException {
    byte[] bytes = json.writeValueAsBytes(value);
    Reservation.current().growTo(bytes.length);
    return Response.of(status, "application/json", bytes);
  }

  private static Map<String, String> parse(String rawQuery) {
    Map<String, String> query = new LinkedHashMap<>();
    for (String pair : rawQuery.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        query.put(decode(name), equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return query;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw AdminError.BAD_PARAMETER.because("The query is not percent-encoded correctly: " + text);
    }
  }
}
