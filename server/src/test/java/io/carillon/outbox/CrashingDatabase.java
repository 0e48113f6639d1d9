package io.carillon.outbox;

import io.carillon.store.Database;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// A database as one process sees it. After [#kill] nothing that the process does reaches it, as
/// after SIGKILL; earlier writes stay.
@SuppressWarnings("LockNotBeforeTry") // requireAlive gives the lock of a killed process back
final class CrashingDatabase implements Database {
  private final Database database;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private final CountDownLatch never = new CountDownLatch(1);
  private boolean dead;

  CrashingDatabase(Database database) {
    this.database = database;
  }

  void kill() {
    life.writeLock().lock();
    dead = true;
    life.writeLock().unlock();
  }

  /// Blocks a thread of a killed process.
  private void requireAlive() {
    if (dead) {
      life.readLock().unlock();
      DispatcherFixture.waitFor(never);
    }
  }

  @Override
  public <T> T write(Change<T> change) {
    life.readLock().lock();
    requireAlive();
    try {
      return database.write(change);
    } finally {
      life.readLock().unlock();
    }
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return write(change);
  }

  @Override
  public <T> T read(Query<T> query) {
    life.readLock().lock();
    requireAlive();
    try {
      return database.read(query);
    } finally {
      life.readLock().unlock();
    }
  }

  @Override
  public InstantSource clock() {
    return database.clock();
  }

  @Override
  public void close() {
    never.countDown();
  }
}
