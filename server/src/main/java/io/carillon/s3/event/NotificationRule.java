package io.carillon.s3.event;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One rule of a bucket: which events of which keys go where.
///
/// A filter value is written as keys are in events: see [FilterEncoding].
///
/// @param events as configured, such as `s3:ObjectCreated:*`
/// @param prefix as configured; null and empty both match every key
/// @param suffix likewise
public record NotificationRule(
    String id, Kind kind, String destination, List<String> events, Filter prefix, Filter suffix) {

  /// The element that the rule came in.
  public enum Kind {
    TOPIC("sns", "Topic"),
    QUEUE("sqs", "Queue"),
    FUNCTION("lambda", "CloudFunction");

    private final String service;
    private final String element;

    Kind(String service, String element) {
      this.service = service;
      this.element = element;
    }

    /// The element that names the destination, as errors call it.
    String element() {
      return element;
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

    /// What the URL-encoded key must have.
    String pattern() {
      return FilterEncoding.ofFilter(value);
    }

    /// Whether there are keys that have it: not if special characters stand in it as they are.
    boolean canMatch() {
      return pattern().equals(FilterEncoding.corrected(value));
    }

    /// The characters that keys must have, for people.
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
    return matchesSpelled(type, FilterEncoding.ofKey(key));
  }

  /// The same for a key that is URL-encoded already.
  boolean matchesSpelled(EventType type, String key) {
    return begins(key)
        && ends(key)
        && events.stream().anyMatch(event -> covers(event, "s3:" + type.eventName()));
  }

  /// What `key` lacks to match whatever the event, in words; empty if nothing.
  public Optional<String> missing(String key) {
    String spelled = FilterEncoding.ofKey(key);
    if (!begins(spelled)) {
      return Optional.of("begin with " + described(prefix, key.startsWith(prefix.value())));
    }
    return ends(spelled)
        ? Optional.empty()
        : Optional.of("end with " + described(suffix, key.endsWith(suffix.value())));
  }

  /// What is wrong with the filter, in words: special characters that no URL-encoded key has.
  public List<String> mistakes() {
    List<String> mistakes = new ArrayList<>(0);
    if (!prefix.canMatch()) {
      mistakes.add("No key begins with " + corrected(prefix));
    }
    if (!suffix.canMatch()) {
      mistakes.add("No key ends with " + corrected(suffix));
    }
    return mistakes;
  }

  /// @param literally whether the key has the filter's characters as they stand
  private static String described(Filter filter, boolean literally) {
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

  /// A key that both rules would match for some event that both name; empty if there is none.
  ///
  /// Both match a key only if one prefix begins with the other and one suffix ends with the other.
  /// Then the longer of each make such a key, overlapping where that is what makes it short enough.
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
        || pattern.endsWith(":*") && event.startsWith(pattern.substring(0, pattern.length() - 1));
  }

  private static int decodedBytes(String spelled) {
    return Filter.of(spelled).text().getBytes(StandardCharsets.UTF_8).length;
  }
}
