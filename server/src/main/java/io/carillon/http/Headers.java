package io.carillon.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Header fields in the order received; names are compared without case. Values are the bytes of
/// the wire, one `char` each (ISO 8859-1), so nothing above 127 is lost; callers decode them where
/// they know the encoding.
public final class Headers {
  private final List<String> names = new ArrayList<>();
  private final List<String> values = new ArrayList<>();

  public Headers add(String name, String value) {
    names.add(name);
    values.add(value);
    return this;
  }

  public Headers set(String name, String value) {
    remove(name);
    return add(name, value);
  }

  public void remove(String name) {
    for (int i = names.size() - 1; i >= 0; i--) {
      if (names.get(i).equalsIgnoreCase(name)) {
        names.remove(i);
        values.remove(i);
      }
    }
  }

  public @Nullable String first(String name) {
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        return values.get(i);
      }
    }
    return null;
  }

  public Optional<String> find(String name) {
    return Optional.ofNullable(first(name));
  }

  public List<String> all(String name) {
    List<String> found = new ArrayList<>(1);
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        found.add(values.get(i));
      }
    }
    return found;
  }

  public boolean contains(String name) {
    return first(name) != null;
  }

  public int size() {
    return names.size();
  }

  public void forEach(BiConsumer<String, String> visitor) {
    for (int i = 0; i < names.size(); i++) {
      visitor.accept(names.get(i), values.get(i));
    }
  }
}
