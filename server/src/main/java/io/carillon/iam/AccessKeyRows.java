package io.carillon.iam;

import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The access keys of users and root users, by id.
final class AccessKeyRows {
  private final Table<String, Key> rows =
      Table.cached("iam.access_keys", KeyCodec.STRING, Key.class);

  /// @param user the owner; null for the root user of the account
  /// @param sealedSecret the sealed secret access key
  record Key(
      String account, @Nullable String user, byte[] sealedSecret, boolean active, Instant created) {
    Key ofUser(String name) {
      return new Key(account, name, sealedSecret, active, created);
    }

    Key active(boolean other) {
      return new Key(account, user, sealedSecret, other, created);
    }
  }

  Optional<Key> find(Snapshot snapshot, String id) {
    return rows.get(snapshot, id);
  }

  void put(Tx tx, String id, Key key) {
    rows.put(tx, id, key);
    Accounts.guard(key.account()).touch(tx);
  }

  void delete(Tx tx, String id) {
    find(tx, id).ifPresent(key -> Accounts.guard(key.account()).touch(tx));
    rows.delete(tx, id);
  }
}
