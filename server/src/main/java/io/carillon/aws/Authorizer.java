package io.carillon.aws;

import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.util.List;

/// Decides whether a caller is allowed an action. Implemented by `iam` over the policy engine.
public interface Authorizer {

  /// Returns if every need is allowed.
  ///
  /// @throws AwsException AccessDenied, naming the action, the resource and the statement (or the
  ///   lack of one) that decided; the request pipeline maps the code to the service's own
  void require(Snapshot snapshot, Caller caller, List<Need> needs);

  /// Makes a decision on the state of now. The result decides anew only if something has changed
  /// that this decision relied on.
  Authorization authorize(Authorization decision);

  /// As [#authorize], for a request that will hardly ask again: nothing is recorded for that, and
  /// asking again decides anew.
  Authorization authorizeOnce(Authorization decision);

  /// As [#require], on the state of now.
  default Authorization authorize(Caller caller, List<Need> needs) {
    return authorize(snapshot -> require(snapshot, caller, needs));
  }

  /// As [#authorize], with nothing recorded.
  default Authorization authorizeOnce(Caller caller, List<Need> needs) {
    return authorizeOnce(snapshot -> require(snapshot, caller, needs));
  }

  /// Whether policies deny a need explicitly, as opposed to none allowing it. Services ask this for
  /// accesses that they allow themselves. An authorizer that cannot tell answers true.
  default boolean denies(Snapshot snapshot, Caller caller, Need need) {
    return true;
  }

  /// Whether a service may act on `resource` for `source`: only the resource's own policy counts,
  /// bounded by `aws:SourceArn` and `aws:SourceAccount`.
  ///
  /// @param service the service principal, such as `s3.amazonaws.com`
  boolean allowsService(
      Snapshot snapshot,
      String service,
      String action,
      Arn resource,
      Arn source,
      String sourceAccount);
}
