package io.carillon.iam;

/// The types of identities that have policies, with AWS's names and quotas.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
enum IdentityType {
  USER("user", "User", "AIDA", 64, 2_048, 10, 5_000),
  GROUP("group", "Group", "AGPA", 128, 5_120, 10, 300),
  ROLE("role", "Role", "AROA", 64, 10_240, 20, 1_000);

  private final String word;
  private final String title;
  private final String idPrefix;
  private final int nameLimit;
  private final int inlineLimit;
  private final int attachedLimit;
  private final int quotaPerAccount;

  IdentityType(
      String word,
      String title,
      String idPrefix,
      int nameLimit,
      int inlineLimit,
      int attachedLimit,
      int quotaPerAccount) {
    this.word = word;
    this.title = title;
    this.idPrefix = idPrefix;
    this.nameLimit = nameLimit;
    this.inlineLimit = inlineLimit;
    this.attachedLimit = attachedLimit;
    this.quotaPerAccount = quotaPerAccount;
  }

  /// As in ARNs: `role`.
  String word() {
    return word;
  }

  /// As at the start of messages: `Role`.
  String title() {
    return title;
  }

  /// As in requests: `roleName`.
  String nameMember() {
    return word + "Name";
  }

  String idPrefix() {
    return idPrefix;
  }

  int nameLimit() {
    return nameLimit;
  }

  /// The maximum total size of an identity's inline policies in characters without white space.
  int inlineLimit() {
    return inlineLimit;
  }

  /// The maximum number of managed policies attached to an identity.
  int attachedLimit() {
    return attachedLimit;
  }

  int quotaPerAccount() {
    return quotaPerAccount;
  }
}
