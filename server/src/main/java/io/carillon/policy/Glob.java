package io.carillon.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pattern in which `*` stands for any run of characters and `?` for one.
///
/// A pattern is an array of characters and the two wildcards as negative numbers, so that a `*`
/// from the value of a policy variable is a literal. Matching backtracks to the last star only: the
/// elements before it matched as early as possible, which leaves the most text for the rest, so
/// earlier stars cannot help. The time is at most the product of the two lengths, never
/// exponential.
public final class Glob {
  private static final int ANY = -1;
  private static final int STAR = -2;

  private final int[] elements;
  private final @Nullable String literal;
  private final @Nullable String prefix;

  private Glob(int[] elements) {
    this.elements = elements;
    int wildcard = firstWildcard(elements);
    this.literal = wildcard == elements.length ? text(elements, wildcard) : null;
    this.prefix =
        wildcard == elements.length - 1 && elements[wildcard] == STAR
            ? text(elements, wildcard)
            : null;
  }

  /// Reads `*` and `?` in `pattern` as wildcards.
  public static Glob of(String pattern) {
    return new Builder().pattern(pattern).build();
  }

  public boolean matches(String subject) {
    if (literal != null) {
      return literal.equals(subject);
    }
    if (prefix != null) {
      return subject.startsWith(prefix);
    }
    return matchesElements(subject);
  }

  /// Whether every text that matches begins with `beginning`.
  boolean startsWith(String beginning) {
    return firstWildcard(elements) >= beginning.length()
        && text(elements, beginning.length()).equals(beginning);
  }

  private boolean matchesElements(String subject) {
    int at = 0;
    int element = 0;
    int star = -1;
    int resume = 0;
    while (at < subject.length()) {
      if (element < elements.length && elements[element] == STAR) {
        star = element++;
        resume = at;
      } else if (element < elements.length
          && (elements[element] == ANY || elements[element] == subject.charAt(at))) {
        element++;
        at++;
      } else if (star >= 0) {
        element = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    while (element < elements.length && elements[element] == STAR) {
      element++;
    }
    return element == elements.length;
  }

  /// Splits at the first `limit - 1` occurrences of a literal `separator`.
  List<Glob> split(char separator, int limit) {
    List<Glob> parts = new ArrayList<>(limit);
    int from = 0;
    for (int i = 0; i < elements.length && parts.size() < limit - 1; i++) {
      if (elements[i] == separator) {
        parts.add(new Glob(Arrays.copyOfRange(elements, from, i)));
        from = i + 1;
      }
    }
    parts.add(new Glob(Arrays.copyOfRange(elements, from, elements.length)));
    return parts;
  }

  boolean matchesEverything() {
    return prefix != null && prefix.isEmpty();
  }

  private static int firstWildcard(int[] elements) {
    int i = 0;
    while (i < elements.length && elements[i] >= 0) {
      i++;
    }
    return i;
  }

  private static String text(int[] elements, int length) {
    char[] characters = new char[length];
    for (int i = 0; i < length; i++) {
      characters[i] = (char) elements[i];
    }
    return new String(characters);
  }

  /// Builds a pattern from texts with and without wildcards.
  static final class Builder {
    private int[] elements = new int[32];
    private int size;

    Builder pattern(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c != '*') {
          add(c == '?' ? ANY : c);
        } else if (size == 0 || elements[size - 1] != STAR) {
          add(STAR);
        }
      }
      return this;
    }

    Builder literal(String text) {
      for (int i = 0; i < text.length(); i++) {
        add(text.charAt(i));
      }
      return this;
    }

    private void add(int element) {
      if (size == elements.length) {
        elements = Arrays.copyOf(elements, size * 2);
      }
      elements[size++] = element;
    }

    Glob build() {
      return new Glob(Arrays.copyOf(elements, size));
    }
  }
}
