package io.carillon.aws.sigv4;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/// A query for signing: order and encoding are kept as received.
final class RawQuery {
  private static final RawQuery EMPTY = new RawQuery(List.of());

  /// @param value empty also without a `=`
  private record Parameter(String name, String value) {
    static final Comparator<Parameter> ORDER =
        Comparator.comparing(Parameter::name).thenComparing(Parameter::value);

    static Parameter of(String pair) {
      int equals = pair.indexOf('=');
      return equals < 0
          ? new Parameter(pair, "")
          : new Parameter(pair.substring(0, equals), pair.substring(equals + 1));
    }

    Parameter normalized() {
      return new Parameter(
          PercentCoding.encode(decodeForm(name)), PercentCoding.encode(decodeForm(value)));
    }

    @Override
    public String toString() {
      return name + "=" + value;
    }
  }

  private final List<Parameter> parameters;

  private RawQuery(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  static RawQuery of(String rawQuery) {
    if (rawQuery.isEmpty()) {
      return EMPTY;
    }
    List<Parameter> parameters = new ArrayList<>();
    for (String pair : rawQuery.split("&", -1)) {
      if (!pair.isEmpty()) {
        parameters.add(Parameter.of(pair));
      }
    }
    return new RawQuery(parameters);
  }

  /// The decoded value of the first parameter of this name.
  Optional<String> first(String name) {
    for (Parameter parameter : parameters) {
      if (decodeForm(parameter.name).equals(name)) {
        return Optional.of(decodeForm(parameter.value));
      }
    }
    return Optional.empty();
  }

  /// Every parameter in its order, decoded.
  void forEach(BiConsumer<String, String> action) {
    for (Parameter parameter : parameters) {
      action.accept(decodeForm(parameter.name), decodeForm(parameter.value));
    }
  }

  int count(String name) {
    return (int) parameters.stream().filter(p -> decodeForm(p.name).equals(name)).count();
  }

  boolean isEmpty() {
    return parameters.isEmpty();
  }

  RawQuery without(String name) {
    return isEmpty()
        ? this
        : new RawQuery(parameters.stream().filter(p -> !decodeForm(p.name).equals(name)).toList());
  }

  /// As received.
  String text() {
    return parameters.stream().map(Parameter::toString).collect(Collectors.joining("&"));
  }

  /// Sorted, encoded as received.
  String sorted() {
    return join(parameters);
  }

  /// Sorted, encoded as the signature prescribes.
  String canonical() {
    return join(parameters.stream().map(Parameter::normalized).toList());
  }

  private static String join(List<Parameter> parameters) {
    return parameters.isEmpty()
        ? ""
        : parameters.stream()
            .sorted(Parameter.ORDER)
            .map(Parameter::toString)
            .collect(Collectors.joining("&"));
  }

  private static String decodeForm(String text) {
    return PercentCoding.decode(text.replace('+', ' '));
  }
}
