package io.carillon.s3.event;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// One rule of a bucket: which events of which keys go where.
///
/// A filter value is written as keys are in events: a space as `+`, other special characters
/// percent-encoded. One that is not well-formed so is taken as it stands.
///
/// @param events as configured, such as `s3:ObjectCreated:*`
/// @param prefix as configured; null and empty both match every key
/// @param suffix likewise
public record NotificationRule(
    String id, Kind kind, String destination, List<String> events, Filter prefix, Filter suffix) {

  /// The element that the rule came in.
  public enum Kind {
    TOPIC("sns"),
    QUEUE("sqs"),
    FUNCTION("lambda");

    private final String service;

    Kind(String service) {
      this.service = service;
    }

    public String service() {
      return service;
    }
  }

  /// @param value as configured
  /// @param given whether it was configured at all, so that reading answers what was put
  public record Filter(boolean given, String value) {
    public static final Filter NONE = new Filter(false, "");

    public static Filter of(String value) {
      return new Filter(true, value);
    }

    /// The characters that keys must have.
    String text() {
      if (value.indexOf('+') < 0 && value.indexOf('%') < 0) {
        return value;
      }
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
    return begins(key)
        && ends(key)
        && events.stream().anyMatch(event -> covers(event, "s3:" + type.eventName()));
  }

  /// What `key` lacks to match whatever the event, in words; empty if nothing.
  public Optional<String> missing(String key) {
    if (!begins(key)) {
      return Optional.of("begin with \"" + prefix.text() + "\"");
    }
    return ends(key) ? Optional.empty() : Optional.of("end with \"" + suffix.text() + "\"");
  }

  private boolean begins(String key) {
    return key.startsWith(prefix.text());
  }

  private boolean ends(String key) {
    return key.endsWith(suffix.text());
  }

  /// A key that both rules would match for some event that both name; empty if there is none.
  ///
  /// Both match a key only if one prefix begins with the other and one suffix ends with the other.
  /// Then the longer of each make such a key, overlapping where that is what makes it short enough.
  Optional<String> keyMatchedAlsoBy(NotificationRule other) {
    if (events.stream().noneMatch(a -> other.events.stream().anyMatch(b -> overlap(a, b)))) {
      return Optional.empty();
    }
    String begin = longer(prefix.text(), other.prefix.text());
    String end = longer(suffix.text(), other.suffix.text());
    if (!begin.startsWith(prefix.text())
        || !begin.startsWith(other.prefix.text())
        || !end.endsWith(suffix.text())
        || !end.endsWith(other.suffix.text())) {
      return Optional.empty();
    }
    String key = begin + end;
    for (int shared = 1;
        utf8Length(key) > MAX_KEY_BYTES && shared <= Math.min(begin.length(), end.length());
        shared++) {
      if (begin.endsWith(end.substring(0, shared))) {
        key = begin + end.substring(shared);
      }
    }
    return utf8Length(key) > MAX_KEY_BYTES
        ? Optional.empty()
        : Optional.of(key.isEmpty() ? "any" : key);
  }

  private static String longer(String one, String other) {
    return one.length() >= other.length() ? one : other;
  }

  private static boolean overlap(String one, String other) {
    return covers(one, other) || covers(other, one);
  }

  private static boolean covers(String pattern, String event) {
    return pattern.equals(event)
        || pattern.endsWith(":*") && event.startsWith(pattern.substring(0, pattern.length() - 1));
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
