package io.carillon.aws.pipeline;

import io.carillon.aws.ServiceSpec;
import io.carillon.aws.ServiceTrait;
import io.carillon.base.Region;
import io.carillon.http.Headers;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The resource or service that the `Host` of a request names beside this server: a bucket
/// (`photos.localhost`, `photos.s3.localhost`, `photos.s3.eu-west-1.localhost`) or a service
/// (`sqs.eu-west-1.localhost`).
final class Hosts {
  private final List<String> bases;

  /// A host of the service whose resources hosts can name; null for none.
  private final @Nullable Pattern virtual;

  /// @param bases the server's own host names, such as `localhost`
  /// @throws IllegalStateException if hosts name the resources of two services
  Hosts(List<String> bases, List<ServiceSpec> services) {
    this.virtual =
        ServiceRouter.only(services, ServiceTrait.VIRTUAL_HOSTS)
            .map(
                spec ->
                    Pattern.compile(
                        "(?:(.+)\\.)?" + Pattern.quote(spec.name()) + "(?:[.-]([a-z0-9-]+))?"))
            .orElse(null);
    this.bases =
        bases.stream()
            .map(base -> base.toLowerCase(Locale.ROOT))
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  /// The labels before the base host, without the dot; empty if there are none.
  private String prefix(Headers headers) {
    String host = headers.first("host");
    if (host == null) {
      return "";
    }
    int colon = host.lastIndexOf(':');
    String name = (colon < 0 ? host : host.substring(0, colon)).toLowerCase(Locale.ROOT);
    for (String base : bases) {
      if (name.equals(base)) {
        return "";
      }
      if (name.length() > base.length() + 1
          && name.endsWith(base)
          && name.charAt(name.length() - base.length() - 1) == '.') {
        return name.substring(0, name.length() - base.length() - 1);
      }
    }
    return "";
  }

  /// The resource in the host, if the request is one to the service with such hosts.
  Optional<String> resource(Headers headers) {
    String prefix = prefix(headers);
    if (prefix.isEmpty() || virtual == null) {
      return Optional.empty();
    }
    Matcher host = virtual.matcher(prefix);
    if (host.matches() && (host.group(2) == null || Region.isValid(host.group(2)))) {
      return Optional.ofNullable(host.group(1));
    }
    return Optional.of(prefix);
  }

  /// The name of the service in the host, if it is one.
  Optional<String> service(Headers headers) {
    String prefix = prefix(headers);
    int dot = prefix.indexOf('.');
    if (dot >= 0 && !Region.isValid(prefix.substring(dot + 1))) {
      return Optional.empty();
    }
    return prefix.isEmpty()
        ? Optional.empty()
        : Optional.of(dot < 0 ? prefix : prefix.substring(0, dot));
  }

  /// The region in the host.
  Optional<Region> region(Headers headers) {
    String prefix = prefix(headers);
    String last = prefix.substring(prefix.lastIndexOf('.') + 1);
    return Region.isValid(last) ? Optional.of(new Region(last)) : Optional.empty();
  }
}
