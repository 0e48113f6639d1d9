package io.carillon.aws;

import io.carillon.store.Database;
import io.carillon.store.ForwardingDatabase;
import io.carillon.store.Planned;

/// The database as services use it: each change that a request makes checks first that the caller
/// is still allowed the request, so a permission that was revoked since, or an access key that was
/// deleted, refuses the change as it would refuse the request.
///
/// As long as nothing has changed that the first decision relied on, this compares the versions of
/// a few guards and evaluates no policy. Where a request makes several changes, those from before
/// the revocation remain.
public final class AuthorizedDatabase extends ForwardingDatabase {
  public AuthorizedDatabase(Database database) {
    super(database);
  }

  @Override
  public <T> T write(Change<T> change) {
    return database.write(authorized(change));
  }

  @Override
  public <T> T writeRelaxed(Change<T> change) {
    return database.writeRelaxed(authorized(change));
  }

  @Override
  public <P, T> T change(Query<P> plan, Application<P, T> application) {
    return database.change(authorizedPlan(plan), application);
  }

  @Override
  public <P, T> T changeRelaxed(Query<P> plan, Application<P, T> application) {
    return database.changeRelaxed(authorizedPlan(plan), application);
  }

  @Override
  public <P> Planned<P> plan(Query<P> plan) {
    return database.plan(plan);
  }

  private static <T> Change<T> authorized(Change<T> change) {
    RequestAuthorization request = RequestAuthorization.current();
    return tx -> {
      request.requireStill(tx);
      return change.run(tx);
    };
  }

  private static <P> Query<P> authorizedPlan(Query<P> plan) {
    RequestAuthorization request = RequestAuthorization.current();
    return snapshot -> {
      request.requireStill(snapshot);
      return plan.run(snapshot);
    };
  }
}
