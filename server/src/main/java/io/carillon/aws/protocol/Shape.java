package io.carillon.aws.protocol;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.traits.PayloadTrait;
import software.amazon.awssdk.core.traits.RequiredTrait;
import software.amazon.awssdk.core.traits.TraitType;
import software.amazon.awssdk.core.traits.XmlAttributeTrait;

/// A structure's members, sorted by their location on the wire, so that a request costs one look-up
/// for each value it has, not one for each member of the shape.
final class Shape {
  private final Map<String, Member> path = new LinkedHashMap<>();
  private final Map<String, Member> query = new LinkedHashMap<>();
  private final Map<String, Member> headers = new LinkedHashMap<>();
  private final List<Member> headerMaps = new ArrayList<>();
  private final Map<String, Member> body = new LinkedHashMap<>();
  private final List<Member> all = new ArrayList<>();
  private final List<Member> required = new ArrayList<>();
  private final List<Member> nested = new ArrayList<>();
  private @Nullable Member payload;
  private @Nullable Member status;

  /// @param required names of required members, beside those whose fields declare it
  Shape(List<SdkField<?>> fields, Naming naming, Set<String> required) {
    for (SdkField<?> field : fields) {
      add(field, naming.rename(field, plain(field, required.contains(field.memberName()))));
    }
  }

  private static Member plain(SdkField<?> field, boolean required) {
    return new Member(
        field,
        field.locationName(),
        MemberType.of(field),
        required || field.containsTrait(RequiredTrait.class, TraitType.REQUIRED_TRAIT),
        field.containsTrait(XmlAttributeTrait.class, TraitType.XML_ATTRIBUTE_TRAIT));
  }

  private void add(SdkField<?> field, Member member) {
    all.add(member);
    if (member.required()) {
      required.add(member);
    }
    if (member.kind().containsStructures()) {
      nested.add(member);
    }
    switch (field.location()) {
      case PATH, GREEDY_PATH -> path.put(member.name(), member);
      case QUERY_PARAM -> query.put(member.name(), member);
      case STATUS_CODE -> status = member;
      case HEADER -> {
        if (member.kind() instanceof MemberType.MapOf) {
          headerMaps.add(member);
        } else {
          headers.put(member.name().toLowerCase(Locale.ROOT), member);
        }
      }
      case PAYLOAD -> {
        if (field.containsTrait(PayloadTrait.class, TraitType.PAYLOAD_TRAIT)) {
          payload = member;
        } else {
          body.put(member.name(), member);
        }
      }
    }
  }

  Map<String, Member> path() {
    return path;
  }

  Map<String, Member> query() {
    return query;
  }

  /// By name in lower case.
  Map<String, Member> headers() {
    return headers;
  }

  /// Maps whose entries are headers of a common prefix, such as `x-amz-meta-`.
  List<Member> headerMaps() {
    return headerMaps;
  }

  /// Members of a body that is not a single member.
  Map<String, Member> body() {
    return body;
  }

  /// In the order of the model.
  List<Member> all() {
    return all;
  }

  List<Member> required() {
    return required;
  }

  /// Members that are or contain structures.
  List<Member> nested() {
    return nested;
  }

  /// The member that is the body.
  @Nullable Member payload() {
    return payload;
  }

  /// The member that is the response's status.
  @Nullable Member status() {
    return status;
  }
}
