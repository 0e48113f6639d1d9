package io.carillon.base;

/// The twelve digits that name an AWS account.
public record AccountId(String value) {
  public AccountId {
    if (!isValid(value)) {
      throw new IllegalArgumentException("An account id is twelve digits: " + value);
    }
  }

  public static boolean isValid(String value) {
    return value.length() == 12 && value.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  @Override
  public String toString() {
    return value;
  }
}
