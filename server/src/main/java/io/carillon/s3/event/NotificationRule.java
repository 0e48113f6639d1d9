package io.carillon.s3.event;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One notification rule of a bucket: which events of which keys go to which destination.
///
/// Filter values are encoded like keys in events: see [FilterEncoding].
///
/// @param events as configured, such as `s3:ObjectCreated:*`
/// @param prefix as configured; null and empty both match every key
/// @param suffix likewise
public record NotificationRule(
    String id,
    DestinationType kind,
    String destination,
    List<String> events,
    Filter prefix,
    Filter suffix) {

  /// The type of the destination, and the XML element that configures it.
  public enum DestinationType {
    TOPIC("sns", "Topic"),
    QUEUE("sqs", "Queue"),
    FUNCTION("lambda", "CloudFunction");

    private final String service;
    private final String element;

    DestinationType(String service, String element) {
      this.service = service;
      this.element = element;
    }

    /// The element that names the destination, as in errors.
    String element() {
      return element;
    }

    public String service() {
      return service;
    }
  }

  /// @param value as configured
  /// @param given whether it was configured at all, so that reading returns what was put
  public record Filter(boolean given, String value) {
    public static final Filter NONE = new Filter(false, "");

    public static Filter of(String value) {
      return new Filter(true, value);
    }

    /// The value that the URL-encoded key must contain.
    String pattern() {
      return FilterEncoding.ofFilter(value);
    }

    /// Whether any key can match: none does if the value contains unencoded special characters.
    boolean canMatch() {
      return pattern().equals(FilterEncoding.corrected(value));
    }

    /// The decoded value, for messages.
    String text() {
      try {
        return URLDecoder.decode(value, StandardCharsets.UTF_8);
      } catch (IllegalArgumentException notEncoded) {
        return value;
      }
    }
  }

  public NotificationRule {
    events = List.copyOf(events);
  }

  private static final int MAX_KEY_BYTES = 1024;

  public boolean matches(EventType type, String key) {
    return matchesEncoded(type, FilterEncoding.ofKey(key));
  }

  /// The same for a URL-encoded key.
  boolean matchesEncoded(EventType type, String key) {
    return begins(key)
        && ends(key)
        && events.stream().anyMatch(event -> covers(event, "s3:" + type.eventName()));
  }

  /// Why the filter does not match `key`, for messages; empty if it does.
  public Optional<String> mismatch(String key) {
    String encoded = FilterEncoding.ofKey(key);
    if (!begins(encoded)) {
      return Optional.of("begin with " + describe(prefix, key.startsWith(prefix.value())));
    }
    return ends(encoded)
        ? Optional.empty()
        : Optional.of("end with " + describe(suffix, key.endsWith(suffix.value())));
  }

  /// Warnings about the filter: special characters that no URL-encoded key contains.
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>(0);
    if (!prefix.canMatch()) {
      warnings.add("No key begins with " + corrected(prefix));
    }
    if (!suffix.canMatch()) {
      warnings.add("No key ends with " + corrected(suffix));
    }
    return warnings;
  }

  /// @param literally whether the key matches the unencoded filter value
  private static String describe(Filter filter, boolean literally) {
    if (!filter.canMatch()) {
      return corrected(filter);
    }
    return '"'
        + filter.text()
        + '"'
        + (literally ? " (a + in a filter stands for a space: write %2B for a plus)" : "");
  }

  private static String corrected(Filter filter) {
    return "\"%s\", since S3 compares filters with the URL-encoded key: write \"%s\""
        .formatted(filter.value(), FilterEncoding.corrected(filter.value()));
  }

  private boolean begins(String key) {
    return key.startsWith(prefix.pattern());
  }

  private boolean ends(String key) {
    return key.endsWith(suffix.pattern());
  }

  /// A key that both rules match for an event of both; empty if there is none.
  ///
  /// Both match a key only if one prefix begins with the other and one suffix ends with the other.
  /// Then the longer prefix and the longer suffix make such a key, overlapping if it would be too
  /// long otherwise.
  Optional<String> keyMatchedAlsoBy(NotificationRule other) {
    if (events.stream().noneMatch(a -> other.events.stream().anyMatch(b -> overlap(a, b)))) {
      return Optional.empty();
    }
    String begin = longer(prefix.pattern(), other.prefix.pattern());
    String end = longer(suffix.pattern(), other.suffix.pattern());
    if (!begin.startsWith(prefix.pattern())
        || !begin.startsWith(other.prefix.pattern())
        || !end.endsWith(suffix.pattern())
        || !end.endsWith(other.suffix.pattern())) {
      return Optional.empty();
    }
    String key = begin + end;
    for (int shared = 1;
        decodedBytes(key) > MAX_KEY_BYTES && shared <= Math.min(begin.length(), end.length());
        shared++) {
      if (begin.endsWith(end.substring(0, shared))) {
        key = begin + end.substring(shared);
      }
    }
    return decodedBytes(key) > MAX_KEY_BYTES
        ? Optional.empty()
        : Optional.of(key.isEmpty() ? "any" : Filter.of(key).text());
  }

  private static String longer(String one, String other) {
    return one.length() >= other.length() ? one : other;
  }

  private static boolean overlap(String one, String other) {
    return covers(one, other) || covers(other, one);
  }

  private static boolean covers(String pattern, String event) {
    return pattern.equals(event)
        || (pattern.endsWith(":*") && event.startsWith(pattern.substring(0, pattern.length() - 1)));
  }

  private static int decodedBytes(String encoded) {
    return Filter.of(encoded).text().getBytes(StandardCharsets.UTF_8).length;
  }
}
