package io.carillon.aws.pipeline;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.aws.protocol.JsonProtocol;
import io.carillon.aws.protocol.Parameters;
import io.carillon.aws.sigv4.Scope;
import io.carillon.http.Body;
import io.carillon.http.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Decides which service a request is for.
///
/// The signature decides first, since it names the service, so that no name of a resource can
/// shadow a service; then the host; then the content of the request.
final class ServiceRouter {
  private static final String FORM = "application/x-www-form-urlencoded";

  /// Forms of unsigned requests are read to find the service.
  private static final int MAX_FORM_BYTES = 2 << 20;

  /// @param http the request; its body is buffered where it was read
  /// @param path of the request, with the resource in front that the host names
  record RoutedRequest(ServiceSpec service, Request http, String path) {}

  private final List<ServiceSpec> services;
  private final Hosts hosts;
  private final Optional<ServiceSpec> defaultForActions;
  private final Optional<ServiceSpec> defaultForRequests;

  /// @throws IllegalStateException if there are two defaults
  ServiceRouter(List<ServiceSpec> services, Hosts hosts) {
    this.services = services;
    this.hosts = hosts;
    this.defaultForActions = only(services, ServiceTrait.DEFAULT_FOR_ACTIONS);
    this.defaultForRequests = only(services, ServiceTrait.DEFAULT_FOR_REQUESTS);
  }

  /// The service that has a trait which only one can have.
  static Optional<ServiceSpec> only(List<ServiceSpec> services, ServiceTrait trait) {
    List<ServiceSpec> having = services.stream().filter(spec -> spec.has(trait)).toList();
    if (having.size() > 1) {
      throw new IllegalStateException(
          "Only one service can have %s, not %s"
              .formatted(trait, having.stream().map(ServiceSpec::name).toList()));
    }
    return having.stream().findFirst();
  }

  /// @throws AwsException where the request is for a service that is not here
  RoutedRequest route(Request http) throws IOException {
    Optional<Scope> scope = Scope.of(http);
    if (scope.isPresent()) {
      return route(named(scope.get().service()), http);
    }
    Optional<ServiceSpec> host =
        hosts.service(http.headers()).flatMap(name -> find(spec -> spec.name().equals(name)));
    return host.isPresent() ? route(host.get(), http) : byContent(http);
  }

  private Optional<ServiceSpec> find(Predicate<ServiceSpec> is) {
    return services.stream().filter(is).findFirst();
  }

  private ServiceSpec named(String name) {
    return find(spec -> spec.name().equals(name)).orElseThrow(() -> notImplemented(name));
  }

  private AwsException notImplemented(String service) {
    return CommonError.NOT_IMPLEMENTED.because(
        "The service %s is not implemented. There are %s."
            .formatted(
                service, String.join(", ", services.stream().map(ServiceSpec::name).toList())));
  }

  private RoutedRequest route(ServiceSpec service, Request http) {
    Optional<String> resource =
        service.has(ServiceTrait.VIRTUAL_HOSTS) ? hosts.resource(http.headers()) : Optional.empty();
    String path = resource.map(name -> "/" + name).orElse("") + http.rawPath();
    return new RoutedRequest(service, http, path);
  }

  private RoutedRequest toDefault(Request http) {
    return route(defaultForRequests.orElseThrow(() -> notImplemented("of the request")), http);
  }

  private RoutedRequest byContent(Request http) throws IOException {
    String target = http.headers().first(JsonProtocol.TARGET);
    if (target != null) {
      return route(
          find(spec -> spec.hasTarget(target))
              .orElseThrow(() -> notImplemented(target.substring(0, target.indexOf('.') + 1))),
          http);
    }
    if (hosts.resource(http.headers()).isPresent()) {
      return toDefault(http);
    }
    String path = http.rawPath();
    Optional<ServiceSpec> owner = find(spec -> spec.hasPath(path));
    if (owner.isPresent() && owner.get().query().isEmpty()) {
      return route(owner.get(), http);
    }
    if (owner.isEmpty() && !path.equals("/")) {
      return toDefault(http);
    }
    if (!isForm(http)) {
      return byAction(Parameters.parse(http.rawQuery()), owner, http);
    }
    byte[] form = http.body().readAll(MAX_FORM_BYTES);
    Parameters parameters = Parameters.parse(new String(form, StandardCharsets.ISO_8859_1));
    return byAction(parameters, owner, http.withBody(Body.of(form)));
  }

  private static boolean isForm(Request http) {
    String type = http.headers().first("content-type");
    return http.method().equals("POST")
        && type != null
        && type.regionMatches(true, 0, FORM, 0, FORM.length());
  }

  /// By the API version of the request. Links in e-mails have none.
  ///
  /// @param owner of the path, such as that of a queue
  private RoutedRequest byAction(Parameters parameters, Optional<ServiceSpec> owner, Request http) {
    if (parameters.first("Action") == null) {
      return toDefault(http);
    }
    @Nullable String version = parameters.first("Version");
    ServiceSpec service =
        find(spec -> version != null && spec.hasVersion(version))
            .or(() -> owner)
            .or(() -> defaultForActions)
            .orElseThrow(() -> notImplemented("of the request"));
    return route(service, http);
  }
}
