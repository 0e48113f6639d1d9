package io.carillon.store;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Runs an action between a plan and its application, before a relaxed write, or before the commit
/// of a request, and counts how often plans are made, for tests of what happens when such steps are
/// apart. The action runs on the thread of the change; it may change the database, which is not
/// interrupted again.
public final class InterleavedDatabase extends ForwardingDatabase {
  private final AtomicReference<@Nullable Runnable> inChange = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> inRelaxedChange = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> beforeRelaxed = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> inRequest = new AtomicReference<>();
  private final AtomicReference<Set<String>> guards = new AtomicReference<>(Set.of());
  private final AtomicInteger premises = new AtomicInteger();
  private final AtomicInteger plans = new AtomicInteger();

  public InterleavedDatabase(Database database) {
    super(database);
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

  /// Runs `action` once, before the next change of any kind that a request to an AWS service makes,
  /// and after its plan where it has one.
  public void beforeCommitOfRequest(Runnable action) {
    inRequest.set(action);
  }

  /// Runs `action` once, before the next [#writeRelaxed]. If it throws, so does that.
  public void beforeRelaxedWrite(Runnable action) {
    beforeRelaxed.set(action);
  }

  /// Whether the actions have begun, or none was set.
  public boolean hasInterleaved() {
    return inChange.get() == null
        && inRelaxedChange.get() == null
        && beforeRelaxed.get() == null
        && inRequest.get() == null;
  }

  /// The guards that the last plan of a change relied on.
  public Set<String> guardsOfLastPlan() {
    return Objects.requireNonNull(guards.get());
  }

  /// How many guards and single rows the last [#plan] relied on.
  public int premisesOfLastPlan() {
    return premises.get();
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

  @Override
  public <P> Planned<P> plan(Query<P> plan) {
    return database.plan(
        snapshot -> {
          GuardsOfPlans noting = new GuardsOfPlans(snapshot);
          P planned = plan.run(noting);
          premises.set(noting.guards().size() + noting.rows());
          return planned;
        });
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
    runInRequest();
    return planned;
  }

  private void runInRequest() {
    if (inRequest.get() == null || !isRequest()) {
      return;
    }
    Runnable action = inRequest.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  private static boolean isRequest() {
    return StackWalker.getInstance()
        .walk(
            frames -> frames.anyMatch(frame -> frame.getClassName().endsWith(".RequestPipeline")));
  }

  @Override
  public <T> T write(Change<T> change) {
    runInRequest();
    return database.write(change);
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    Runnable action = beforeRelaxed.getAndSet(null);
    if (action != null) {
      action.run();
    }
    runInRequest();
    return database.writeRelaxed(change);
  }
}
