package io.carillon.sns;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  /// The compiled filter policy of a subscription; null for none.
  @Nullable FilterPolicy of(Subscription subscription) {
    String policy = subscription.attribute("FilterPolicy", "");
    if (policy.isEmpty()) {
      return null;
    }
    FilterPolicy.Scope scope = SubscriptionAttributes.scope(subscription.attributes());
    synchronized (compiled) {
      return compiled.computeIfAbsent(
          new Key(policy, scope), k -> FilterPolicy.of(k.policy(), k.scope()));
    }
  }
}
