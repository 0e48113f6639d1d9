package io.carillon.aws.protocol;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.util.SdkAutoConstructList;
import software.amazon.awssdk.core.util.SdkAutoConstructMap;

/// A member of a structure.
///
/// @param name on the wire
/// @param required whether the model requires it (known for S3 only)
/// @param attribute whether it is an XML attribute
record Member(
    SdkField<?> field, String name, MemberType kind, boolean required, boolean attribute) {

  /// Null where the structure does not have it. The SDK's placeholders for unset lists and maps
  /// count as absent; a list that was set counts as present, even if empty.
  @Nullable Object get(SdkPojo structure) {
    Object value = field.getValueOrDefault(structure);
    return value instanceof SdkAutoConstructList || value instanceof SdkAutoConstructMap
        ? null
        : value;
  }

  void set(SdkPojo builder, Object value) {
    field.set(builder, value);
  }
}
