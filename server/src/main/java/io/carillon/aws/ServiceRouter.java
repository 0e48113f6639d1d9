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

/// Where requests to the seven services part: decides which is meant.
///
/// A signature decides first, since it names the service, so that no bucket's name can shadow one;
/// then the host; only then what the request looks like.
final class ServiceRouter {
  private static final Pattern LAMBDA_PATH = Pattern.compile("/20[0-9]{2}-[0-9]{2}-[0-9]{2}/.*");
  private static final Pattern QUEUE_PATH = Pattern.compile("/[0-9]{12}/[^/]+/?");
  private static final String FORM = "application/x-www-form-urlencoded";

  /// @param http the request; its body is at hand where it had to be looked at
  /// @param path the request's, with the bucket in front where the host names it
  record Turn(Service service, Request http, String path) {}

  private final Hosts hosts;

  ServiceRouter(Hosts hosts) {
    this.hosts = hosts;
  }

  /// @throws AwsException where the signature names a service that is not here
  Turn turn(Request http) throws IOException {
    Optional<Scope> scope = Scope.of(http);
    if (scope.isPresent()) {
      String name = scope.get().service();
      return turn(
          Service.find(name)
              .orElseThrow(
                  () ->
                      CommonError.NOT_IMPLEMENTED.because(
                          "The service %s is not implemented. There are %s."
                              .formatted(name, String.join(", ", Service.names())))),
          http);
    }
    Optional<Service> named = hosts.service(http.headers());
    return named.isPresent() ? turn(named.get(), http) : byLooks(http);
  }

  private Turn turn(Service service, Request http) {
    if (service == Service.S3) {
      Optional<String> bucket = hosts.bucket(http.headers());
      if (bucket.isPresent()) {
        return new Turn(service, http, "/" + bucket.get() + http.rawPath());
      }
    }
    return new Turn(service, http, http.rawPath());
  }

  private Turn byLooks(Request http) throws IOException {
    String target = http.headers().first(JsonProtocol.TARGET);
    if (target != null) {
      return turn(target.startsWith("AmazonSQS") ? Service.SQS : Service.LOGS, http);
    }
    if (hosts.bucket(http.headers()).isPresent()) {
      return turn(Service.S3, http);
    }
    String path = http.rawPath();
    if (LAMBDA_PATH.matcher(path).matches()) {
      return turn(Service.LAMBDA, http);
    }
    boolean queue = QUEUE_PATH.matcher(path).matches();
    if (!queue && !path.equals("/")) {
      return turn(Service.S3, http);
    }
    if (!isForm(http)) {
      return turn(byAction(Parameters.parse(http.rawQuery()), queue), http);
    }
    byte[] form = http.body().readAll(Service.SNS.limitBytes());
    Request opened = http.withBody(Body.of(form));
    Parameters parameters = Parameters.parse(new String(form, StandardCharsets.ISO_8859_1));
    return turn(byAction(parameters, queue), opened);
  }

  private static boolean isForm(Request http) {
    String type = http.headers().first("content-type");
    return http.method().equals("POST")
        && type != null
        && type.regionMatches(true, 0, FORM, 0, FORM.length());
  }

  /// By the version that the request names. The links in mails name none: they are SNS's.
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
