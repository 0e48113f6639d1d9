package io.carillon.aws.protocol;

import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the operation of a REST request by method, path, and required query parameters and
/// headers. Where several match, the one with the most requirements wins: `GET /b/k?uploadId=u` is
/// ListParts, although GetObject matches as well. All operations of the model take part, so a
/// request for an unimplemented one never matches another.
final class RestRoutes {

  /// @param segments of the path: text, `{Label}` or, at the end, `{Label+}`
  /// @param literals required query parameters, with their value if it is not empty
  private record Route(
      Model.Entry entry,
      List<String> segments,
      Map<String, String> literals,
      List<String> parameters,
      List<String> headers) {

    static Route of(Model.Entry entry) {
      int question = entry.template().indexOf('?');
      String path = question < 0 ? entry.template() : entry.template().substring(0, question);
      Map<String, String> literals = new LinkedHashMap<>();
      if (question >= 0) {
        for (String pair : entry.template().substring(question + 1).split("&", -1)) {
          int equals = pair.indexOf('=');
          literals.put(
              equals < 0 ? pair : pair.substring(0, equals),
              equals < 0 ? "" : pair.substring(equals + 1));
        }
      }
      List<String> parameters = new ArrayList<>();
      List<String> headers = new ArrayList<>();
      for (String need : entry.needs()) {
        if (need.startsWith(":")) {
          headers.add(need.substring(1));
        } else {
          parameters.add(need);
        }
      }
      return new Route(entry, segmentsOf(path), literals, parameters, headers);
    }

    private static List<String> segmentsOf(String path) {
      String bare = path.startsWith("/") ? path.substring(1) : path;
      return bare.isEmpty() ? List.of() : List.of(bare.split("/"));
    }

    long literalSegments() {
      return segments.stream().filter(s -> !s.startsWith("{")).count();
    }

    int requirementCount() {
      return literals.size() + parameters.size() + headers.size();
    }

    boolean needsQuery() {
      return !literals.isEmpty() || !parameters.isEmpty();
    }

    boolean matches(Parameters query, Headers fields) {
      for (Map.Entry<String, String> literal : literals.entrySet()) {
        String value = query.first(literal.getKey());
        if (value == null || (!literal.getValue().isEmpty() && !literal.getValue().equals(value))) {
          return false;
        }
      }
      for (String parameter : parameters) {
        if (!query.contains(parameter)) {
          return false;
        }
      }
      for (String header : headers) {
        if (!fields.contains(header)) {
          return false;
        }
      }
      return true;
    }

    /// The labels' values, undecoded, or null where the path differs. A trailing slash makes no
    /// difference.
    @Nullable Map<String, String> labels(String path) {
      Map<String, String> labels = new HashMap<>(4);
      int at = path.startsWith("/") ? 1 : 0;
      for (String segment : segments) {
        if (at >= path.length()) {
          return null;
        }
        if (segment.endsWith("+}")) {
          labels.put(segment.substring(1, segment.length() - 2), path.substring(at));
          return labels;
        }
        int slash = path.indexOf('/', at);
        int end = slash < 0 ? path.length() : slash;
        if (segment.startsWith("{")) {
          if (end == at) {
            return null;
          }
          labels.put(segment.substring(1, segment.length() - 1), path.substring(at, end));
        } else if (!path.regionMatches(at, segment, 0, segment.length())
            || end - at != segment.length()) {
          return null;
        }
        at = end + 1;
      }
      return at >= path.length() ? labels : null;
    }
  }

  /// @param labels of the path, undecoded
  /// @param literals names of the template's query parameters
  record Found(Model.Entry entry, Map<String, String> labels, Set<String> literals) {}

  private final Map<String, List<Route>> byVerb = new HashMap<>();

  /// Routes that a request without a query can match: few, so that most requests are matched at
  /// once.
  private final Map<String, List<Route>> withoutQueryByVerb = new HashMap<>();

  private final Set<String> discriminating = new HashSet<>();

  RestRoutes(List<Model.Entry> operations) {
    operations.stream()
        .map(Route::of)
        .sorted(
            Comparator.comparingLong(Route::literalSegments)
                .thenComparingInt(Route::requirementCount)
                .reversed())
        .forEach(
            route -> {
              byVerb.computeIfAbsent(route.entry().verb(), _ -> new ArrayList<>()).add(route);
              if (!route.needsQuery()) {
                withoutQueryByVerb
                    .computeIfAbsent(route.entry().verb(), _ -> new ArrayList<>())
                    .add(route);
              }
              discriminating.addAll(route.literals().keySet());
              discriminating.addAll(route.parameters());
            });
  }

  /// @param path of the request, undecoded; not the request's own where the host names the bucket
  Optional<Found> find(Request http, String path, Parameters query) {
    Map<String, List<Route>> routes = query.isEmpty() ? withoutQueryByVerb : byVerb;
    for (Route route : routes.getOrDefault(http.method(), List.of())) {
      if (route.matches(query, http.headers())) {
        Map<String, String> labels = route.labels(path);
        if (labels != null) {
          return Optional.of(new Found(route.entry(), labels, route.literals().keySet()));
        }
      }
    }
    return Optional.empty();
  }

  /// Whether a query parameter distinguishes operations.
  boolean isDiscriminating(String parameter) {
    return discriminating.contains(parameter);
  }
}
