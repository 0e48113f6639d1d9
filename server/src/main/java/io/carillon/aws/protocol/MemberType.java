package io.carillon.aws.protocol;

import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallLocation;
import software.amazon.awssdk.core.protocol.MarshallingKnownType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.core.traits.TimestampFormatTrait;
import software.amazon.awssdk.core.traits.TraitType;

/// The type of a member, as the SDK's field declares it.
sealed interface MemberType {

  /// Scalar values.
  enum Scalar implements MemberType {
    STRING,
    BOOLEAN,
    SHORT,
    INTEGER,
    LONG,
    FLOAT,
    DOUBLE,
    DECIMAL,
    BLOB
  }

  /// A point in time.
  record Time(Form form) implements MemberType {
    enum Form {
      /// The protocol's default, where the model names none.
      DEFAULT,
      ISO,
      HTTP,
      EPOCH_SECONDS
    }
  }

  /// @param itemName the element of each item where the list is not flattened
  record ListOf(MemberType item, String itemName, boolean flattened) implements MemberType {}

  record MapOf(MemberType value, String keyName, String valueName, boolean flattened)
      implements MemberType {}

  /// A structure. Its shape is resolved on first use, since structures may be recursive.
  record Struct(Supplier<SdkPojo> builder) implements MemberType {}

  /// Whether it is or contains a structure.
  default boolean containsStructures() {
    return switch (this) {
      case Struct _ -> true;
      case ListOf list -> list.item().containsStructures();
      case MapOf map -> map.value().containsStructures();
      case Scalar _, Time _ -> false;
    };
  }

  /// @throws IllegalStateException for types that no supported service uses
  static MemberType of(SdkField<?> field) {
    return switch (field.marshallingType().getKnownType()) {
      case STRING -> Scalar.STRING;
      case BOOLEAN -> Scalar.BOOLEAN;
      case SHORT -> Scalar.SHORT;
      case INTEGER -> Scalar.INTEGER;
      case LONG -> Scalar.LONG;
      case FLOAT -> Scalar.FLOAT;
      case DOUBLE -> Scalar.DOUBLE;
      case BIG_DECIMAL -> Scalar.DECIMAL;
      case SDK_BYTES -> Scalar.BLOB;
      case INSTANT -> new Time(formOf(field));
      case LIST -> {
        ListTrait list = field.getTrait(ListTrait.class, TraitType.LIST_TRAIT);
        String name = list.memberLocationName();
        yield new ListOf(
            of(list.memberFieldInfo()), name == null ? "member" : name, list.isFlattened());
      }
      case MAP -> {
        MapTrait map = field.getTrait(MapTrait.class, TraitType.MAP_TRAIT);
        yield new MapOf(
            of(map.valueFieldInfo()),
            map.keyLocationName(),
            map.valueLocationName(),
            map.isFlattened());
      }
      case SDK_POJO -> new Struct(field.constructor());
      case BYTE, DOCUMENT, NULL -> throw unknown(field);
    };
  }

  private static Time.Form formOf(SdkField<?> field) {
    TimestampFormatTrait trait =
        field.getTrait(TimestampFormatTrait.class, TraitType.TIMESTAMP_FORMAT_TRAIT);
    if (trait != null) {
      return switch (trait.format()) {
        case ISO_8601 -> Time.Form.ISO;
        case RFC_822 -> Time.Form.HTTP;
        case UNIX_TIMESTAMP, UNIX_TIMESTAMP_MILLIS -> Time.Form.EPOCH_SECONDS;
      };
    }
    if (field.location() == MarshallLocation.HEADER) {
      return Time.Form.HTTP;
    }
    return field.location() == MarshallLocation.QUERY_PARAM ? Time.Form.ISO : Time.Form.DEFAULT;
  }

  private static IllegalStateException unknown(SdkField<?> field) {
    MarshallingKnownType type = field.marshallingType().getKnownType();
    return new IllegalStateException("No codec for " + type + " of " + field.memberName());
  }
}
