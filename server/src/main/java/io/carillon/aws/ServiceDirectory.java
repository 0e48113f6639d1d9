package io.carillon.aws;

import java.util.Optional;

/// What authorization needs to know of the services, by their names in ARNs, actions and condition
/// keys.
public interface ServiceDirectory {
  /// Empty for a service that is not here.
  Optional<ServiceSpec> spec(String service);

  /// Empty for a service without resource policies, or one that is not here.
  Optional<ResourcePolicies> resourcePolicies(String service);
}
