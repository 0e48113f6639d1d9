package io.carillon.aws;

import io.carillon.aws.protocol.JsonProtocol;
import io.carillon.aws.protocol.Parameters;
import io.carillon.aws.sigv4.Scope;
import io.carillon.http.Body;
import io.carillon.http.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/// Decides which service a request is for.
///
/// The signature decides first, since it names the service, so that no bucket name can shadow a
/// service; then the host; then the content of the request.
final class ServiceRouter {
  private static final Pattern LAMBDA_PATH = Pattern.compile("/20[0-9]{2}-[0-9]{2}-[0-9]{2}/.*");
  private static final Pattern QUEUE_PATH = Pattern.compile("/[0-9]{12}/[^/]+/?");
  private static final String FORM = "application/x-www-form-urlencoded";

  /// @param http the request; its body is buffered where it was read
  /// @param path of the request, with the bucket in front where the host names it
  record RoutedRequest(Service service, Request http, String path) {}

  private final Hosts hosts;

  ServiceRouter(Hosts hosts) {
    this.hosts = hosts;
  }

  /// @throws AwsException where the signature names an unsupported service
  RoutedRequest route(Request http) throws IOException {
    Optional<Scope> scope = Scope.of(http);
    if (scope.isPresent()) {
      String name = scope.get().service();
      return route(
          Service.find(name)
              .orElseThrow(
                  () ->
                      CommonError.NOT_IMPLEMENTED.because(
                          "The service %s is not implemented. There are %s."
                              .formatted(name, String.join(", ", Service.names())))),
          http);
    }
    Optional<Service> named = hosts.service(http.headers());
    return named.isPresent() ? route(named.get(), http) : byContent(http);
  }

  private RoutedRequest route(Service service, Request http) {
    if (service == Service.S3) {
      Optional<String> bucket = hosts.bucket(http.headers());
      if (bucket.isPresent()) {
        return new RoutedRequest(service, http, "/" + bucket.get() + http.rawPath());
      }
    }
    return new RoutedRequest(service, http, http.rawPath());
  }

  private RoutedRequest byContent(Request http) throws IOException {
    String target = http.headers().first(JsonProtocol.TARGET);
    if (target != null) {
      return route(target.startsWith("AmazonSQS") ? Service.SQS : Service.LOGS, http);
    }
    if (hosts.bucket(http.headers()).isPresent()) {
      return route(Service.S3, http);
    }
    String path = http.rawPath();
    if (LAMBDA_PATH.matcher(path).matches()) {
      return route(Service.LAMBDA, http);
    }
    boolean queue = QUEUE_PATH.matcher(path).matches();
    if (!queue && !path.equals("/")) {
      return route(Service.S3, http);
    }
    if (!isForm(http)) {
      return route(byAction(Parameters.parse(http.rawQuery()), queue), http);
    }
    byte[] form = http.body().readAll(Service.SNS.limitBytes());
    Request buffered = http.withBody(Body.of(form));
    Parameters parameters = Parameters.parse(new String(form, StandardCharsets.ISO_8859_1));
    return route(byAction(parameters, queue), buffered);
  }

  private static boolean isForm(Request http) {
    String type = http.headers().first("content-type");
    return http.method().equals("POST")
        && type != null
        && type.regionMatches(true, 0, FORM, 0, FORM.length());
  }

  /// By the API version of the request. The links in e-mails have none: they are SNS's.
  private static Service byAction(Parameters parameters, boolean queue) {
    String action = parameters.first("Action");
    if (action == null) {
      return Service.S3;
    }
    return switch (String.valueOf(parameters.first("Version"))) {
      case "2010-03-31" -> Service.SNS;
      case "2010-05-08" -> Service.IAM;
      case "2011-06-15" -> Service.STS;
      case "2012-11-05" -> Service.SQS;
      default -> queue ? Service.SQS : Service.SNS;
    };
  }
}
