package io.carillon.events;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.eventbridge.model.CreateEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.CreateEventBusResponse;
import software.amazon.awssdk.services.eventbridge.model.DeleteEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DeleteEventBusResponse;
import software.amazon.awssdk.services.eventbridge.model.DescribeEventBusRequest;
import software.amazon.awssdk.services.eventbridge.model.DescribeEventBusResponse;
import software.amazon.awssdk.services.eventbridge.model.ListEventBusesRequest;
import software.amazon.awssdk.services.eventbridge.model.ListEventBusesResponse;

/// The operations on event buses.
final class BusOperations {
  private static final int MAX_BUSES = 100;
  private static final int MAX_DESCRIPTION = 512;

  private final Database database;
  private final Buses buses;
  private final Rules rules;
  private final KnownPrincipals principals;
  private final InstantSource clock;

  BusOperations(
      Database database,
      Buses buses,
      Rules rules,
      KnownPrincipals principals,
      InstantSource clock) {
    this.database = database;
    this.buses = buses;
    this.rules = rules;
    this.principals = principals;
    this.clock = clock;
  }

  static List<Need> needsOfCreate(Caller caller, CreateEventBusRequest request) {
    return Need.of("events:CreateEventBus", BusKey.of(caller, newName(request)).arn())
        .andTagging("events:TagResource", EventTags.read(request.tags()));
  }

  private static String newName(CreateEventBusRequest request) {
    EventsError.refuseUnsupported(
        "A partner event bus (EventSourceName)", request.eventSourceName());
    String name = BusKey.name("name", request.name());
    if (name.contains("/")) {
      throw EventsError.parameter(
          "Name", "Event bus name must not contain '/', which partner event buses have.");
    }
    return name;
  }

  CreateEventBusResponse create(Caller caller, CreateEventBusRequest request) {
    EventsError.refuseUnsupported("KmsKeyIdentifier", request.kmsKeyIdentifier());
    EventsError.refuseUnsupported("DeadLetterConfig of an event bus", request.deadLetterConfig());
    EventsError.refuseUnsupported("LogConfig", request.logConfig());
    BusKey key = BusKey.of(caller, newName(request));
    String description = description(request.description());
    Map<String, String> tags = EventTags.read(request.tags());
    Instant now = clock.instant();
    database.write(
        tx -> {
          if (buses.find(tx, key).isPresent()) {
            throw EventsError.RESOURCE_ALREADY_EXISTS.because(
                "Event bus " + key.name() + " already exists.");
          }
          if (buses.list(tx, caller, "", "", MAX_BUSES).size() == MAX_BUSES) {
            throw EventsError.LIMIT_EXCEEDED.exception();
          }
          buses.put(tx, key, new EventBus(description, "", Map.of(), tags, now, now));
          return true;
        });
    return CreateEventBusResponse.builder()
        .eventBusArn(key.arn().toString())
        .description(request.description())
        .build();
  }

  static String description(@Nullable String given) {
    return EventsError.MEMBERS.length(
        "description", Objects.requireNonNullElse(given, ""), 0, MAX_DESCRIPTION);
  }

  DescribeEventBusResponse describe(Caller caller, DescribeEventBusRequest request) {
    BusKey key = BusKey.of(caller, request.name());
    EventBus bus = database.read(snapshot -> buses.require(snapshot, key));
    return DescribeEventBusResponse.builder()
        .name(key.name())
        .arn(key.arn().toString())
        .description(nullIfEmpty(bus.description()))
        .policy(policy(bus))
        .creationTime(bus.created())
        .lastModifiedTime(bus.modified())
        .build();
  }

  /// The policy as callers see it; null for none.
  private @Nullable String policy(EventBus bus) {
    return bus.policy().isEmpty() ? null : principals.shown(bus.policy(), bus.pinned());
  }

  ListEventBusesResponse list(Caller caller, ListEventBusesRequest request) {
    String prefix = Objects.requireNonNullElse(request.namePrefix(), "");
    String after = EventPages.after(request.nextToken());
    List<Buses.Named> all =
        new ArrayList<>(
            database.read(snapshot -> buses.list(snapshot, caller, prefix, "", MAX_BUSES + 1)));
    if (BusKey.DEFAULT.startsWith(prefix)
        && all.stream().noneMatch(bus -> bus.name().equals(BusKey.DEFAULT))) {
      all.add(new Buses.Named(BusKey.DEFAULT, EventBus.UNCHANGED_DEFAULT));
    }
    all.sort(Comparator.comparing(Buses.Named::name));
    EventPages.Page<Buses.Named> page =
        EventPages.Page.of(all, Buses.Named::name, after, EventPages.size(request.limit()));
    return ListEventBusesResponse.builder()
        .eventBuses(page.items().stream().map(named -> shown(caller, named)).toList())
        .nextToken(page.token())
        .build();
  }

  private software.amazon.awssdk.services.eventbridge.model.EventBus shown(
      Caller caller, Buses.Named named) {
    return software.amazon.awssdk.services.eventbridge.model.EventBus.builder()
        .name(named.name())
        .arn(BusKey.of(caller, named.name()).arn().toString())
        .description(nullIfEmpty(named.bus().description()))
        .policy(policy(named.bus()))
        .creationTime(named.bus().created())
        .lastModifiedTime(named.bus().modified())
        .build();
  }

  /// A missing bus is no error.
  DeleteEventBusResponse delete(Caller caller, DeleteEventBusRequest request) {
    BusKey key = BusKey.own(caller, request.name());
    if (key.isDefault()) {
      throw EventsError.VALIDATION.because("Cannot delete event bus default.");
    }
    database.write(
        tx -> {
          if (!rules.list(tx, key, "", "", 1).isEmpty()) {
            throw EventsError.VALIDATION.because(
                "Event bus " + key.name() + " can't be deleted since it has rules.");
          }
          if (buses.find(tx, key).isPresent()) {
            buses.delete(tx, key);
          }
          return true;
        });
    return DeleteEventBusResponse.builder().build();
  }

  static @Nullable String nullIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }
}
