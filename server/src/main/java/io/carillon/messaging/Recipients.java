package io.carillon.messaging;

import io.carillon.store.Snapshot;
import java.util.Map;

/// The recipients of all services, by the service in the destination's ARN.
public final class Recipients implements Recipient {
  private final Map<String, Recipient> byService;

  /// @param byService read at each use, so it may be filled later: services that send to one
  ///   another need it to be constructed
  public Recipients(Map<String, Recipient> byService) {
    this.byService = byService;
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    String service = message.destination().service();
    Recipient recipient = byService.get(service);
    return recipient == null
        ? new Acceptance.Refused("this server has no service " + service + " that takes messages")
        : recipient.accept(snapshot, message);
  }
}
