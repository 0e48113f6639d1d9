package io.carillon.messaging;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The value of one message attribute, as topics and queues store and forward it.
///
/// @param type `String`, `Number` or `Binary`, for topics also `String.Array`; optionally with a
///   custom label after a dot
/// @param text null for `Binary`
/// @param bytes null except for `Binary`
public record MessageAttribute(String type, @Nullable String text, byte @Nullable [] bytes) {

  public static MessageAttribute string(String text) {
    return new MessageAttribute("String", text, null);
  }

  public static MessageAttribute number(String text) {
    return new MessageAttribute("Number", text, null);
  }

  public boolean isBinary() {
    return bytes != null;
  }

  public byte[] content() {
    return bytes != null ? bytes : Objects.requireNonNull(text).getBytes(StandardCharsets.UTF_8);
  }

  /// The value in JSON messages: base64 for binary.
  public String shown() {
    return bytes != null ? Base64.getEncoder().encodeToString(bytes) : Objects.requireNonNull(text);
  }

  /// What an attribute of this name adds to the size of its message.
  public int sizeBytes(String name) {
    return name.length() + type.length() + content().length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MessageAttribute(String otherType, String otherText, byte[] otherBytes)
        && type.equals(otherType)
        && Objects.equals(text, otherText)
        && Arrays.equals(bytes, otherBytes);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, text, Arrays.hashCode(bytes));
  }
}
