package io.carillon.aws.protocol;

import io.carillon.aws.FlattenedNames;
import io.carillon.aws.protocol.MemberType.ListOf;
import io.carillon.aws.protocol.MemberType.MapOf;
import java.util.function.Function;

/// Names lists and maps as a service's older query protocol does.
record FlattenedNaming(FlattenedNames names) implements Function<String, Naming> {
  @Override
  public Naming apply(String structure) {
    return (field, member) -> {
      String name = names.name(structure, member.name());
      return switch (member.kind()) {
        case ListOf _ ->
            new Member(field, name, member.kind(), member.required(), member.attribute());
        case MapOf map ->
            new Member(field, name, pairs(map, name), member.required(), member.attribute());
        default -> member;
      };
    };
  }

  private MapOf pairs(MapOf map, String name) {
    FlattenedNames.EntryNames entry = names.entryNames(name);
    return new MapOf(map.value(), entry.key(), entry.value(), true);
  }
}
