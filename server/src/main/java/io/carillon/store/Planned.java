package io.carillon.store;

/// What was found on a snapshot, with what it relies on.
public final class Planned<P> {
  private static final ScopedValue<Boolean> PLANNING = ScopedValue.newInstance();

  private final P value;
  private final Premises premises;

  private Planned(P value, Premises premises) {
    this.value = value;
    this.premises = premises;
  }

  static <P> Planned<P> on(Snapshot snapshot, Database.Query<P> plan) {
    PlanSnapshot recording = new PlanSnapshot(snapshot);
    P value = ScopedValue.where(PLANNING, true).call(() -> plan.run(recording));
    return new Planned<>(value, recording.premises());
  }

  /// Engines call this first: what a plan reads elsewhere would not be checked.
  static void requireNoPlan() {
    if (PLANNING.isBound()) {
      throw new IllegalStateException("The database was used within a plan: use its snapshot");
    }
  }

  public P value() {
    return value;
  }

  /// Whether everything that this relies on is the same on `snapshot`. A plan that asks relies on
  /// it too.
  public boolean holds(Snapshot snapshot) {
    return premises.hold(snapshot);
  }

  /// Applies the plan if it still holds, else makes it again on `tx` and applies that.
  <T> T apply(Tx tx, Database.Query<P> plan, Database.Application<P, T> application) {
    if (holds(tx)) {
      try {
        return tx.withSavepoint(() -> application.run(tx, value));
      } catch (StalePlanException _) {
        // what the application found is why the plan is made again
      }
    }
    return application.run(tx, plan.run(tx));
  }
}
