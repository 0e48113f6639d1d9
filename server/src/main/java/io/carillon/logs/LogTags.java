package io.carillon.logs;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.aws.TagRules;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.logs.LogGroups.GroupKey;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsLogGroupResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagLogGroupResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagResourceResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagLogGroupResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagResourceResponse;

/// The tags of log groups. Unlike all other operations, these and their policies name a group by
/// its ARN without `:*` at the end. The older operations, which AWS still supports, name it as the
/// others do.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
final class LogTags {
  private static final int MAX_TAGS = 50;
  private static final Pattern GROUP_AND_TAIL = Pattern.compile("log-group:([^:]+)(:.*)?");
  private static final Pattern RESOURCE_ARN = Pattern.compile("[\\w+=/:,.@-]*");
  private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+");
  private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

  private final Database database;
  private final LogGroups groups;

  LogTags(Database database, LogGroups groups) {
    this.database = database;
    this.groups = groups;
  }

  static Need need(Caller caller, String action, @Nullable String resourceArn) {
    return new Need("logs:" + action, group(caller, resourceArn).arn(), Map.of());
  }

  ListTagsForResourceResponse list(Caller caller, ListTagsForResourceRequest input) {
    GroupKey key = group(caller, input.resourceArn());
    return ListTagsForResourceResponse.builder()
        .tags(database.read(snapshot -> groups.require(snapshot, key).allTags()))
        .build();
  }

  TagResourceResponse tag(Caller caller, TagResourceRequest input) {
    add(group(caller, input.resourceArn()), input.tags());
    return TagResourceResponse.builder().build();
  }

  UntagResourceResponse untag(Caller caller, UntagResourceRequest input) {
    if (!input.hasTagKeys()) {
      throw LogsError.MEMBERS.missing("tagKeys");
    }
    remove(group(caller, input.resourceArn()), input.tagKeys());
    return UntagResourceResponse.builder().build();
  }

  ListTagsLogGroupResponse listForGroup(Caller caller, ListTagsLogGroupRequest input) {
    GroupKey key = LogGroups.key(caller, input.logGroupName());
    return ListTagsLogGroupResponse.builder()
        .tags(database.read(snapshot -> groups.require(snapshot, key).allTags()))
        .build();
  }

  TagLogGroupResponse tagGroup(Caller caller, TagLogGroupRequest input) {
    add(LogGroups.key(caller, input.logGroupName()), input.tags());
    return TagLogGroupResponse.builder().build();
  }

  UntagLogGroupResponse untagGroup(Caller caller, UntagLogGroupRequest input) {
    if (input.tags().isEmpty()) {
      throw emptyTags();
    }
    remove(LogGroups.key(caller, input.logGroupName()), input.tags());
    return UntagLogGroupResponse.builder().build();
  }

  private void add(GroupKey key, Map<String, String> tags) {
    if (tags.isEmpty()) {
      throw emptyTags();
    }
    change(
        key,
        current -> {
          Map<String, String> all = new TreeMap<>(current);
          all.putAll(tags);
          return check(all);
        });
  }

  private void remove(GroupKey key, List<String> names) {
    change(
        key,
        current -> {
          Map<String, String> remaining = new TreeMap<>(current);
          names.forEach(remaining::remove);
          return remaining;
        });
  }

  private static AwsException emptyTags() {
    return LogsError.INVALID_PARAMETER.because(
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must"
            + " have length greater than or equal to 1");
  }

  private void change(GroupKey key, UnaryOperator<Map<String, String>> change) {
    database.write(
        tx -> {
          LogGroups.GroupRow row = groups.require(tx, key);
          groups.putGroup(tx, key, row.withTags(change.apply(row.allTags())));
          return true;
        });
  }

  /// @return the tags, if they are valid
  static Map<String, String> check(Map<String, String> tags) {
    tags.forEach(
        (key, value) -> {
          LogsError.MEMBERS.text("tags.key", key, 1, 128, KEY);
          LogsError.MEMBERS.text("tags.value", value, 0, 256, VALUE);
          if (TagRules.isReserved(key)) {
            throw LogsError.INVALID_PARAMETER.because(
                "Tag keys that start with 'aws:' are reserved for system use.");
          }
        });
    if (tags.size() > MAX_TAGS) {
      throw LogsError.TOO_MANY_TAGS.exception();
    }
    return tags;
  }

  /// The group of a need's resource: the group, one of its streams, or all of them.
  Optional<Owned> resource(Snapshot snapshot, Arn arn) {
    Matcher group = GROUP_AND_TAIL.matcher(arn.resource());
    if (!group.matches()) {
      return Optional.empty();
    }
    GroupKey key = new GroupKey(arn.account(), arn.region(), group.group(1));
    return groups
        .find(snapshot, key)
        .map(row -> new Owned(new AccountId(key.account()), Optional.empty(), row.allTags()));
  }

  /// @throws io.carillon.aws.AwsException also for groups of other accounts and regions
  private static GroupKey group(Caller caller, @Nullable String resourceArn) {
    String text = LogsError.MEMBERS.text("resourceArn", resourceArn, 1, 1_011, RESOURCE_ARN);
    String prefix = "log-group:";
    Optional<Arn> parsed =
        Arn.tryParse(text)
            .filter(arn -> arn.service().equals("logs") && arn.resource().startsWith(prefix));
    if (parsed.isEmpty()) {
      throw LogsError.INVALID_PARAMETER.because(
          "The specified resourceArn is not the ARN of a log group: " + text);
    }
    GroupKey key = LogGroups.key(caller, parsed.get().resource().substring(prefix.length()));
    if (!key.arn().equals(text)) {
      throw LogsError.NO_SUCH_LOG_GROUP.exception();
    }
    return key;
  }

  /// The needs of CreateLogGroup: with tags in the request, also that of tagging.
  static List<Need> needsOfCreate(Arn group, Map<String, String> tags) {
    Need create = Need.of("logs:CreateLogGroup", group).tagging(tags);
    String arnWithoutWildcard =
        group.toString().substring(0, group.toString().length() - ":*".length());
    return tags.isEmpty()
        ? List.of(create)
        : List.of(create, new Need("logs:TagResource", arnWithoutWildcard, create.context()));
  }
}
