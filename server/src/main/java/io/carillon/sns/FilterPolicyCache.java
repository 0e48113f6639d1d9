package io.carillon.sns;

import java.util.LinkedHashMap;
import java.util.Map;

/// A least-recently-used cache of compiled filter policies: compiling costs many times what
/// matching does.
final class FilterPolicyCache {
  private static final int CACHED = 1_000;

  private record Key(String policy, FilterPolicy.Scope scope) {}

  private final Map<Key, FilterPolicy> compiled =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, FilterPolicy> eldest) {
          return size() > CACHED;
        }
      };

  boolean accept(Subscription subscription, Message message) {
    String policy = subscription.attribute("FilterPolicy", "");
    if (policy.isEmpty()) {
      return true;
    }
    FilterPolicy.Scope scope = SubscriptionAttributes.scope(subscription.attributes());
    FilterPolicy filter;
    synchronized (compiled) {
      filter =
          compiled.computeIfAbsent(
              new Key(policy, scope), k -> FilterPolicy.of(k.policy(), k.scope()));
    }
    return filter.accepts(message.attributes(), message.bodyFor(subscription.protocol()));
  }
}
