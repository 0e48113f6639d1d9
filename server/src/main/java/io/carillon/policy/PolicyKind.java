package io.carillon.policy;

/// The policy types, with their names in AWS's error messages.
public enum PolicyKind {
  IDENTITY("an", "identity-based policy"),
  BOUNDARY("a", "permissions boundary"),
  SESSION("a", "session policy"),
  RESOURCE("a", "resource-based policy");

  private final String article;
  private final String text;

  PolicyKind(String article, String text) {
    this.article = article;
    this.text = text;
  }

  /// Such as `identity-based policy`.
  public String text() {
    return text;
  }

  /// Such as `an identity-based policy`.
  public String textWithArticle() {
    return article + " " + text;
  }
}
