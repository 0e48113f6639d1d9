package io.carillon.store;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Runs an action between a plan and its application, and counts how often plans are made, for
/// tests of what happens when the two are apart.
public final class InterleavedDatabase implements Database {
  private final Database database;
  private final AtomicReference<@Nullable Runnable> between = new AtomicReference<>();
  private final AtomicInteger plans = new AtomicInteger();

  public InterleavedDatabase(Database database) {
    this.database = database;
  }

  /// Runs `action` once, after the next change has made its plan and before it applies it.
  public void betweenPlanAndApplication(Runnable action) {
    between.set(action);
  }

  /// Whether the action has run, or none was set.
  public boolean hasInterleaved() {
    return between.get() == null;
  }

  /// How many plans of changes were made, those that were made again included.
  public int plans() {
    return plans.get();
  }

  @Override
  public <P, T> T change(Query<P> plan, Application<P, T> application) {
    Query<P> counted = counted(plan);
    Planned<P> planned = planned(counted);
    return database.write(tx -> planned.apply(tx, counted, application));
  }

  @Override
  public <P, T> T changeRelaxed(Query<P> plan, Application<P, T> application) {
    Query<P> counted = counted(plan);
    Planned<P> planned = planned(counted);
    return database.writeRelaxed(tx -> planned.apply(tx, counted, application));
  }

  private <P> Query<P> counted(Query<P> plan) {
    return snapshot -> {
      plans.incrementAndGet();
      return plan.run(snapshot);
    };
  }

  private <P> Planned<P> planned(Query<P> plan) {
    Planned<P> planned = database.plan(plan);
    Runnable action = between.getAndSet(null);
    if (action != null) {
      action.run();
    }
    return planned;
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
  public void close() {
    database.close();
  }
}
