package io.carillon.events;

import io.carillon.outbox.Outbox;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import io.carillon.trace.Trace;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Sends an event on a bus to the targets of the rules that match it.
final class EventRouter {
  private final BusRules rules;
  private final Outbox outbox;
  private final Trace trace;
  private final InstantSource clock;

  EventRouter(BusRules rules, Outbox outbox, Trace trace, InstantSource clock) {
    this.rules = rules;
    this.outbox = outbox;
    this.trace = trace;
    this.clock = clock;
  }

  /// The effect that delivers an event, or adds the work that does. An event that no rule matches
  /// leaves nothing.
  Consumer<Tx> plan(Snapshot snapshot, BusKey bus, Event event, String cause) {
    List<Rules.Named> matching = rules.matching(snapshot, bus, event);
    if (matching.isEmpty()) {
      return _ -> {};
    }
    List<Consumer<Tx>> effects = new ArrayList<>();
    effects.add(
        trace.plan(
            cause,
            Trace.Step.ACCEPTED,
            Map.of("eventBus", bus.arn().toString(), "eventId", event.id())));
    byte[] json = event.text().getBytes(StandardCharsets.UTF_8);
    for (Rules.Named named : matching) {
      RuleKey rule = new RuleKey(bus, named.name());
      for (RuleTarget target : named.rule().targets()) {
        effects.add(
            trace.plan(
                cause,
                Trace.Step.MATCHED,
                Map.of("rule", rule.arn().toString(), "destination", target.arn())));
        TargetWork work = TargetWork.of(rule, target, event, json);
        effects.add(outbox.plan(snapshot, work.work(clock.instant(), cause)));
      }
    }
    return tx -> effects.forEach(effect -> effect.accept(tx));
  }
}
