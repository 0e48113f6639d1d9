package io.carillon.aws.protocol;

import io.carillon.aws.AwsException;
import io.carillon.aws.CommonError;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.aws.protocol.MemberType.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkPojo;

/// Reads the parameters of a query request, whose dotted names form a tree: `Tags.member.1.Key=k`,
/// `Attributes.entry.1.value=v`, flattened `Attribute.1.Name=n`.
final class QueryDecoder {
  private static final int MAX_DEPTH = 32;

  private final Shapes shapes;

  QueryDecoder(Shapes shapes) {
    this.shapes = shapes;
  }

  private static final class Node {
    final String path;
    final Map<String, Node> children = new LinkedHashMap<>();
    @Nullable String value;

    Node(String path) {
      this.path = path;
    }

    Node child(String name) {
      return children.computeIfAbsent(name, n -> new Node(path.isEmpty() ? n : path + "." + n));
    }

    boolean isEmpty() {
      return children.isEmpty() && String.valueOf(value).isEmpty();
    }

    String literal() {
      String text = value;
      if (text == null || !children.isEmpty()) {
        throw CommonError.VALIDATION.because("The parameter " + path + " must be one value.");
      }
      return text;
    }
  }

  /// @throws AwsException [CommonError#VALIDATION] naming the unknown or invalid parameter
  void read(Parameters parameters, SdkPojo builder) {
    Node root = new Node("");
    parameters
        .all()
        .forEach(
            (name, values) -> {
              if (!isProtocolParameter(name)) {
                place(root, name, values);
              }
            });
    readStructure(root, builder);
  }

  /// The parameters of the protocol and of the signature.
  private static boolean isProtocolParameter(String name) {
    return name.equals("Action") || name.equals("Version") || name.startsWith("X-Amz-");
  }

  private static void place(Node root, String name, List<String> values) {
    String[] steps = name.split("\\.", -1);
    if (steps.length > MAX_DEPTH) {
      throw CommonError.VALIDATION.because("The parameter " + name + " is nested too deeply.");
    }
    Node node = root;
    for (String step : steps) {
      node = node.child(step);
    }
    if (values.size() > 1) {
      throw CommonError.VALIDATION.because("The parameter " + name + " appears twice.");
    }
    node.value = values.getFirst();
  }

  private void readStructure(Node node, SdkPojo builder) {
    Shape shape = shapes.of(builder);
    node.children.forEach(
        (name, child) -> {
          Member member = shape.body().get(name);
          if (member == null && child.isEmpty()) {
            member = unnumbered(shape, name);
          }
          if (member == null) {
            throw CommonError.VALIDATION.because(
                "The parameter " + child.path + " is not known to this operation.");
          }
          member.set(builder, read(member.kind(), child));
        });
  }

  /// An empty flattened list or map is sent under the model's own name, since there is no item to
  /// number (`AttributeNames=`, but `AttributeName.1=All`).
  private static @Nullable Member unnumbered(Shape shape, String name) {
    for (Member member : shape.all()) {
      boolean many = member.kind() instanceof ListOf || member.kind() instanceof MapOf;
      if (many && member.field().locationName().equals(name)) {
        return member;
      }
    }
    return null;
  }

  private Object read(MemberType kind, Node node) {
    return switch (kind) {
      case Scalar scalar -> literal(node, text -> Literals.read(scalar, text));
      case Time time -> literal(node, text -> Literals.readTime(time.form(), text));
      case Struct struct -> {
        if (node.value != null) {
          throw CommonError.VALIDATION.because(
              "The parameter " + node.path + " is a structure, not a value.");
        }
        SdkPojo builder = struct.builder().get();
        readStructure(node, builder);
        yield Shapes.build(builder);
      }
      case ListOf list -> {
        List<Object> items = new ArrayList<>();
        for (Node item : numbered(node, list.flattened(), list.itemName())) {
          items.add(read(list.item(), item));
        }
        yield items;
      }
      case MapOf map -> {
        Map<String, Object> entries = new LinkedHashMap<>();
        for (Node entry : numbered(node, map.flattened(), "entry")) {
          readEntry(entry, map, entries);
        }
        yield entries;
      }
    };
  }

  private void readEntry(Node entry, MapOf map, Map<String, Object> into) {
    Map<String, Node> parts = new HashMap<>(entry.children);
    Node key = parts.remove(map.keyName());
    Node value = parts.remove(map.valueName());
    if (key == null || value == null || !parts.isEmpty()) {
      throw CommonError.VALIDATION.because(
          "The parameter %s must be %s and %s."
              .formatted(entry.path, map.keyName(), map.valueName()));
    }
    if (into.put(key.literal(), read(map.value(), value)) != null) {
      throw CommonError.VALIDATION.because(
          "The key " + key.literal() + " appears twice in " + entry.path + ".");
    }
  }

  /// The items in the order of their numbers, which may have gaps. An empty list is sent as an
  /// empty value.
  private static Iterable<Node> numbered(Node node, boolean flattened, String around) {
    if (node.isEmpty()) {
      return List.of();
    }
    Node items = flattened ? node : node.children.get(around);
    if (items == null
        || node.value != null
        || items.value != null
        || (!flattened && node.children.size() > 1)) {
      throw CommonError.VALIDATION.because(
          "The parameter "
              + node.path
              + " must be numbered"
              + (flattened ? "." : " " + around + "s."));
    }
    Map<Integer, Node> sorted = new TreeMap<>();
    items.children.forEach((number, item) -> sorted.put(number(number, item), item));
    return sorted.values();
  }

  private static int number(String text, Node item) {
    if (text.isEmpty()
        || text.length() > 6
        || !text.chars().allMatch(c -> c >= '0' && c <= '9')
        || (text.startsWith("0") && text.length() > 1)) {
      throw CommonError.VALIDATION.because("The parameter " + item.path + " must be numbered.");
    }
    return Integer.parseInt(text);
  }

  private static Object literal(Node node, java.util.function.Function<String, Object> read) {
    try {
      return read.apply(node.literal());
    } catch (IllegalArgumentException e) {
      throw CommonError.INVALID_PARAMETER_VALUE.because(
          "The parameter " + node.path + " " + e.getMessage() + ".");
    }
  }
}
