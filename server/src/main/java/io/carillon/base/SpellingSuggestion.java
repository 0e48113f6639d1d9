package io.carillon.base;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Suggests a known name for a mistyped one.
public final class SpellingSuggestion {
  private SpellingSuggestion() {}

  /// The known name closest to `typed`; empty if none is within a third of its length.
  public static Optional<String> nearest(String typed, Collection<String> known) {
    int maxDistance = typed.length() / 3;
    return known.stream()
        .filter(name -> distance(typed, name) <= maxDistance)
        .min(Comparator.comparingInt(name -> distance(typed, name)));
  }

  /// The optimal string alignment distance: single-letter edits, and swaps of two neighbours.
  private static int distance(String a, String b) {
    int[][] steps = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          steps[i][j] = i + j;
          continue;
        }
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int min = Math.min(steps[i - 1][j], steps[i][j - 1]) + 1;
        min = Math.min(min, steps[i - 1][j - 1] + (same ? 0 : 1));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        steps[i][j] = swapped ? Math.min(min, steps[i - 2][j - 2] + 1) : min;
      }
    }
    return steps[a.length()][b.length()];
  }
}
