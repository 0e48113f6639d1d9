package io.carillon.policy;

import io.carillon.base.AccountId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A few accounts, and users and roles that a test adds.
public final class FewPrincipals implements KnownPrincipals {
  public final Map<String, String> idsByArn = new HashMap<>();
  private final List<AccountId> accounts;

  public FewPrincipals(AccountId... accounts) {
    this.accounts = List.of(accounts);
  }

  @Override
  public boolean hasAccount(String account) {
    return accounts.stream().anyMatch(one -> one.value().equals(account));
  }

  @Override
  public Optional<String> idOf(String arn) {
    return Optional.ofNullable(idsByArn.get(arn));
  }

  @Override
  public Optional<String> arnOf(String id) {
    return idsByArn.entrySet().stream()
        .filter(entry -> entry.getValue().equals(id))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
