package io.carillon.events;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.base.Ids;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequest;
import software.amazon.awssdk.services.eventbridge.model.PutEventsRequestEntry;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResponse;
import software.amazon.awssdk.services.eventbridge.model.PutEventsResultEntry;

/// PutEvents: once answered, each accepted event is delivered, or stored as work for each target.
///
/// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
final class PutEvents {
  private static final int MAX_ENTRIES = 10;
  private static final int MAX_BYTES = 1_048_576;
  private static final int BYTES_OF_TIME = 14;
  private static final int MAX_TRACE_HEADER = 500;
  private static final String RESERVED = "aws.";

  private final Database database;
  private final Buses buses;
  private final EventRouter router;
  private final Function<Caller, String> causes;
  private final Ids ids;
  private final InstantSource clock;

  /// @param causes the trace id of a new event that a caller causes
  PutEvents(
      Database database,
      Buses buses,
      EventRouter router,
      Function<Caller, String> causes,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.buses = buses;
    this.router = router;
    this.causes = causes;
    this.ids = ids;
    this.clock = clock;
  }

  static List<Need> needs(Caller caller, PutEventsRequest request) {
    return request.entries().stream()
        .map(
            entry ->
                Need.of("events:PutEvents", BusKey.of(caller, entry.eventBusName()).arn())
                    .with("events:source", entry.source())
                    .with("events:detail-type", entry.detailType())
                    .with("events:eventBusInvocation", false))
        .distinct()
        .toList();
  }

  /// The answer to an entry, with the event if it was accepted.
  private record Checked(PutEventsResultEntry result, @Nullable Accepted accepted) {}

  private record Accepted(BusKey bus, Event event, String cause) {}

  PutEventsResponse run(Caller caller, PutEventsRequest request) {
    EventsError.refuseUnsupported("EndpointId", request.endpointId());
    check(request.entries());
    Instant now = clock.instant();
    List<Checked> checked =
        request.entries().stream().map(entry -> check(caller, entry, now)).toList();
    database.change(
        snapshot -> plan(snapshot, checked),
        (tx, effects) -> {
          effects.forEach(effect -> effect.accept(tx));
          return true;
        });
    List<PutEventsResultEntry> results = checked.stream().map(Checked::result).toList();
    return PutEventsResponse.builder()
        .failedEntryCount(
            (int) results.stream().filter(result -> result.errorCode() != null).count())
        .entries(results)
        .build();
  }

  private List<Consumer<Tx>> plan(Snapshot snapshot, List<Checked> checked) {
    List<Consumer<Tx>> effects = new ArrayList<>();
    for (Checked entry : checked) {
      Accepted accepted = entry.accepted;
      // As on AWS, an event for a bus that does not exist is accepted, and nobody gets it.
      if (accepted != null && buses.find(snapshot, accepted.bus).isPresent()) {
        effects.add(router.plan(snapshot, accepted.bus, accepted.event, accepted.cause));
      }
    }
    return effects;
  }

  private static void check(List<PutEventsRequestEntry> entries) {
    if (entries.isEmpty() || entries.size() > MAX_ENTRIES) {
      throw EventsError.MEMBERS.unsatisfied(
          "entries",
          "[" + entries.size() + " entries]",
          entries.isEmpty()
              ? "Member must have length greater than or equal to 1"
              : "Member must have length less than or equal to " + MAX_ENTRIES);
    }
    if (entries.stream().mapToLong(PutEvents::sizeBytes).sum() > MAX_BYTES) {
      throw EventsError.VALIDATION.because(
          "Total size of the entries in the request is over the limit.");
    }
  }

  /// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
  private static long sizeBytes(PutEventsRequestEntry entry) {
    long size = entry.time() == null ? 0 : BYTES_OF_TIME;
    size += bytes(entry.source()) + bytes(entry.detailType()) + bytes(entry.detail());
    for (String resource : entry.resources()) {
      size += bytes(resource);
    }
    return size;
  }

  private static long bytes(@Nullable String text) {
    return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
  }

  private Checked check(Caller caller, PutEventsRequestEntry entry, Instant now) {
    if (isEmpty(entry.source())) {
      return required("Source");
    }
    if (isEmpty(entry.detailType())) {
      return required("DetailType");
    }
    if (isEmpty(entry.detail())) {
      return required("Detail");
    }
    if (entry.source().startsWith(RESERVED)) {
      return failed("NotAuthorizedForSourceException", "Not authorized for the source.");
    }
    if (entry.traceHeader() != null && entry.traceHeader().length() > MAX_TRACE_HEADER) {
      return failed(
          "InvalidArgument",
          "Parameter TraceHeader is not valid. Reason: it has more than 500 characters.");
    }
    Optional<ObjectNode> detail = EventJson.object(entry.detail());
    if (detail.isEmpty()) {
      return failed("MalformedDetail", "Detail is malformed.");
    }
    String id = ids.uuid();
    ObjectNode json =
        Event.envelope(
            id,
            entry.source(),
            entry.detailType(),
            caller.account().value(),
            caller.region().name(),
            Objects.requireNonNullElse(entry.time(), now),
            entry.resources(),
            detail.get());
    return new Checked(
        PutEventsResultEntry.builder().eventId(id).build(),
        new Accepted(
            BusKey.of(caller, entry.eventBusName()),
            new Event(json, now, traceHeader(caller, entry)),
            causes.apply(caller)));
  }

  private static @Nullable String traceHeader(Caller caller, PutEventsRequestEntry entry) {
    return entry.traceHeader() == null ? caller.traceHeader() : entry.traceHeader();
  }

  private static boolean isEmpty(@Nullable String text) {
    return text == null || text.isEmpty();
  }

  private static Checked required(String member) {
    return failed(
        "InvalidArgument",
        "Parameter %s is not valid. Reason: %s is a required argument.".formatted(member, member));
  }

  private static Checked failed(String code, String message) {
    return new Checked(
        PutEventsResultEntry.builder().errorCode(code).errorMessage(message).build(), null);
  }
}
