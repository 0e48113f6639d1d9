package io.carillon.aws;

import io.carillon.store.Snapshot;

/// That a request was allowed when it arrived. A change checks it again in its plan, so that a
/// permission that is revoked before the commit no longer counts.
@FunctionalInterface
public interface Authorization {
  /// Of callers that were not authorized by the request pipeline.
  Authorization NONE = _ -> {};

  /// Returns if the request is still allowed. As long as nothing has changed that the first
  /// decision relied on, this evaluates no policy.
  ///
  /// @throws AwsException as [Authorizer#require]
  void requireStill(Snapshot snapshot);
}
