package io.carillon.iam;

import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.base.AccountId;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.store.Database;
import io.carillon.store.GuardedCache;
import io.carillon.store.Snapshot;
import java.util.Optional;

/// Finds long-term keys: the configured root key, those of other roots and of users. Inactive keys
/// and those of suspended accounts and deleted users are not found.
final class LongTermKeys implements Credentials.Source {
  private final Database database;
  private final Identities identities;
  private final Accounts accounts;
  private final AccessKeyRows keys;
  private final Sealer sealer;
  private final GuardedCache<String, Credentials> cache = new GuardedCache<>(10_000);

  LongTermKeys(
      Database database,
      Identities identities,
      Accounts accounts,
      AccessKeyRows keys,
      Sealer sealer) {
    this.database = database;
    this.identities = identities;
    this.accounts = accounts;
    this.keys = keys;
    this.sealer = sealer;
  }

  /// Requests with long-term keys have no session token.
  @Override
  public Optional<Credentials> find(String accessKeyId, String sessionToken) {
    if (!sessionToken.isEmpty()) {
      return Optional.empty();
    }
    Accounts.Root first = accounts.firstRoot();
    if (accessKeyId.equals(first.accessKeyId())) {
      return Optional.of(
          credentials(
              accessKeyId, first.secret(), new Principal.Root(first.account()), first.account()));
    }
    return database.read(snapshot -> find(snapshot, accessKeyId));
  }

  /// Whether a key of the account exists and is active. A plan that asks relies on the account's
  /// guard, which changes with its keys.
  boolean isActive(Snapshot snapshot, AccountId account, String accessKeyId) {
    return accessKeyId.equals(accounts.firstRoot().accessKeyId())
        || keys.find(snapshot.under(Accounts.guard(account.value())), accessKeyId)
            .filter(AccessKeyRows.Key::active)
            .isPresent();
  }

  /// The account of a key, active or not.
  Optional<AccountId> account(String accessKeyId) {
    Accounts.Root first = accounts.firstRoot();
    return accessKeyId.equals(first.accessKeyId())
        ? Optional.of(first.account())
        : database.read(
            snapshot -> keys.find(snapshot, accessKeyId).map(key -> new AccountId(key.account())));
  }

  private Optional<Credentials> find(Snapshot snapshot, String id) {
    return keys.find(snapshot, id)
        .filter(AccessKeyRows.Key::active)
        .flatMap(
            key ->
                cache.get(
                    snapshot, Accounts.guard(key.account()), id, () -> load(snapshot, id, key)));
  }

  private Optional<Credentials> load(Snapshot snapshot, String id, AccessKeyRows.Key key) {
    if (!accounts.isActive(snapshot, key.account())) {
      return Optional.empty();
    }
    AccountId account = new AccountId(key.account());
    return principal(snapshot, key)
        .flatMap(
            principal ->
                sealer
                    .open(key.sealedSecret())
                    .map(secret -> credentials(id, secret, principal, account)));
  }

  private Optional<Principal> principal(Snapshot snapshot, AccessKeyRows.Key key) {
    AccountId account = new AccountId(key.account());
    if (key.user() == null) {
      return Optional.of(new Principal.Root(account));
    }
    return identities
        .find(snapshot, key.account(), IdentityType.USER, key.user())
        .map(user -> new Principal.User(account, user.path(), user.name(), user.id()));
  }

  private static Credentials credentials(
      String id, Secret secret, Principal principal, AccountId account) {
    return new Credentials(id, secret, principal, account);
  }
}
