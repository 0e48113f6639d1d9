package io.carillon.store;

import java.nio.file.Path;

final class MemoryDatabaseTest extends DatabaseContract {
  @Override
  Database open(Path folder) {
    return new MemoryDatabase();
  }

  @Override
  Database reopen(Database database, Path folder) {
    return database;
  }
}
