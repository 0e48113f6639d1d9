package io.carillon.outbox;

import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The deliveries and what they say of their kinds and lanes.
final class Deliveries {
  private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

  private final Map<String, Delivery> byKind;
  private final Set<String> unknownKinds = ConcurrentHashMap.newKeySet();

  Deliveries(Map<String, Delivery> byKind) {
    this.byKind = Map.copyOf(byKind);
  }

  Optional<Delivery> find(Channel channel) {
    return Optional.ofNullable(byKind.get(channel.kind()));
  }

  Delivery require(Channel channel) {
    return find(channel)
        .orElseThrow(
            () -> new IllegalStateException("There is no delivery for kind " + channel.kind()));
  }

  boolean has(Channel channel) {
    return byKind.containsKey(channel.kind());
  }

  /// Warns once of a kind without a delivery.
  void warnOfUnknown(Channel channel) {
    if (unknownKinds.add(channel.kind())) {
      LOG.warn("There is no delivery for work of kind {}; it stays in the outbox", channel.kind());
    }
  }

  /// The effect that delivers the work; empty if it has to become a job.
  Optional<Consumer<Tx>> plan(Snapshot snapshot, Work work) {
    Delivery delivery = byKind.get(work.kind());
    if (delivery == null) {
      return Optional.empty();
    }
    try {
      return delivery.plan(snapshot, work);
    } catch (RuntimeException e) {
      LOG.warn("{} for {} cannot be planned; it becomes a job", work.kind(), work.lane(), e);
      return Optional.empty();
    }
  }

  /// How many jobs of the channel may run at the same time.
  int limitOf(Snapshot snapshot, Channel channel) {
    try {
      return Math.max(1, require(channel).concurrencyOfLane(snapshot, channel.lane()));
    } catch (RuntimeException e) {
      LOG.error("The concurrency of lane {} is unknown; taking 1", channel, e);
      return 1;
    }
  }

  /// The memory counted for a job before its payload is read, in bytes.
  long memoryOf(Channel channel) {
    return Math.max(1, require(channel).usualMemory());
  }
}
