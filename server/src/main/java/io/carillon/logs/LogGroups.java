package io.carillon.logs;

import io.carillon.aws.Caller;
import io.carillon.aws.PageToken;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.store.Database;
import io.carillon.store.KeyCodec;
import io.carillon.store.Range;
import io.carillon.store.ScanStep;
import io.carillon.store.Snapshot;
import io.carillon.store.Table;
import io.carillon.store.Tuple;
import io.carillon.store.Tx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogStreamRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogStreamResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogGroupResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogStreamRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogStreamResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteRetentionPolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteRetentionPolicyResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogGroupsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogGroupsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogStreamsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogStreamsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogGroup;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogStream;
import software.amazon.awssdk.services.cloudwatchlogs.model.OrderBy;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutRetentionPolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutRetentionPolicyResponse;

/// Log groups and their streams.
final class LogGroups {
  private static final Pattern GROUP_NAME = Pattern.compile("[\\.\\-_/#A-Za-z0-9]+");
  private static final Pattern STREAM_NAME = Pattern.compile("[^:*]*");
  private static final int MAX_LISTED = 50;
  private static final int MAX_NAME_LENGTH = 512;

  /// The only supported class of groups, AWS's default.
  private static final String GROUP_CLASS = "STANDARD";

  private static final Set<Integer> RETENTION_DAYS =
      Set.of(
          1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
          2922, 3288, 3653);

  /// The key of a group.
  record GroupKey(String account, String region, String name) {
    static final KeyCodec<GroupKey> CODEC =
        new KeyCodec<>(
            k -> Tuple.of(k.account, k.region, k.name),
            t -> new GroupKey(t.string(0), t.string(1), t.string(2)));

    Tuple tuple() {
      return Tuple.of(account, region, name);
    }

    StreamKey stream(String stream) {
      return new StreamKey(this, stream);
    }

    String arn() {
      return "arn:aws:logs:" + region + ":" + account + ":log-group:" + name;
    }
  }

  record StreamKey(GroupKey group, String name) {
    static final KeyCodec<StreamKey> CODEC =
        new KeyCodec<>(
            k -> Tuple.of(k.group.account, k.group.region, k.group.name, k.name),
            t -> new StreamKey(new GroupKey(t.string(0), t.string(1), t.string(2)), t.string(3)));

    Tuple tuple() {
      return Tuple.of(group.account, group.region, group.name, name);
    }
  }

  /// @param tags null for none, as in rows of older versions
  record GroupRow(
      long createdMillis, @Nullable Integer retentionDays, @Nullable Map<String, String> tags) {
    Map<String, String> allTags() {
      return tags == null ? Map.of() : tags;
    }

    GroupRow withRetention(@Nullable Integer days) {
      return new GroupRow(createdMillis, days, tags);
    }

    GroupRow withTags(Map<String, String> others) {
      return new GroupRow(createdMillis, retentionDays, others);
    }
  }

  /// Times are epoch milliseconds; null before the first event.
  record StreamRow(
      long createdMillis,
      @Nullable Long firstEventMillis,
      @Nullable Long lastEventMillis,
      @Nullable Long lastIngestionMillis) {

    StreamRow withEvents(long first, long last, long now) {
      return new StreamRow(
          createdMillis,
          firstEventMillis == null ? first : Math.min(firstEventMillis, first),
          lastEventMillis == null ? last : Math.max(lastEventMillis, last),
          now);
    }
  }

  private final Table<GroupKey, GroupRow> groups =
      Table.of("logs.groups", GroupKey.CODEC, GroupRow.class);
  private final Table<StreamKey, StreamRow> streams =
      Table.of("logs.streams", StreamKey.CODEC, StreamRow.class);
  private final Database database;
  private final LogEvents events;
  private final InstantSource clock;

  LogGroups(Database database, LogEvents events, InstantSource clock) {
    this.database = database;
    this.events = events;
    this.clock = clock;
  }

  static GroupKey key(AccountId account, Region region, String name) {
    return new GroupKey(account.value(), region.name(), name);
  }

  static GroupKey key(Caller caller, String name) {
    return key(caller.account(), caller.region(), name);
  }

  CreateLogGroupResponse createGroup(Caller caller, CreateLogGroupRequest input) {
    refuseUnsupported("kmsKeyId", input.kmsKeyId());
    refuseUnlessDefault("logGroupClass", input.logGroupClassAsString(), GROUP_CLASS);
    refuseUnlessDefault("deletionProtectionEnabled", input.deletionProtectionEnabled(), false);
    Map<String, String> tags = LogTags.check(input.tags());
    GroupKey key = key(caller, requireMatch("logGroupName", input.logGroupName(), GROUP_NAME));
    if (key.name().startsWith("aws/")) {
      throw LogsError.INVALID_PARAMETER.because(
          "Log groups starting with AWS/ are reserved for AWS.");
    }
    database.write(
        tx -> {
          if (groups.get(tx, key).isPresent()) {
            throw LogsError.LOG_GROUP_EXISTS.exception();
          }
          groups.put(tx, key, new GroupRow(clock.millis(), null, tags));
          return true;
        });
    return CreateLogGroupResponse.builder().build();
  }

  DeleteLogGroupResponse deleteGroup(Caller caller, DeleteLogGroupRequest input) {
    GroupKey key = key(caller, input.logGroupName());
    List<StreamKey> deletedStreams =
        database.write(
            tx -> {
              require(tx, key);
              groups.delete(tx, key);
              List<StreamKey> keys =
                  streams.list(tx, Range.within(key.tuple()), Integer.MAX_VALUE).stream()
                      .map(Table.Entry::key)
                      .toList();
              keys.forEach(stream -> streams.delete(tx, stream));
              return keys;
            });
    deletedStreams.forEach(events::deleteAll);
    return DeleteLogGroupResponse.builder().build();
  }

  DescribeLogGroupsResponse describeGroups(Caller caller, DescribeLogGroupsRequest input) {
    refuseUnlessDefault("logGroupClass", input.logGroupClassAsString(), GROUP_CLASS);
    refuseUnlessDefault("includeLinkedAccounts", input.includeLinkedAccounts(), false);
    refuseUnsupported(
        "accountIdentifiers", input.hasAccountIdentifiers() ? input.accountIdentifiers() : null);
    refuseUnsupported(
        "logGroupIdentifiers", input.hasLogGroupIdentifiers() ? input.logGroupIdentifiers() : null);
    String pattern = input.logGroupNamePattern();
    if (pattern != null && input.logGroupNamePrefix() != null) {
      throw LogsError.INVALID_PARAMETER.because(
          "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    int limit = limit(input.limit(), MAX_LISTED);
    Tuple parent = Tuple.of(caller.account().value(), caller.region().name());
    String prefix = Objects.requireNonNullElse(input.logGroupNamePrefix(), "");
    Range wholeRange = Range.withPrefix(parent, prefix);
    String after = PageToken.lastKey(input.nextToken(), LogsError::invalidToken);
    Range range = after.isEmpty() ? wholeRange : wholeRange.after(key(caller, after).tuple());
    List<LogGroup> page = new ArrayList<>();
    boolean more =
        database.read(
            snapshot -> {
              boolean[] truncated = {false};
              groups.scan(
                  snapshot,
                  range,
                  limit + 1,
                  (key, row) -> {
                    if (pattern != null && !key.name().contains(pattern)) {
                      return ScanStep.NEXT;
                    }
                    if (page.size() == limit) {
                      truncated[0] = true;
                      return ScanStep.STOP;
                    }
                    page.add(
                        LogGroup.builder()
                            .logGroupName(key.name())
                            .arn(key.arn() + ":*")
                            .logGroupArn(key.arn())
                            .creationTime(row.createdMillis())
                            .retentionInDays(row.retentionDays())
                            .metricFilterCount(0)
                            // AWS updates this figure late, so it is 0 in new groups; with a name
                            // pattern AWS omits it.
                            .storedBytes(pattern == null ? 0L : null)
                            .deletionProtectionEnabled(pattern == null ? false : null)
                            .logGroupClass(GROUP_CLASS)
                            .build());
                    return ScanStep.NEXT;
                  });
              return truncated[0];
            });
    return DescribeLogGroupsResponse.builder()
        .logGroups(page)
        .nextToken(more ? PageToken.after(page.getLast().logGroupName()) : null)
        .build();
  }

  PutRetentionPolicyResponse putRetention(Caller caller, PutRetentionPolicyRequest input) {
    if (!RETENTION_DAYS.contains(input.retentionInDays())) {
      throw LogsError.MEMBERS.unsatisfied(
          "retentionInDays",
          String.valueOf(input.retentionInDays()),
          "Member must satisfy enum value set: " + RETENTION_DAYS.stream().sorted().toList());
    }
    setRetention(key(caller, input.logGroupName()), input.retentionInDays());
    return PutRetentionPolicyResponse.builder().build();
  }

  DeleteRetentionPolicyResponse deleteRetention(Caller caller, DeleteRetentionPolicyRequest input) {
    setRetention(key(caller, input.logGroupName()), null);
    return DeleteRetentionPolicyResponse.builder().build();
  }

  private void setRetention(GroupKey key, @Nullable Integer days) {
    database.write(
        tx -> {
          groups.put(tx, key, require(tx, key).withRetention(days));
          return true;
        });
  }

  CreateLogStreamResponse createStream(Caller caller, CreateLogStreamRequest input) {
    GroupKey group = key(caller, input.logGroupName());
    StreamKey key = group.stream(requireMatch("logStreamName", input.logStreamName(), STREAM_NAME));
    database.write(
        tx -> {
          require(tx, group);
          if (streams.get(tx, key).isPresent()) {
            throw LogsError.LOG_STREAM_EXISTS.exception();
          }
          streams.put(tx, key, new StreamRow(clock.millis(), null, null, null));
          return true;
        });
    return CreateLogStreamResponse.builder().build();
  }

  DeleteLogStreamResponse deleteStream(Caller caller, DeleteLogStreamRequest input) {
    StreamKey key = key(caller, input.logGroupName()).stream(input.logStreamName());
    database.write(
        tx -> {
          requireStream(tx, key);
          streams.delete(tx, key);
          return true;
        });
    events.deleteAll(key);
    return DeleteLogStreamResponse.builder().build();
  }

  DescribeLogStreamsResponse describeStreams(Caller caller, DescribeLogStreamsRequest input) {
    GroupKey group = group(caller, input.logGroupName(), input.logGroupIdentifier());
    String prefix = Objects.requireNonNullElse(input.logStreamNamePrefix(), "");
    boolean byTime = input.orderBy() == OrderBy.LAST_EVENT_TIME;
    if (byTime && !prefix.isEmpty()) {
      throw LogsError.INVALID_PARAMETER.because(
          "Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    List<Table.Entry<StreamKey, StreamRow>> all =
        database.read(
            snapshot -> {
              require(snapshot, group);
              return new ArrayList<>(
                  streams.list(
                      snapshot, Range.withPrefix(group.tuple(), prefix), Integer.MAX_VALUE));
            });
    if (byTime) {
      all.sort(
          java.util.Comparator.comparingLong(
              e -> Objects.requireNonNullElse(e.value().lastEventMillis(), 0L)));
    }
    if (Boolean.TRUE.equals(input.descending())) {
      java.util.Collections.reverse(all);
    }
    int limit = limit(input.limit(), MAX_LISTED);
    int from = position(input.nextToken(), all.size());
    int to = Math.min(all.size(), from + limit);
    return DescribeLogStreamsResponse.builder()
        .logStreams(all.subList(from, to).stream().map(e -> describe(e.key(), e.value())).toList())
        .nextToken(to < all.size() ? String.valueOf(to) : null)
        .build();
  }

  /// AWS deprecated `storedBytes` of streams, and still sends it.
  @SuppressWarnings("deprecation")
  private static LogStream describe(StreamKey key, StreamRow row) {
    return LogStream.builder()
        .logStreamName(key.name())
        .arn(key.group().arn() + ":log-stream:" + key.name())
        .creationTime(row.createdMillis())
        .firstEventTimestamp(row.firstEventMillis())
        .lastEventTimestamp(row.lastEventMillis())
        .lastIngestionTime(row.lastIngestionMillis())
        .storedBytes(0L) // always 0 on AWS since 2019
        .build();
  }

  /// A group by its name or its ARN, for the newer operations.
  static GroupKey group(Caller caller, @Nullable String name, @Nullable String identifier) {
    if (name != null && identifier != null) {
      throw LogsError.VALIDATION.because(
          "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    }
    if (name == null && identifier == null) {
      throw LogsError.INVALID_PARAMETER.because(
          "Exactly one of logGroupName and logGroupIdentifier must be given.");
    }
    String text = name == null ? Objects.requireNonNull(identifier) : name;
    int colon = text.indexOf(":log-group:");
    GroupKey key = key(caller, colon < 0 ? text : text.substring(colon + ":log-group:".length()));
    if (colon >= 0 && !text.equals(key.arn())) {
      throw LogsError.NO_SUCH_LOG_GROUP.exception(); // a group of another account or region
    }
    return key;
  }

  Optional<GroupRow> find(Snapshot snapshot, GroupKey key) {
    return groups.get(snapshot, key);
  }

  GroupRow require(Snapshot snapshot, GroupKey key) {
    return find(snapshot, key).orElseThrow(LogsError.NO_SUCH_LOG_GROUP::exception);
  }

  StreamRow requireStream(Snapshot snapshot, StreamKey key) {
    require(snapshot, key.group());
    return streams.get(snapshot, key).orElseThrow(LogsError.NO_SUCH_LOG_STREAM::exception);
  }

  /// The stream's row; creates group and row if they are missing, as Lambda does for its functions.
  StreamRow ensureStream(Tx tx, StreamKey key) {
    if (groups.get(tx, key.group()).isEmpty()) {
      groups.put(tx, key.group(), new GroupRow(clock.millis(), null, null));
    }
    return streams.get(tx, key).orElseGet(() -> new StreamRow(clock.millis(), null, null, null));
  }

  void putGroup(Tx tx, GroupKey key, GroupRow row) {
    groups.put(tx, key, row);
  }

  void putStream(Tx tx, StreamKey key, StreamRow row) {
    streams.put(tx, key, row);
  }

  /// Every group with a retention policy.
  List<Table.Entry<GroupKey, GroupRow>> groupsWithRetention() {
    return database.read(
        snapshot ->
            groups.list(snapshot, Range.all(), Integer.MAX_VALUE).stream()
                .filter(group -> group.value().retentionDays() != null)
                .toList());
  }

  static int position(@Nullable String token, int size) {
    if (token == null) {
      return 0;
    }
    try {
      int position = Integer.parseInt(token);
      if (position >= 0 && position <= size) {
        return position;
      }
    } catch (NumberFormatException _) {
      // refused below
    }
    throw LogsError.invalidToken();
  }

  /// The requested page size, or `max` by default.
  static int limit(@Nullable Integer requested, int max) {
    return requested == null ? max : LogsError.MEMBERS.range("limit", requested, 1, max);
  }

  private static String requireMatch(String member, @Nullable String value, Pattern grammar) {
    if (value != null && value.length() > MAX_NAME_LENGTH) {
      throw LogsError.INVALID_PARAMETER.because(
          "Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
    }
    if (value == null || value.isEmpty() || !grammar.matcher(value).matches()) {
      String constraint =
          value != null && value.isEmpty()
              ? "Member must have length greater than or equal to 1"
              : "Member must satisfy regular expression pattern: " + grammar;
      throw LogsError.MEMBERS.unsatisfied(member, String.valueOf(value), constraint);
    }
    return value;
  }

  /// Refuses an unsupported member unless it has its default value.
  private static void refuseUnlessDefault(
      String member, @Nullable Object value, Object defaultValue) {
    if (!defaultValue.equals(value)) {
      refuseUnsupported(member, value);
    }
  }

  static void refuseUnsupported(String member, @Nullable Object value) {
    if (value != null) {
      throw LogsError.INVALID_PARAMETER.because("Carillon does not support " + member + " here.");
    }
  }
}
