package io.carillon.sns;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// The value of one message attribute.
///
/// @param type `String`, `String.Array`, `Number` or `Binary`, perhaps with a label of the sender's
/// @param text null for `Binary`
/// @param binary null but for `Binary`
@SuppressWarnings("ArrayRecordComponent") // rows are never compared
record Attribute(String type, @Nullable String text, byte @Nullable [] binary) {

  static Attribute string(String text) {
    return new Attribute("String", text, null);
  }

  /// As messages show it: binary values in base 64.
  String shown() {
    if (text != null) {
      return text;
    }
    return binary == null ? "" : Base64.getEncoder().encodeToString(binary);
  }

  /// What it adds to the size of its message.
  int sizeBytes() {
    int value =
        text != null
            ? text.getBytes(StandardCharsets.UTF_8).length
            : binary == null ? 0 : binary.length;
    return type.length() + value;
  }
}
