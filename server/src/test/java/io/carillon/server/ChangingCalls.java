package io.carillon.server;

import io.carillon.server.RaceServer.Clients;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/// For each operation of a service that changes something, a request that does.
///
/// @param unchanging the operations that by their names change something, and never do, with the
///   reason
record ChangingCalls(
    String service, Map<String, Consumer<Clients>> calls, Map<String, String> unchanging) {
  static ChangingCalls of(String service) {
    return new ChangingCalls(service, new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  ChangingCalls with(String operation, Consumer<Clients> call) {
    calls.put(operation, call);
    return this;
  }

  ChangingCalls without(String reason, String... operations) {
    for (String operation : operations) {
      unchanging.put(operation, reason);
    }
    return this;
  }
}
