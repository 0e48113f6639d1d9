package io.carillon.store;

import java.time.InstantSource;

/// A database that is another one, but for what a subclass changes.
public abstract class ForwardingDatabase implements Database {
  protected final Database database;

  protected ForwardingDatabase(Database database) {
    this.database = database;
  }

  @Override
  public <T> T write(Change<T> change) {
    return database.write(change);
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return database.writeRelaxed(change);
  }

  @Override
  public <T> T read(Query<T> query) {
    return database.read(query);
  }

  @Override
  public <V> DueQueue<V> queue(String name, Class<V> row, long holder) {
    return database.queue(name, row, holder);
  }

  @Override
  public InstantSource clock() {
    return database.clock();
  }

  @Override
  public boolean isShared() {
    return database.isShared();
  }

  @Override
  public void close() {
    database.close();
  }
}
