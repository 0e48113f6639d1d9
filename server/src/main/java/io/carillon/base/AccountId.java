package io.carillon.base;

/// The twelve digits that name an AWS account.
public record AccountId(String value) {
  public AccountId {
    if (value.length() != 12 || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("An account id is twelve digits: " + value);
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
