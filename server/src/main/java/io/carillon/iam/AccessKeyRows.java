package io.carillon.iam;

import io.carillon.store.KeyCodec;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The access keys of users and of root users, by their id.
final class AccessKeyRows {
  private final Table<String, Key> rows = Table.of("iam.access_keys", KeyCodec.STRING, Key.class);
  private final IamVersion changes;

  /// @param user whose key it is; null for the root user of the account
  /// @param sealedSecret as the sealer gave it
  record Key(
      String account, @Nullable String user, byte[] sealedSecret, boolean active, Instant created) {
    Key ofUser(String name) {
      return new Key(account, name, sealedSecret, active, created);
    }

    Key active(boolean other) {
      return new Key(account, user, sealedSecret, other, created);
    }
  }

  AccessKeyRows(IamVersion changes) {
    this.changes = changes;
  }

  Optional<Key> find(Snapshot snapshot, String id) {
    return rows.get(snapshot, id);
  }

  void put(Tx tx, String id, Key key) {
    rows.put(tx, id, key);
    changes.note(tx);
  }

  void delete(Tx tx, String id) {
    rows.delete(tx, id);
    changes.note(tx);
  }
}
