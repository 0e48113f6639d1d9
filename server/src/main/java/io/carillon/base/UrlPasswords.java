package io.carillon.base;

import java.util.regex.Pattern;

/// Passwords in endpoint URLs, which are never displayed.
public final class UrlPasswords {
  private static final Pattern PASSWORD = Pattern.compile("^(https?://[^:/?#@]*):[^/?#]*@");

  private UrlPasswords() {}

  /// `text` with the password of a URL replaced by stars, as AWS displays it.
  public static String hidden(String text) {
    return text.startsWith("http") ? PASSWORD.matcher(text).replaceFirst("$1:****@") : text;
  }
}
