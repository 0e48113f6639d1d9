package io.carillon.kernel;

import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceDirectory;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.Arn;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Delivery;
import io.carillon.store.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The services of this server. They need one another's policies and recipients and so are mounted
/// once all of them are built; until then none is used.
public final class Services implements Recipient, ServiceDirectory {
  private volatile @Nullable Map<String, Service> byName;

  /// @throws IllegalStateException if services were mounted before, or two have the same name
  public void mount(List<Service> services) {
    Map<String, Service> mounted = new LinkedHashMap<>();
    for (Service service : services) {
      if (mounted.put(service.spec().name(), service) != null) {
        throw new IllegalStateException("Two services named " + service.spec().name());
      }
    }
    if (byName != null) {
      throw new IllegalStateException("The services are mounted already");
    }
    byName = mounted;
  }

  private Map<String, Service> mounted() {
    Map<String, Service> mounted = byName;
    if (mounted == null) {
      throw new IllegalStateException("The services are not mounted yet");
    }
    return mounted;
  }

  private Optional<Service> find(String name) {
    return Optional.ofNullable(mounted().get(name));
  }

  /// What the outbox delivers for all of them, by kind of work.
  ///
  /// @throws IllegalStateException if two deliver the same kind
  public Map<String, Delivery> deliveries() {
    Map<String, Delivery> all = new LinkedHashMap<>();
    for (Service service : mounted().values()) {
      service
          .deliveries()
          .forEach(
              (kind, delivery) -> {
                if (all.put(kind, delivery) != null) {
                  throw new IllegalStateException("Two deliveries of kind " + kind);
                }
              });
    }
    return all;
  }

  @Override
  public Optional<ResourcePolicies> resourcePolicies(String service) {
    return find(service).flatMap(Service::resourcePolicies);
  }

  @Override
  public Optional<ServiceSpec> spec(String service) {
    return find(service).map(Service::spec);
  }

  /// Whether a resource with this ARN exists, of a service with resource policies.
  public boolean hasResource(Snapshot snapshot, Arn resource) {
    return resourcePolicies(resource.service())
        .flatMap(service -> service.find(snapshot, resource))
        .isPresent();
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    String name = message.destination().service();
    return find(name)
        .flatMap(Service::recipient)
        .map(recipient -> recipient.accept(snapshot, message))
        .orElseGet(
            () ->
                new Acceptance.Refused(
                    "this server has no service " + name + " that takes messages"));
  }
}
