package io.carillon.aws;

import io.carillon.base.Region;
import io.carillon.http.Headers;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the `Host` of a request says, beside naming this server: a bucket (`photos.localhost`,
/// `photos.s3.localhost`, `photos.s3.eu-west-1.localhost`) or a service
/// (`sqs.eu-west-1.localhost`).
final class Hosts {
  private static final Pattern BUCKET = Pattern.compile("(?:(.+)\\.)?s3(?:[.-]([a-z0-9-]+))?");

  private final List<String> bases;

  /// @param bases the hosts under which the server is known, such as `localhost`
  Hosts(List<String> bases) {
    this.bases =
        bases.stream()
            .map(base -> base.toLowerCase(Locale.ROOT))
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  /// What stands before the base host, without the dot; empty if nothing does.
  private String before(Headers headers) {
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

  /// The bucket that the host names, if the request is one to S3.
  Optional<String> bucket(Headers headers) {
    String before = before(headers);
    if (before.isEmpty()) {
      return Optional.empty();
    }
    Matcher s3 = BUCKET.matcher(before);
    if (s3.matches() && (s3.group(2) == null || Region.isValid(s3.group(2)))) {
      return Optional.ofNullable(s3.group(1));
    }
    return Optional.of(before);
  }

  /// The service that the host names.
  Optional<Service> service(Headers headers) {
    String before = before(headers);
    int dot = before.indexOf('.');
    if (dot >= 0 && !Region.isValid(before.substring(dot + 1))) {
      return Optional.empty();
    }
    return Service.find(dot < 0 ? before : before.substring(0, dot));
  }

  /// The region that the host names.
  Optional<Region> region(Headers headers) {
    String before = before(headers);
    String last = before.substring(before.lastIndexOf('.') + 1);
    return Region.isValid(last) ? Optional.of(new Region(last)) : Optional.empty();
  }
}
