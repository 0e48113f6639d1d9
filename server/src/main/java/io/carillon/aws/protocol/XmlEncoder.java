package io.carillon.aws.protocol;

import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import io.carillon.aws.protocol.MemberType.Scalar;
import io.carillon.aws.protocol.MemberType.Struct;
import io.carillon.aws.protocol.MemberType.Time;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkPojo;

/// Writes model objects as XML: S3's bodies and the responses of the query services.
final class XmlEncoder {
  private static final String SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

  private final Shapes shapes;
  private final boolean millis;

  /// @param millis whether timestamps have milliseconds
  XmlEncoder(Shapes shapes, boolean millis) {
    this.shapes = shapes;
    this.millis = millis;
  }

  /// Writes the members of the body, without an enclosing element.
  void members(XmlWriter out, SdkPojo structure) {
    for (Member member : shapes.of(structure).body().values()) {
      Object value = member.get(structure);
      if (value != null && !member.attribute()) {
        write(out, member.name(), member.kind(), value);
      }
    }
  }

  private void write(XmlWriter out, String name, MemberType kind, Object value) {
    switch (kind) {
      case Scalar scalar -> out.element(name, Literals.write(scalar, value));
      case Time time -> out.element(name, Literals.writeTime(time.form(), (Instant) value, millis));
      case Struct _ -> {
        SdkPojo structure = (SdkPojo) value;
        out.open(name, attributes(structure));
        members(out, structure);
        out.close(name);
      }
      case ListOf list -> {
        if (!list.flattened()) {
          out.open(name);
        }
        for (Object item : (List<?>) value) {
          write(out, list.flattened() ? name : list.itemName(), list.item(), item);
        }
        if (!list.flattened()) {
          out.close(name);
        }
      }
      case MapOf map -> writeMap(out, name, map, (Map<?, ?>) value);
    }
  }

  private void writeMap(XmlWriter out, String name, MapOf map, Map<?, ?> entries) {
    String around = map.flattened() ? name : "entry";
    if (!map.flattened()) {
      out.open(name);
    }
    entries.forEach(
        (key, value) -> {
          out.open(around).element(map.keyName(), String.valueOf(key));
          write(out, map.valueName(), map.value(), value);
          out.close(around);
        });
    if (!map.flattened()) {
      out.close(name);
    }
  }

  /// Alternating attribute names and values. The only one in all models is a grantee's `xsi:type`.
  private String[] attributes(SdkPojo structure) {
    List<String> attributes = new ArrayList<>(0);
    for (Member member : shapes.of(structure).body().values()) {
      if (member.attribute() && member.get(structure) instanceof String value) {
        attributes.addAll(List.of("xmlns:xsi", SCHEMA_INSTANCE, member.name(), value));
      }
    }
    return attributes.toArray(String[]::new);
  }
}
