package io.carillon.iam;

import io.carillon.base.Arn;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Database;
import java.util.Optional;

/// IAM's accounts, users and roles, for the services whose resources have policies.
final class IamPrincipals implements KnownPrincipals {
  private final Database database;
  private final Accounts accounts;
  private final Identities identities;

  IamPrincipals(Database database, Accounts accounts, Identities identities) {
    this.database = database;
    this.accounts = accounts;
    this.identities = identities;
  }

  @Override
  public boolean hasAccount(String account) {
    return database.read(snapshot -> accounts.exists(snapshot, account));
  }

  @Override
  public Optional<String> idOf(String arn) {
    return Arn.tryParse(arn)
        .flatMap(parsed -> database.read(snapshot -> identities.findByArn(snapshot, parsed)))
        .map(Identity::id);
  }

  @Override
  public Optional<String> arnOf(String id) {
    return database.read(snapshot -> identities.findById(snapshot, id)).map(Identity::arn);
  }
}
