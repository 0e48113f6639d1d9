package io.carillon.iam;

import io.carillon.base.AccountId;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.base.Secret;
import io.carillon.store.Database;
import io.carillon.store.Guard;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/// The accounts of this installation. The first one and its root key come from the configuration
/// and have no row, so the operator can never be locked out; others are created here, each with its
/// own root key.
public final class Accounts {
  /// The kind of the guard of everything that IAM has of an account.
  static final String GUARD = "iam.account";

  private static final long ACCOUNT_IDS = 1_000_000_000_000L;

  private final Table<String, Row> rows =
      Table.cached("iam.accounts", KeyCodec.STRING, Row.class).guardedBy(GUARD, 1);
  private final Table<String, RootKeys> rootKeys =
      Table.of("iam.root_keys", KeyCodec.STRING, RootKeys.class).guardedBy(GUARD, 1);
  private final Database database;
  private final AccessKeyRows keys;
  private final Sealer sealer;
  private final Ids ids;
  private final InstantSource clock;
  private final Root first;
  private final SecureRandom random = new SecureRandom();

  /// The first account's root user, as configured.
  public record Root(AccountId account, String accessKeyId, Secret secret) {}

  /// An account as listed to operators.
  ///
  /// @param rootKeyId the access key id of its root user, the oldest if there are two
  public record Account(
      AccountId id, String name, Instant created, String rootKeyId, boolean suspended) {}

  /// A new account. The secret is returned only here.
  public record NewAccount(AccountId id, String rootKeyId, Secret rootSecret) {}

  /// @param suspended whether the keys and sessions of the account are refused
  record Row(String name, Instant created, String rootKeyId, boolean suspended) {}

  /// The root keys of an account, once they differ from its initial key; never includes the one
  /// from the configuration.
  record RootKeys(List<String> ids) {}

  Accounts(
      Database database,
      AccessKeyRows keys,
      Sealer sealer,
      Ids ids,
      InstantSource clock,
      Root first) {
    this.database = database;
    this.keys = keys;
    this.sealer = sealer;
    this.ids = ids;
    this.clock = clock;
    this.first = first;
  }

  static Guard guard(String account) {
    return Guard.of(GUARD, account);
  }

  /// Creates an account with a root key. Names may have any characters, but must be unique.
  ///
  /// @throws io.carillon.aws.AwsException EntityAlreadyExists, ValidationError
  public NewAccount create(String name) {
    IamError.MEMBERS.length("name", name, 1, 128);
    String keyId = ids.accessKey("AKIA");
    Secret secret = ids.secret(AccessKeys.SECRET_LENGTH);
    byte[] sealed = sealer.seal(secret);
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    return database.write(
        tx -> {
          for (Account account : list(tx)) {
            if (account.name().equals(name)) {
              throw IamError.ENTITY_ALREADY_EXISTS.because(
                  "An account called " + name + " already exists: " + account.id());
            }
          }
          AccountId id = unusedId(tx);
          rows.put(tx, id.value(), new Row(name, now, keyId, false));
          keys.put(tx, keyId, new AccessKeyRows.Key(id.value(), null, sealed, true, now));
          return new NewAccount(id, keyId, secret);
        });
  }

  public List<Account> list() {
    return database.read(this::list);
  }

  /// The account from the configuration.
  public AccountId first() {
    return first.account();
  }

  Root firstRoot() {
    return first;
  }

  /// The ids of all root keys of an account, the one from the configuration first.
  List<String> rootKeys(Snapshot snapshot, String account) {
    List<String> ids = new ArrayList<>();
    if (account.equals(first.account().value())) {
      ids.add(first.accessKeyId());
    }
    rootKeys
        .get(snapshot, account)
        .map(RootKeys::ids)
        .or(() -> rows.get(snapshot, account).map(row -> List.of(row.rootKeyId())))
        .ifPresent(stored -> stored.stream().filter(id -> !ids.contains(id)).forEach(ids::add));
    return ids;
  }

  void putRootKeys(Tx tx, String account, List<String> ids) {
    boolean isFirst = account.equals(first.account().value());
    List<String> stored =
        ids.stream().filter(id -> !isFirst || !id.equals(first.accessKeyId())).toList();
    rootKeys.put(tx, account, new RootKeys(stored));
  }

  /// Whether the account exists, suspended or not.
  boolean exists(Snapshot snapshot, String account) {
    return account.equals(first.account().value()) || rows.get(snapshot, account).isPresent();
  }

  boolean isActive(Snapshot snapshot, String account) {
    return account.equals(first.account().value())
        || rows.get(snapshot, account).map(row -> !row.suspended()).orElse(false);
  }

  private List<Account> list(Snapshot snapshot) {
    List<Account> all = new ArrayList<>();
    all.add(new Account(first.account(), "default", Instant.EPOCH, first.accessKeyId(), false));
    rows.scan(
        snapshot,
        Range.all(),
        Table.MANY,
        (id, row) -> {
          all.add(
              new Account(
                  new AccountId(id),
                  row.name(),
                  row.created(),
                  rootKeys(snapshot, id).getFirst(),
                  row.suspended()));
          return ScanStep.NEXT;
        });
    return all;
  }

  private AccountId unusedId(Tx tx) {
    while (true) {
      String id = "%012d".formatted(random.nextLong(1, ACCOUNT_IDS));
      if (!id.equals(first.account().value()) && rows.get(tx, id).isEmpty()) {
        return new AccountId(id);
      }
    }
  }
}
