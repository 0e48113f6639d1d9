package io.carillon.iam;

import io.carillon.aws.PageToken;
import io.carillon.base.Arn;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The users, groups and roles of all accounts. Within a type and account, names are unique and
/// found regardless of case.
final class Identities {
  private final Table<Tuple, Identity> rows =
      Table.of("iam.identities", KeyCodec.TUPLE, Identity.class).guardedBy(Accounts.GUARD, 1);
  private final Table<Tuple, Count> counts =
      Table.of("iam.identity_counts", KeyCodec.TUPLE, Count.class);
  private final Database database;

  /// The number of identities of a type in an account, for its quota.
  record Count(int count) {}

  Identities(Database database) {
    this.database = database;
  }

  Optional<Identity> find(Snapshot snapshot, String account, IdentityType kind, String name) {
    return rows.get(snapshot, key(account, kind, name));
  }

  Optional<Identity> find(String account, IdentityType kind, String name) {
    return database.read(snapshot -> find(snapshot, account, kind, name));
  }

  /// The user or role of an ARN, including the path.
  Optional<Identity> findByArn(Snapshot snapshot, Arn arn) {
    String resource = arn.resource();
    String name = resource.substring(resource.lastIndexOf('/') + 1);
    IdentityType kind = resource.startsWith("user/") ? IdentityType.USER : IdentityType.ROLE;
    return find(snapshot, arn.account(), kind, name)
        .filter(found -> found.arn().equals(arn.toString()));
  }

  /// The identity with a unique id. Scans all rows, since policies with unique ids are rare.
  Optional<Identity> findById(Snapshot snapshot, String id) {
    List<Identity> found = new ArrayList<>(1);
    rows.scan(
        snapshot,
        Range.all(),
        Table.MANY,
        (_, identity) -> {
          if (identity.id().equals(id)) {
            found.add(identity);
          }
          return ScanStep.nextIf(found.isEmpty());
        });
    return found.stream().findFirst();
  }

  /// @throws io.carillon.aws.AwsException NoSuchEntity
  Identity require(Snapshot snapshot, String account, IdentityType kind, String name) {
    return find(snapshot, account, kind, name)
        .orElseThrow(
            () ->
                IamError.NO_SUCH_ENTITY.because(
                    "The " + kind.word() + " with name " + name + " cannot be found."));
  }

  Identity require(String account, IdentityType kind, String name) {
    return database.read(snapshot -> require(snapshot, account, kind, name));
  }

  void insert(Tx tx, Identity identity) {
    IdentityType kind = identity.kind();
    if (find(tx, identity.account(), kind, identity.name()).isPresent()) {
      throw IamError.ENTITY_ALREADY_EXISTS.because(
          kind.title() + " with name " + identity.name() + " already exists.");
    }
    int count = count(tx, identity.account(), kind);
    if (count >= kind.quotaPerAccount()) {
      throw IamError.LIMIT_EXCEEDED.because(
          "Cannot exceed quota for " + kind.title() + "sPerAccount: " + kind.quotaPerAccount());
    }
    counts.put(tx, Tuple.of(identity.account(), kind.word()), new Count(count + 1));
    put(tx, identity);
  }

  void put(Tx tx, Identity identity) {
    rows.put(tx, key(identity.account(), identity.kind(), identity.name()), identity);
  }

  void delete(Tx tx, Identity identity) {
    rows.delete(tx, key(identity.account(), identity.kind(), identity.name()));
    counts.put(
        tx,
        Tuple.of(identity.account(), identity.kind().word()),
        new Count(count(tx, identity.account(), identity.kind()) - 1));
  }

  /// Changes an identity in its own transaction.
  Identity update(String account, IdentityType kind, String name, UnaryOperator<Identity> change) {
    return database.write(
        tx -> {
          Identity changed = change.apply(require(tx, account, kind, name));
          put(tx, changed);
          return changed;
        });
  }

  /// A page, sorted by name.
  IamPage<Identity> page(
      String account, IdentityType kind, String pathPrefix, IamPage.Paging paging) {
    return database.read(
        snapshot -> {
          Tuple parent = Tuple.of(account, kind.word());
          Range range = Range.within(parent);
          if (!paging.after().isEmpty()) {
            range = range.after(Tuple.of(account, kind.word(), paging.after()));
          }
          List<Identity> found = new ArrayList<>();
          boolean[] more = {false};
          rows.scan(
              snapshot,
              range,
              paging.limit() + 1,
              (_, identity) -> {
                if (identity.path().startsWith(pathPrefix)) {
                  more[0] = found.size() == paging.limit();
                  if (!more[0]) {
                    found.add(identity);
                  }
                }
                return ScanStep.nextIf(!more[0]);
              });
          return new IamPage<>(
              found, more[0] ? PageToken.after(fold(found.getLast().name())) : null);
        });
  }

  /// All of an account and type, sorted by name.
  List<Identity> all(Snapshot snapshot, String account, IdentityType kind) {
    return rows
        .list(snapshot, Range.within(Tuple.of(account, kind.word())), kind.quotaPerAccount())
        .stream()
        .map(Table.Entry::value)
        .toList();
  }

  /// The case-folded name: AWS compares names without case.
  static String fold(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private int count(Snapshot snapshot, String account, IdentityType kind) {
    return counts.get(snapshot, Tuple.of(account, kind.word())).map(Count::count).orElse(0);
  }

  private static Tuple key(String account, IdentityType kind, String name) {
    return Tuple.of(account, kind.word(), fold(name));
  }
}
