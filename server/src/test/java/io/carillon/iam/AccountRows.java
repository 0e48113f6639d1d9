package io.carillon.iam;

import io.carillon.base.AccountId;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Table;

/// Writes the rows of [Accounts], as another node or an operator's tool would. No command suspends
/// an account.
public final class AccountRows {
  private static final Table<String, Accounts.Row> ROWS =
      Table.cached("iam.accounts", KeyCodec.STRING, Accounts.Row.class)
          .guardedBy(Accounts.GUARD, 1);

  private AccountRows() {}

  /// The keys and sessions of a suspended account are refused.
  public static void setSuspended(Database database, AccountId id, boolean suspended) {
    database.write(
        tx -> {
          Accounts.Row row = ROWS.get(tx, id.value()).orElseThrow();
          ROWS.put(
              tx,
              id.value(),
              new Accounts.Row(row.name(), row.created(), row.rootKeyId(), suspended));
          return id;
        });
  }
}
