package io.carillon.aws.protocol;

import io.carillon.aws.CommonError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The parameters of a query or a form, decoded.
public final class Parameters {
  private static final int MAX_PARAMETERS = 10_000;
  private static final Parameters NONE = new Parameters(Map.of());

  private final Map<String, List<String>> values;

  private Parameters(Map<String, List<String>> values) {
    this.values = values;
  }

  /// @throws io.carillon.aws.AwsException [CommonError#INVALID_URI] where it is not well-formed
  public static Parameters parse(String raw) {
    return raw.isEmpty() ? NONE : new Parameters(parse(raw, new LinkedHashMap<>()));
  }

  /// The parameters of a query and of a form together.
  static Parameters parse(String query, String form) {
    return new Parameters(parse(form, parse(query, new LinkedHashMap<>())));
  }

  private static Map<String, List<String>> parse(String raw, Map<String, List<String>> into) {
    int count = 0;
    int start = 0;
    while (start <= raw.length()) {
      int and = raw.indexOf('&', start);
      int end = and < 0 ? raw.length() : and;
      if (end > start) {
        if (++count > MAX_PARAMETERS) {
          throw CommonError.REQUEST_ENTITY_TOO_LARGE.because("There are too many parameters.");
        }
        int equals = raw.indexOf('=', start);
        int nameEnd = equals < 0 || equals > end ? end : equals;
        String name = WireText.decode(raw.substring(start, nameEnd), true);
        String value = nameEnd == end ? "" : WireText.decode(raw.substring(nameEnd + 1, end), true);
        into.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(value);
      }
      start = end + 1;
    }
    return into;
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  public boolean contains(String name) {
    return values.containsKey(name);
  }

  public @Nullable String first(String name) {
    List<String> all = values.get(name);
    return all == null ? null : all.getFirst();
  }

  public Map<String, List<String>> all() {
    return values;
  }
}
