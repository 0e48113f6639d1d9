package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Time;
import io.carillon.http.Headers;
import io.carillon.http.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import software.amazon.awssdk.core.SdkPojo;

/// Reads the path, query and header fields of a REST request.
final class RestDecoder {
  private static final Set<MemberType> WHOLE = Set.of(Scalar.SHORT, Scalar.INTEGER, Scalar.LONG);

  /// Handles a header field that the operation does not have, by its name in lower case; throws
  /// where it must be rejected.
  @FunctionalInterface
  interface UnknownHeaderHandler {
    void handle(Model.Entry operation, Shape shape, String name, String value);
  }

  /// Handles a query parameter that the operation does not have, and that distinguishes no
  /// operations.
  @FunctionalInterface
  interface UnknownParameterHandler {
    /// @return whether it is ignored
    boolean isIgnored(Model.Entry operation, String name);
  }

  private final UnknownParameterHandler unknownParameter;
  private final UnknownHeaderHandler unknown;
  private final RestRoutes routes;

  /// @param unknownParameter handles unknown query parameters
  /// @param unknown handles unknown header fields
  RestDecoder(
      RestRoutes routes, UnknownParameterHandler unknownParameter, UnknownHeaderHandler unknown) {
    this.routes = routes;
    this.unknown = unknown;
    this.unknownParameter = unknownParameter;
  }

  void read(RestRoutes.Found found, Parameters query, Request http, Shape shape, SdkPojo builder) {
    found
        .labels()
        .forEach(
            (label, raw) -> {
              Member member = shape.path().get(label);
              if (member != null) {
                member.set(builder, value(member, WireText.decode(raw, false)));
              }
            });
    readQuery(found, query, shape, builder);
    readHeaders(found.entry(), http.headers(), shape, builder);
  }

  private void readQuery(RestRoutes.Found found, Parameters query, Shape shape, SdkPojo builder) {
    query
        .all()
        .forEach(
            (name, values) -> {
              Member member = shape.query().get(name);
              if (member != null) {
                member.set(builder, queryValue(member, values));
              } else if (!found.literals().contains(name) && !isIgnored(found.entry(), name)) {
                throw CommonError.INVALID_PARAMETER_VALUE
                    .because("This operation does not take the query parameter " + name + ".")
                    .with("ArgumentName", name)
                    .with("ArgumentValue", values.getFirst());
              }
            });
  }

  /// Rejects a request that lacks a required query parameter or header field.
  @SuppressWarnings("ReferenceEquality") // members of one shape
  static void requireAll(Parameters query, Request http, Shape shape) {
    for (Member member : shape.required()) {
      if (shape.query().get(member.name()) == member && !query.contains(member.name())) {
        throw missing("query parameter", member);
      }
      if (shape.headers().get(member.name().toLowerCase(Locale.ROOT)) == member
          && !http.headers().contains(member.name())) {
        throw missing("header", member);
      }
    }
  }

  /// `x-id` names the operation for readers of logs; `X-Amz-…` signs. A parameter that
  /// distinguishes other operations must not be ignored.
  private boolean isIgnored(Model.Entry operation, String name) {
    return name.regionMatches(true, 0, "x-", 0, 2)
        || (!routes.isDiscriminating(name) && unknownParameter.isIgnored(operation, name));
  }

  private static Object queryValue(Member member, List<String> values) {
    if (member.kind() instanceof ListOf list) {
      List<Object> items = new ArrayList<>(values.size());
      values.forEach(v -> items.add(value(member, list.item(), v)));
      return items;
    }
    if (values.size() > 1) {
      throw wrong(member, values.getLast(), member.name() + " must appear once");
    }
    return value(member, values.getFirst());
  }

  private void readHeaders(Model.Entry operation, Headers headers, Shape shape, SdkPojo builder) {
    Map<String, String> fields = new HashMap<>();
    Map<String, Map<String, String>> maps = new HashMap<>(2);
    headers.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (shape.headers().containsKey(lower)) {
            fields.merge(lower, value, (before, more) -> before + "," + more);
          } else {
            boolean known = false;
            for (Member map : shape.headerMaps()) {
              if (lower.startsWith(map.name())) {
                known = true;
                maps.computeIfAbsent(map.name(), _ -> new TreeMap<>())
                    .merge(
                        lower.substring(map.name().length()),
                        WireText.headerText(value),
                        (before, more) -> before + "," + more);
              }
            }
            if (!known) {
              unknown.handle(operation, shape, lower, value);
            }
          }
        });
    fields.forEach(
        (name, value) -> {
          Member member = shape.headers().get(name);
          if (member != null) {
            member.set(builder, headerValue(member, WireText.headerText(value)));
          }
        });
    for (Member map : shape.headerMaps()) {
      Map<String, String> entries = maps.get(map.name());
      if (entries != null) {
        map.set(builder, entries);
      }
    }
  }

  private static Object headerValue(Member member, String text) {
    if (member.kind() instanceof ListOf list) {
      List<Object> items = new ArrayList<>();
      for (String item : text.split(",", -1)) {
        items.add(value(member, list.item(), item.trim()));
      }
      return items;
    }
    return value(member, text);
  }

  private static Object value(Member member, String text) {
    return value(member, member.kind(), text);
  }

  private static Object value(Member member, MemberType kind, String text) {
    try {
      return switch (kind) {
        case Scalar scalar -> Literals.read(scalar, text);
        case Time time -> Literals.readTime(time.form(), text);
        default -> throw new IllegalStateException(member + " cannot be in a request's head");
      };
    } catch (IllegalArgumentException e) {
      throw WHOLE.contains(kind)
          ? wrong(
              member, text, "Provided " + member.name() + " not an integer or within integer range")
          : wrong(member, text, member.name() + " " + e.getMessage());
    }
  }

  private static AwsException wrong(Member member, String value, String why) {
    return CommonError.INVALID_PARAMETER_VALUE
        .because(why)
        .with("ArgumentName", member.name())
        .with("ArgumentValue", value);
  }

  private static AwsException missing(String what, Member member) {
    return CommonError.INVALID_PARAMETER_VALUE
        .because("The " + what + " " + member.name() + " is missing.")
        .with("ArgumentName", member.name());
  }
}
