package io.carillon.aws;

import io.carillon.store.Snapshot;

/// That a request was allowed when it arrived. Each of its changes checks it again, so that a
/// permission that is revoked before the commit no longer counts (see [RequestAuthorization]).
@FunctionalInterface
public interface Authorization {
  /// Returns if the request is still allowed. As long as nothing has changed that the first
  /// decision relied on, this evaluates no policy.
  ///
  /// @throws AwsException as [Authorizer#require]
  void requireStill(Snapshot snapshot);
}
