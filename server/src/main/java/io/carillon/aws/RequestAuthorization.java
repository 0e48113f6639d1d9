package io.carillon.aws;

import io.carillon.store.Snapshot;
import java.util.ArrayList;
import java.util.List;

/// What the caller of the current request must be allowed for the request to change anything. The
/// request pipeline binds it for the thread that runs the operation, and [AuthorizedDatabase]
/// checks it in each of the request's commits.
///
/// Threads that belong to no request (deliveries, chores, the admin API) have none.
public final class RequestAuthorization {
  private static final ScopedValue<RequestAuthorization> CURRENT = ScopedValue.newInstance();

  /// For what the server does of its own accord.
  private static final RequestAuthorization SERVER = new RequestAuthorization(List.of());

  private final List<Authorization> required;

  private RequestAuthorization(List<Authorization> required) {
    this.required = required;
  }

  /// Runs an operation as a request that was authorized.
  public static <T, X extends Throwable> T call(
      Authorization authorization, ScopedValue.CallableOp<T, X> operation) throws X {
    List<Authorization> required = new ArrayList<>(1);
    required.add(authorization);
    return ScopedValue.where(CURRENT, new RequestAuthorization(required)).call(operation);
  }

  /// Adds what the operation has found out that the caller must be allowed as well.
  public static void require(Authorization further) {
    if (CURRENT.isBound()) {
      CURRENT.get().required.add(further);
    }
  }

  /// Runs what the server does whatever the caller is allowed: it records what it has found, or
  /// finishes what a commit of the request has decided.
  public static void asServer(Runnable work) {
    ScopedValue.where(CURRENT, SERVER).run(work);
  }

  static RequestAuthorization current() {
    return CURRENT.orElse(SERVER);
  }

  /// @throws AwsException as [Authorization#requireStill]
  void requireStill(Snapshot snapshot) {
    for (Authorization each : required) {
      each.requireStill(snapshot);
    }
  }
}
