package io.carillon.store;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Runs an action between a plan and its application, or before a relaxed write, and counts how
/// often plans are made, for tests of what happens when such steps are apart. The action runs on
/// the thread of the change; it may change the database, which is not interrupted again.
public final class InterleavedDatabase implements Database {
  private final Database database;
  private final AtomicReference<@Nullable Runnable> inChange = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> inRelaxedChange = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> beforeRelaxed = new AtomicReference<>();
  private final AtomicReference<Set<String>> guards = new AtomicReference<>(Set.of());
  private final AtomicInteger plans = new AtomicInteger();

  public InterleavedDatabase(Database database) {
    this.database = database;
  }

  /// Runs `action` once, after the next [#change] has made its plan and before it applies it.
  public void betweenPlanAndApplication(Runnable action) {
    inChange.set(action);
  }

  /// As [#betweenPlanAndApplication], for the next [#changeRelaxed]: the outbox settles with one
  /// what an attempt has planned.
  public void betweenPlanAndSettling(Runnable action) {
    inRelaxedChange.set(action);
  }

  /// Runs `action` once, before the next [#writeRelaxed]. If it throws, so does that.
  public void beforeRelaxedWrite(Runnable action) {
    beforeRelaxed.set(action);
  }

  /// Whether the actions have begun, or none was set.
  public boolean hasInterleaved() {
    return inChange.get() == null && inRelaxedChange.get() == null && beforeRelaxed.get() == null;
  }

  /// The guards that the last plan of a change relied on.
  public Set<String> guardsOfLastPlan() {
    return Objects.requireNonNull(guards.get());
  }

  /// How many plans of changes were made, those that were made again included.
  public int plans() {
    return plans.get();
  }

  @Override
  public <P, T> T change(Query<P> plan, Application<P, T> application) {
    Query<P> counted = counted(plan);
    Planned<P> planned = planned(counted, inChange);
    return database.write(tx -> planned.apply(tx, counted, application));
  }

  @Override
  public <P, T> T changeRelaxed(Query<P> plan, Application<P, T> application) {
    Query<P> counted = counted(plan);
    Planned<P> planned = planned(counted, inRelaxedChange);
    return database.writeRelaxed(tx -> planned.apply(tx, counted, application));
  }

  private <P> Query<P> counted(Query<P> plan) {
    return snapshot -> {
      plans.incrementAndGet();
      GuardsOfPlans noting = new GuardsOfPlans(snapshot);
      P planned = plan.run(noting);
      guards.set(noting.guards());
      return planned;
    };
  }

  private <P> Planned<P> planned(Query<P> plan, AtomicReference<@Nullable Runnable> between) {
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
    Runnable action = beforeRelaxed.getAndSet(null);
    if (action != null) {
      action.run();
    }
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
