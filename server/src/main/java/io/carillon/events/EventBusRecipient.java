package io.carillon.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.Recipient;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.store.Snapshot;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;

/// Puts the events of other services on their account's default bus, which needs no permission. A
/// message is a whole event.
final class EventBusRecipient implements Recipient {
  private final EventRouter router;
  private final InstantSource clock;

  EventBusRecipient(EventRouter router, InstantSource clock) {
    this.router = router;
    this.clock = clock;
  }

  @Override
  public Acceptance accept(Snapshot snapshot, ServiceMessage message) {
    Optional<BusKey> bus = BusKey.of(message.destination()).filter(BusKey::isDefault);
    if (bus.isEmpty()) {
      return new Acceptance.Refused(
          message.destination() + " is not a default event bus", Acceptance.Refused.Reason.ABSENT);
    }
    if (!(message.sender() instanceof Sender.Service(_, _, String account))
        || !account.equals(bus.get().account())) {
      return new Acceptance.Refused(
          "only the services of account " + bus.get().account() + " put events on its default bus",
          Acceptance.Refused.Reason.DENIED);
    }
    Optional<ObjectNode> json =
        EventJson.object(new String(message.payload(), StandardCharsets.UTF_8));
    if (json.isEmpty()) {
      return new Acceptance.Refused("the event is not a JSON object");
    }
    Event event = new Event(json.get(), clock.instant(), message.traceHeader());
    return new Acceptance.Accepted(router.plan(snapshot, bus.get(), event, message.cause()));
  }
}
