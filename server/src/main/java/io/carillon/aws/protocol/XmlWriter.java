package io.carillon.aws.protocol;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Writes XML as the services do: without indentation, and with characters that XML 1.0 does not
/// allow as references, so that control characters in a key are at least visible to lenient
/// clients.
final class XmlWriter {
  private final StringBuilder out =
      new StringBuilder(512).append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

  XmlWriter open(String name) {
    out.append('<').append(name).append('>');
    return this;
  }

  /// Opens a root in a namespace; null for none.
  XmlWriter root(String name, @Nullable String namespace) {
    return namespace == null ? open(name) : open(name, "xmlns", namespace);
  }

  /// @param attributes alternating names and values
  XmlWriter open(String name, String... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1]);
      out.append('"');
    }
    out.append('>');
    return this;
  }

  XmlWriter close(String name) {
    out.append("</").append(name).append('>');
    return this;
  }

  XmlWriter text(String text) {
    escape(text);
    return this;
  }

  XmlWriter element(String name, String text) {
    return open(name).text(text).close(name);
  }

  byte[] bytes() {
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\t', '\n' -> out.append(c);
        default -> {
          if (c < ' ' || c == 0xFFFE || c == 0xFFFF || c == 0x85 || c == 0x2028) {
            out.append("&#x").append(Integer.toHexString(c)).append(';');
          } else {
            out.append(c);
          }
        }
      }
    }
  }
}
