package io.carillon.kernel;

import io.carillon.admin.AdminViews;
import io.carillon.aws.Operations;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceSpec;
import io.carillon.messaging.Recipient;
import io.carillon.outbox.Delivery;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A service, as the server mounts it: its operations, and what it has of the rest.
public interface Service {
  ServiceSpec spec();

  Operations operations();

  /// The policies and tags of its resources, for the authorizer.
  default Optional<ResourcePolicies> resourcePolicies() {
    return Optional.empty();
  }

  /// How other services send to its resources.
  default Optional<Recipient> recipient() {
    return Optional.empty();
  }

  /// What the outbox delivers for it, by kind of work.
  default Map<String, Delivery> deliveries() {
    return Map.of();
  }

  default List<Chore> chores() {
    return List.of();
  }

  default List<PublicRoute> pages() {
    return List.of();
  }

  /// What operators see of it.
  default AdminViews adminViews() {
    return new AdminViews();
  }

  /// Called after a clock that was ahead has been set back.
  default void correctDueTimes() {}

  /// Ends what requests wait for, so that a shutdown need not wait for them.
  default void stop() {}
}
