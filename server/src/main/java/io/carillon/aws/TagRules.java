package io.carillon.aws;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/// The rules for tags that services share; each has its own errors.
///
/// Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
public final class TagRules {
  public static final int MAX_TAGS = 50;

  private TagRules() {}

  /// Whether a tag's key begins with `aws:`, which only AWS's own services may use.
  public static boolean isReserved(String key) {
    return key.toLowerCase(Locale.ROOT).startsWith("aws:");
  }

  /// The tags of a resource after more were added.
  ///
  /// @param tooMany the error for more than 50 tags
  public static Map<String, String> merged(
      Map<String, String> old,
      Map<String, String> added,
      Supplier<? extends RuntimeException> tooMany) {
    Map<String, String> all = new LinkedHashMap<>(old);
    all.putAll(added);
    requireFew(all, tooMany);
    return all;
  }

  public static void requireFew(
      Map<String, String> tags, Supplier<? extends RuntimeException> tooMany) {
    if (tags.size() > MAX_TAGS) {
      throw tooMany.get();
    }
  }
}
