package io.carillon.base;

import java.util.regex.Pattern;

/// Passwords in the URLs of endpoints, which are used and never shown.
public final class UrlPasswords {
  private static final Pattern PASSWORD = Pattern.compile("^(https?://[^:/?#@]*):[^/?#]*@");

  private UrlPasswords() {}

  /// The text as people may see it: where it is a URL, as AWS shows it, with stars for the
  /// password.
  public static String hidden(String text) {
    return text.startsWith("http") ? PASSWORD.matcher(text).replaceFirst("$1:****@") : text;
  }
}
