package io.carillon.server;

import io.carillon.admin.AdminError;
import io.carillon.admin.AdminRouter.Call;
import io.carillon.base.Arn;
import io.carillon.kernel.Services;
import io.carillon.outbox.DeadLetters;
import io.carillon.outbox.OutboxReport;
import io.carillon.store.Database;
import io.carillon.trace.TableTrace;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The operations of the admin API on events: what became of them, what waits to be delivered, and
/// what could not be. Each method answers one route of [AdminRoutes].
final class AdminEvents {
  private static final Duration RECENT = Duration.ofDays(1);

  private final Database database;
  private final DeadLetters deadLetters;
  private final OutboxReport outbox;
  private final TableTrace trace;
  private final Services services;

  AdminEvents(
      Database database,
      DeadLetters deadLetters,
      OutboxReport outbox,
      TableTrace trace,
      Services services) {
    this.database = database;
    this.deadLetters = deadLetters;
    this.outbox = outbox;
    this.trace = trace;
    this.services = services;
  }

  Object trace(Call call) {
    int limit = call.number("limit", 20, AdminApi.MAX_ITEMS);
    Optional<String> event = call.find("event");
    if (event.isPresent()) {
      return List.of(
          trace
              .of(event.get())
              .orElseThrow(
                  () -> AdminError.NO_SUCH_ITEM.because("No event " + event.get() + " is known.")));
    }
    Optional<String> bucket = call.find("bucket");
    if (bucket.isEmpty()) {
      return trace.since(Instant.now().minus(RECENT), limit);
    }
    List<TableTrace.History> histories = trace.of(bucket.get(), call.find("key"), limit);
    if (histories.isEmpty() && !hasBucket(bucket.get())) { // events outlive their bucket
      throw AdminError.NO_SUCH_ITEM.because("There is no bucket " + bucket.get() + ".");
    }
    return histories;
  }

  private boolean hasBucket(String name) {
    return database.read(snapshot -> services.hasResource(snapshot, Arn.bucket(name)));
  }

  Object deadLetters(Call call) {
    int limit = call.number("limit", 100, AdminApi.MAX_ITEMS);
    return database.read(
        snapshot -> deadLetters.list(snapshot, call.find("after").orElse(""), limit));
  }

  Object lanes(Call call) {
    return outbox.lanes(
        call.find("kind").orElse(""),
        call.find("lane").orElse(""),
        call.number("limit", 100, AdminApi.MAX_ITEMS));
  }
}
