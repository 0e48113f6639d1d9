package io.carillon.aws;

import io.carillon.base.Arn;
import io.carillon.store.Snapshot;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An authorizer for tests whose decisions do not depend on stored rows.
public interface FixedAuthorizer extends Authorizer {
  Snapshot EMPTY =
      new Snapshot() {
        @Override
        public byte @Nullable [] get(byte[] key) {
          return null;
        }

        @Override
        public Instant now() {
          return Instant.EPOCH;
        }

        @Override
        public void scan(byte[] from, byte[] to, int page, Visitor visitor) {}
      };

  void require(Caller caller, List<Need> needs);

  boolean allowsService(
      String service, String action, Arn resource, Arn source, String sourceAccount);

  @Override
  default void require(Snapshot snapshot, Caller caller, List<Need> needs) {
    require(caller, needs);
  }

  @Override
  default Authorization authorize(Authorization decision) {
    decision.requireStill(EMPTY);
    return decision;
  }

  @Override
  default Authorization authorizeOnce(Authorization decision) {
    return authorize(decision);
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
