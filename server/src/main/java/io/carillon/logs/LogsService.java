package io.carillon.logs;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorDialect;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.RequestAuthorization;
import io.carillon.aws.ResourcePolicies;
import io.carillon.aws.ServiceSpec;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.base.Reservation;
import io.carillon.kernel.Chore;
import io.carillon.kernel.Kernel;
import io.carillon.kernel.Service;
import io.carillon.logs.LogGroups.GroupKey;
import io.carillon.logs.LogGroups.StreamKey;
import io.carillon.logs.LogGroups.StreamRow;
import io.carillon.messaging.Recipient;
import io.carillon.store.Database;
import io.carillon.store.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogStreamRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogStreamRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteResourcePolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteRetentionPolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogGroupsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogStreamsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeResourcePoliciesRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilterLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilterLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilteredLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.InputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutResourcePolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutRetentionPolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.RejectedLogEventsInfo;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagResourceRequest;

/// CloudWatch Logs: groups, streams and events.
public final class LogsService implements Service {
  /// A batch of events has 1 MiB; escaped, each byte takes up to six.
  public static final ServiceSpec SPEC =
      ServiceSpec.of(
          "logs",
          6 << 20,
          LogsService.class,
          new ServiceSpec.Wire.Json(
              "Logs_20140328.",
              "1.1",
              "",
              ErrorDialect.json()
                  .map(CommonError.MISSING_PARAMETER, "InvalidParameterException", 400)));

  private static final int BATCH_EVENTS = 10_000;
  private static final int BATCH_BYTES = 1_048_576;

  /// How many events one FilterLogEvents searches; a token continues from there. As on AWS, pages
  /// may be empty.
  private static final int MAX_SEARCHED_EVENTS = 100_000;

  private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(10);
  private static final Duration MAX_AGE = Duration.ofDays(14);
  private static final Duration MAX_FUTURE = Duration.ofHours(2);

  /// One line of a function's log.
  public record Line(Instant time, String message) {}

  private final Database database;
  private final InstantSource clock;
  private final LogEvents events;
  private final LogGroups groups;
  private final LogTags tags;
  private final LogPolicies policies;
  private final Recipient recipient;

  public LogsService(Kernel kernel) {
    this.database = kernel.database();
    this.clock = kernel.clock();
    this.events = new LogEvents(database, kernel.numbers());
    this.groups = new LogGroups(database, events, clock);
    this.tags = new LogTags(database, groups);
    this.policies = new LogPolicies(kernel);
    this.recipient =
        new LogGroupRecipient(groups, events, kernel.authorizer(), kernel.ids(), clock);
  }

  @Override
  public ServiceSpec spec() {
    return SPEC;
  }

  @Override
  public Operations operations() {
    return Operations.of(SPEC)
        .needing(
            CreateLogGroupRequest.class,
            (c, r) -> LogTags.needsOfCreate(groupArn(c, r.logGroupName()), r.tags()),
            groups::createGroup)
        .on(
            DeleteLogGroupRequest.class,
            (c, r) -> groupArn(c, r.logGroupName()),
            groups::deleteGroup)
        .on(DescribeLogGroupsRequest.class, (c, _) -> groupArn(c, "*"), groups::describeGroups)
        .on(
            PutRetentionPolicyRequest.class,
            (c, r) -> groupArn(c, r.logGroupName()),
            groups::putRetention)
        .on(
            DeleteRetentionPolicyRequest.class,
            (c, r) -> groupArn(c, r.logGroupName()),
            groups::deleteRetention)
        .needing(
            ListTagsForResourceRequest.class,
            (c, r) -> List.of(LogTags.need(c, "ListTagsForResource", r.resourceArn())),
            tags::list)
        .needing(
            TagResourceRequest.class,
            (c, r) -> List.of(LogTags.need(c, "TagResource", r.resourceArn()).tagging(r.tags())),
            tags::tag)
        .needing(
            UntagResourceRequest.class,
            (c, r) ->
                List.of(LogTags.need(c, "UntagResource", r.resourceArn()).untagging(r.tagKeys())),
            tags::untag)
        .on(
            ListTagsLogGroupRequest.class,
            (c, r) -> groupArn(c, r.logGroupName()),
            tags::listForGroup)
        .needing(
            TagLogGroupRequest.class,
            (c, r) ->
                List.of(
                    Need.of("logs:TagLogGroup", groupArn(c, r.logGroupName())).tagging(r.tags())),
            tags::tagGroup)
        .needing(
            UntagLogGroupRequest.class,
            (c, r) ->
                List.of(
                    Need.of("logs:UntagLogGroup", groupArn(c, r.logGroupName()))
                        .untagging(r.tags())),
            tags::untagGroup)
        .on(
            CreateLogStreamRequest.class,
            (c, r) -> groupArn(c, r.logGroupName()),
            groups::createStream)
        .on(
            DeleteLogStreamRequest.class,
            (c, r) -> streamArn(c, r.logGroupName(), r.logStreamName()),
            groups::deleteStream)
        .needing(
            DescribeLogStreamsRequest.class,
            (c, r) -> need(c, "DescribeLogStreams", r.logGroupName(), r.logGroupIdentifier(), ""),
            groups::describeStreams)
        .on(
            PutLogEventsRequest.class,
            (c, r) -> streamArn(c, r.logGroupName(), r.logStreamName()),
            this::putLogEvents)
        .needing(
            GetLogEventsRequest.class,
            (c, r) ->
                need(
                    c,
                    "GetLogEvents",
                    r.logGroupName(),
                    r.logGroupIdentifier(),
                    ":log-stream:" + r.logStreamName()),
            this::getLogEvents)
        .needing(
            FilterLogEventsRequest.class,
            (c, r) -> need(c, "FilterLogEvents", r.logGroupName(), r.logGroupIdentifier(), ":*"),
            this::filterLogEvents)
        .anywhere(PutResourcePolicyRequest.class, policies::put)
        .anywhere(DescribeResourcePoliciesRequest.class, policies::describe)
        .anywhere(DeleteResourcePolicyRequest.class, policies::delete);
  }

  /// Log groups have the policies of their account, and tags for conditions.
  @Override
  public Optional<ResourcePolicies> resourcePolicies() {
    return Optional.of(policies.with(tags::resource));
  }

  @Override
  public Optional<Recipient> recipient() {
    return Optional.of(recipient);
  }

  private static Arn groupArn(Caller caller, String group) {
    return caller.arn("logs", "log-group:" + group + ":*");
  }

  private static Arn streamArn(Caller caller, String group, String stream) {
    return caller.arn("logs", "log-group:" + group + ":log-stream:" + stream);
  }

  private static List<Need> need(
      Caller caller,
      String action,
      @Nullable String name,
      @Nullable String identifier,
      String tail) {
    GroupKey group = LogGroups.group(caller, name, identifier);
    return List.of(new Need("logs:" + action, group.arn() + tail, java.util.Map.of()));
  }

  /// Appends a function's lines; creates group and stream if they are missing. Does not wait for a
  /// sync: a crash may lose the last lines.
  public void append(
      AccountId account, Region region, String group, String stream, List<Line> lines) {
    if (!lines.isEmpty()) {
      RequestAuthorization.asServer(() -> appendAll(account, region, group, stream, lines));
    }
  }

  private void appendAll(
      AccountId account, Region region, String group, String stream, List<Line> lines) {
    StreamKey key = LogGroups.key(account, region, group).stream(stream);
    long now = clock.millis();
    List<LogEvents.Prepared> prepared =
        lines.stream()
            .map(line -> events.prepare(key, line.time().toEpochMilli(), line.message(), now))
            .toList();
    LongSummaryStatistics times =
        prepared.stream().mapToLong(LogEvents.Prepared::timestampMillis).summaryStatistics();
    database.writeRelaxed(
        tx -> {
          StreamRow row = groups.ensureStream(tx, key);
          prepared.forEach(event -> events.append(tx, event));
          groups.putStream(tx, key, row.withEvents(times.getMin(), times.getMax(), now));
          return true;
        });
  }

  private PutLogEventsResponse putLogEvents(Caller caller, PutLogEventsRequest input) {
    LogGroups.refuseUnsupported("entity", input.entity());
    StreamKey key = LogGroups.key(caller, input.logGroupName()).stream(input.logStreamName());
    List<InputLogEvent> batch = input.logEvents();
    validate(batch);
    long now = clock.millis();
    long oldest = now - MAX_AGE.toMillis();
    long newest = now + MAX_FUTURE.toMillis();
    int tooOld = (int) batch.stream().filter(event -> event.timestamp() < oldest).count();
    int tooNew = (int) batch.stream().filter(event -> event.timestamp() > newest).count();
    List<InputLogEvent> accepted = batch.subList(tooOld, batch.size() - tooNew);
    List<LogEvents.Prepared> prepared =
        accepted.stream()
            .map(event -> events.prepare(key, event.timestamp(), event.message(), now))
            .toList();
    database.write(
        tx -> {
          StreamRow row = groups.requireStream(tx, key);
          prepared.forEach(event -> events.append(tx, event));
          if (!accepted.isEmpty()) {
            groups.putStream(
                tx,
                key,
                row.withEvents(
                    accepted.getFirst().timestamp(), accepted.getLast().timestamp(), now));
          }
          return true;
        });
    PutLogEventsResponse.Builder response =
        PutLogEventsResponse.builder().nextSequenceToken(String.valueOf(now));
    if (tooOld + tooNew > 0) {
      response.rejectedLogEventsInfo(
          RejectedLogEventsInfo.builder()
              .tooOldLogEventEndIndex(tooOld > 0 ? tooOld : null)
              .tooNewLogEventStartIndex(tooNew > 0 ? batch.size() - tooNew : null)
              .build());
    }
    return response.build();
  }

  private static void validate(List<InputLogEvent> batch) {
    if (batch.isEmpty() || batch.size() > BATCH_EVENTS) {
      throw LogsError.INVALID_PARAMETER.because(
          "A batch holds 1 to " + BATCH_EVENTS + " log events.");
    }
    long bytes = 0;
    long previous = Long.MIN_VALUE;
    for (InputLogEvent event : batch) {
      if (event.timestamp() == null
          || event.timestamp() < 0
          || event.message() == null
          || event.message().isEmpty()) {
        throw LogsError.INVALID_PARAMETER.because(
            "Each log event needs a timestamp of 0 or more and a message of 1 character or more.");
      }
      if (event.timestamp() < previous) {
        throw LogsError.INVALID_PARAMETER.because(
            "Log events in a single PutLogEvents request must be in chronological order.");
      }
      previous = event.timestamp();
      bytes +=
          event.message().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
              + LogEvents.OVERHEAD_BYTES;
    }
    if (bytes > BATCH_BYTES) {
      throw LogsError.INVALID_PARAMETER.because(
          "Upload too large: " + bytes + " bytes exceeds limit of " + BATCH_BYTES);
    }
    if (previous - batch.getFirst().timestamp() > Duration.ofHours(24).toMillis()) {
      throw LogsError.INVALID_PARAMETER.because(
          "The batch of log events in a single PutLogEvents request cannot span more than 24"
              + " hours.");
    }
  }

  private GetLogEventsResponse getLogEvents(Caller caller, GetLogEventsRequest input) {
    LogGroups.refuseUnsupported("unmask", Boolean.TRUE.equals(input.unmask()) ? true : null);
    StreamKey key =
        LogGroups.group(caller, input.logGroupName(), input.logGroupIdentifier()).stream(
            input.logStreamName());
    int limit = LogGroups.limit(input.limit(), BATCH_EVENTS);
    PageStart start = PageStart.of(input);
    Reservation.current().take(LogEvents.PAGE_MEMORY);
    return database.read(
        snapshot -> {
          groups.requireStream(snapshot, key);
          long from = orElse(input.startTime(), Long.MIN_VALUE);
          long to = orElse(input.endTime(), Long.MAX_VALUE);
          return start.forwards
              ? forwards(
                  events.after(snapshot, key, from, to, start.position, new LogEvents.Limit(limit)),
                  start.position)
              : backwards(
                  events.backwardsFrom(
                      snapshot, key, from, to, start.position, new LogEvents.Limit(limit)),
                  start.position);
        });
  }

  /// The start of a page: tokens name the event after which (`f/`) or up to which (`b/`) the page
  /// lies, so at the end the same token is returned, as on AWS.
  private record PageStart(boolean forwards, LogEvents.Position position) {
    static PageStart of(GetLogEventsRequest input) {
      String token = input.nextToken();
      if (token == null) {
        return Boolean.TRUE.equals(input.startFromHead())
            ? new PageStart(true, LogEvents.Position.START)
            : new PageStart(false, LogEvents.Position.END);
      }
      if (!token.startsWith("f/") && !token.startsWith("b/")) {
        throw LogsError.invalidToken();
      }
      return new PageStart(token.startsWith("f/"), LogEvents.Position.parse(token.substring(2)));
    }
  }

  private static GetLogEventsResponse forwards(
      List<LogEvents.Event> page, LogEvents.Position after) {
    LogEvents.Position last = page.isEmpty() ? after : page.getLast().position();
    return response(page, last, after);
  }

  private static GetLogEventsResponse backwards(
      List<LogEvents.Event> newestFirst, LogEvents.Position end) {
    List<LogEvents.Event> page = newestFirst.reversed();
    if (page.isEmpty()) {
      LogEvents.Position position =
          end.equals(LogEvents.Position.END) ? LogEvents.Position.START : end;
      return response(page, position, position);
    }
    return response(page, page.getLast().position(), page.getFirst().position().previous());
  }

  private static GetLogEventsResponse response(
      List<LogEvents.Event> page, LogEvents.Position last, LogEvents.Position before) {
    return GetLogEventsResponse.builder()
        .events(
            page.stream()
                .map(
                    event ->
                        OutputLogEvent.builder()
                            .timestamp(event.position().timestampMillis())
                            .message(event.row().message())
                            .ingestionTime(event.row().ingestedMillis())
                            .build())
                .toList())
        .nextForwardToken("f/" + last)
        .nextBackwardToken("b/" + before)
        .build();
  }

  private FilterLogEventsResponse filterLogEvents(Caller caller, FilterLogEventsRequest input) {
    LogGroups.refuseUnsupported("unmask", Boolean.TRUE.equals(input.unmask()) ? true : null);
    if (input.hasLogStreamNames() && input.logStreamNamePrefix() != null) {
      throw LogsError.INVALID_PARAMETER.because(
          "logStreamNames and logStreamNamePrefix are mutually exclusive.");
    }
    GroupKey group = LogGroups.group(caller, input.logGroupName(), input.logGroupIdentifier());
    FilterPattern pattern =
        FilterPattern.parse(Objects.requireNonNullElse(input.filterPattern(), ""));
    Predicate<String> stream =
        input.hasLogStreamNames() && !input.logStreamNames().isEmpty()
            ? input.logStreamNames()::contains
            : name -> name.startsWith(Objects.requireNonNullElse(input.logStreamNamePrefix(), ""));
    LogEvents.Position after =
        input.nextToken() == null
            ? LogEvents.Position.START
            : LogEvents.Position.parse(input.nextToken());
    Search search =
        new Search(
            event -> stream.test(event.row().stream()) && pattern.test(event.row().message()),
            new LogEvents.Limit(LogGroups.limit(input.limit(), BATCH_EVENTS)));
    Reservation.current().take(LogEvents.PAGE_MEMORY);
    database.read(
        snapshot -> {
          groups.require(snapshot, group);
          events.scan(
              snapshot,
              group,
              orElse(input.startTime(), Long.MIN_VALUE),
              orElse(input.endTime(), Long.MAX_VALUE),
              after,
              search);
          return search;
        });
    return FilterLogEventsResponse.builder()
        .events(search.found)
        .searchedLogStreams(List.of())
        .nextToken(search.more ? search.last.toString() : null)
        .build();
  }

  /// Collects a page of FilterLogEvents.
  private static final class Search implements Predicate<LogEvents.Event> {
    private final Predicate<LogEvents.Event> filter;
    private final LogEvents.Limit limit;
    private final List<FilteredLogEvent> found = new ArrayList<>();
    private LogEvents.Position last = LogEvents.Position.START;
    private int searched;
    private boolean more;

    Search(Predicate<LogEvents.Event> filter, LogEvents.Limit limit) {
      this.filter = filter;
      this.limit = limit;
    }

    @Override
    public boolean test(LogEvents.Event event) {
      if (filter.test(event)) {
        if (!limit.accept(event)) {
          more = true;
          return false;
        }
        found.add(filtered(event));
      }
      last = event.position();
      more = ++searched == MAX_SEARCHED_EVENTS;
      return !more;
    }
  }

  private static FilteredLogEvent filtered(LogEvents.Event event) {
    return FilteredLogEvent.builder()
        .logStreamName(event.row().stream())
        .timestamp(event.position().timestampMillis())
        .message(event.row().message())
        .ingestionTime(event.row().ingestedMillis())
        .eventId(
            String.format(
                "%028d%028d", event.position().timestampMillis(), event.position().sequence()))
        .build();
  }

  @Override
  public List<Chore> chores() {
    return List.of(Chore.ofOneNode("logs.sweep", SWEEP_INTERVAL, this::sweep));
  }

  /// Deletes events older than their group's retention.
  void sweep() {
    for (Table.Entry<GroupKey, LogGroups.GroupRow> group : groups.groupsWithRetention()) {
      int days = Objects.requireNonNull(group.value().retentionDays());
      events.deleteOlderThan(
          group.key(), clock.instant().minus(Duration.ofDays(days)).toEpochMilli());
    }
  }

  private static long orElse(@Nullable Long value, long fallback) {
    return value == null ? fallback : value;
  }
}
