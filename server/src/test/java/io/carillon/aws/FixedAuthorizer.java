package io.carillon.aws;

import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.util.List;

/// An authorizer for tests whose decisions do not depend on stored rows.
public interface FixedAuthorizer extends Authorizer {
  void require(Caller caller, List<Need> needs);

  boolean allowsService(
      String service, String action, Arn resource, Arn source, String sourceAccount);

  @Override
  default void require(Snapshot snapshot, Caller caller, List<Need> needs) {
    require(caller, needs);
  }

  @Override
  default Authorization authorize(Caller caller, List<Need> needs) {
    require(caller, needs);
    return _ -> require(caller, needs);
  }

  @Override
  default Authorization authorizeOnce(Caller caller, List<Need> needs) {
    return authorize(caller, needs);
  }

  @Override
  default boolean allowsService(
      Snapshot snapshot,
      String service,
      String action,
      Arn resource,
      Arn source,
      String sourceAccount) {
    return allowsService(service, action, resource, source, sourceAccount);
  }
}
