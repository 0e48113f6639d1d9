package io.carillon.store;

import java.nio.file.Path;

/// The contract holds where every change runs twice.
final class RepeatingDatabaseTest extends DatabaseContract {
  @Override
  Database open(Path folder) {
    return RepeatingDatabase.inMemory();
  }

  @Override
  Database reopen(Database database, Path folder) {
    return database;
  }

  @Override
  boolean repeatsChanges() {
    return true;
  }
}
