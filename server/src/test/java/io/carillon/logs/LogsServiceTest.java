package io.carillon.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.store.CountingDatabase;
import io.carillon.store.RepeatingDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogStreamRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DeleteLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogGroupsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogGroupsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogStreamsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.DescribeLogStreamsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilterLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilterLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilteredLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.InputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsForResourceResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.ListTagsLogGroupResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogGroup;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogStream;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutRetentionPolicyRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.TagResourceRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.UntagResourceRequest;

class LogsServiceTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  private Instant now = NOW;
  private final CountingDatabase database = new CountingDatabase(RepeatingDatabase.inMemory());
  private final LogsService logs = new LogsService(new TestKernel(database, () -> now).build());
  private final DirectPipeline pipeline =
      new DirectPipeline(logs.operations(), DirectPipeline.letting(() -> true));

  @Test
  void eventsAreReturnedInOrderOfTimeAcrossStreams() {
    createStreams("/g", "a", "b");
    put("/g", "a", event(1, "a1"), event(3, "a3"));
    put("/g", "b", event(2, "b2"));

    FilterLogEventsResponse found =
        run(FilterLogEventsRequest.builder().logGroupName("/g").build());

    assertThat(found.events())
        .extracting(FilteredLogEvent::message)
        .containsExactly("a1", "b2", "a3");
  }

  @Test
  void filteringContinuesAfterThePage() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "x1"), event(1, "x2"), event(2, "no"), event(3, "x3"));
    List<String> messages = new ArrayList<>();
    String token = null;
    do {
      FilterLogEventsResponse page =
          run(
              FilterLogEventsRequest.builder()
                  .logGroupName("/g")
                  .filterPattern("x")
                  .limit(1)
                  .nextToken(token)
                  .build());
      page.events().forEach(e -> messages.add(e.message()));
      token = page.nextToken();
    } while (token != null);

    assertThat(messages).containsExactly("x1", "x2", "x3");
  }

  @Test
  void aStreamIsReadForwardsFromItsHeadAndTheLastTokenRepeats() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "1"), event(2, "2"), event(3, "3"));
    GetLogEventsRequest first =
        GetLogEventsRequest.builder()
            .logGroupName("/g")
            .logStreamName("a")
            .startFromHead(true)
            .limit(2)
            .build();

    GetLogEventsResponse one = run(first);
    GetLogEventsResponse two = run(first.toBuilder().nextToken(one.nextForwardToken()).build());
    GetLogEventsResponse end = run(first.toBuilder().nextToken(two.nextForwardToken()).build());

    assertThat(one.events()).extracting(OutputLogEvent::message).containsExactly("1", "2");
    assertThat(two.events()).extracting(OutputLogEvent::message).containsExactly("3");
    assertThat(end.events()).isEmpty();
    assertThat(end.nextForwardToken()).isEqualTo(two.nextForwardToken());
  }

  @Test
  void aStreamIsReadBackwardsFromItsEnd() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "1"), event(2, "2"), event(3, "3"));
    GetLogEventsRequest last =
        GetLogEventsRequest.builder().logGroupName("/g").logStreamName("a").limit(2).build();

    GetLogEventsResponse one = run(last);
    GetLogEventsResponse two = run(last.toBuilder().nextToken(one.nextBackwardToken()).build());

    assertThat(one.events()).extracting(OutputLogEvent::message).containsExactly("2", "3");
    assertThat(two.events()).extracting(OutputLogEvent::message).containsExactly("1");
  }

  @Test
  void aPageReadsOnlyItsOwnRows() {
    createStreams("/g", "a", "b");
    for (int second = 0; second < 100; second++) {
      put("/g", "a", event(second, "a" + second));
      put("/g", "b", event(second, "b" + second));
    }
    GetLogEventsRequest stream =
        GetLogEventsRequest.builder().logGroupName("/g").logStreamName("a").limit(3).build();

    List<GetLogEventsRequest> pages = new ArrayList<>();
    pages.add(stream);
    pages.add(stream.toBuilder().startFromHead(true).build());
    GetLogEventsResponse newest = run(pages.get(0));
    GetLogEventsResponse oldest = run(pages.get(1));
    pages.add(stream.toBuilder().nextToken(newest.nextBackwardToken()).build());
    pages.add(stream.toBuilder().nextToken(oldest.nextForwardToken()).build());
    List<String> read = new ArrayList<>();
    for (GetLogEventsRequest page : pages) {
      database.reset();
      GetLogEventsResponse answer = run(page);
      answer.events().forEach(event -> read.add(event.message()));
      assertThat(database.fetched() + database.scanned())
          .as("a key and a row for each event, and the stream's row")
          .isLessThan(10);
    }

    assertThat(read)
        .containsExactly(
            "a97", "a98", "a99", "a0", "a1", "a2", "a94", "a95", "a96", "a3", "a4", "a5");
  }

  @Test
  void aTimeRangeIsReadBackwardsAndForwards() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "1"), event(2, "2"), event(3, "3"), event(4, "4"));
    GetLogEventsRequest middle =
        GetLogEventsRequest.builder()
            .logGroupName("/g")
            .logStreamName("a")
            .startTime(NOW.plusSeconds(2).toEpochMilli())
            .endTime(NOW.plusSeconds(4).toEpochMilli())
            .build();

    GetLogEventsResponse all = run(middle);
    GetLogEventsResponse head = run(middle.toBuilder().startFromHead(true).limit(1).build());
    GetLogEventsResponse back = run(middle.toBuilder().nextToken(all.nextBackwardToken()).build());

    assertThat(all.events()).extracting(OutputLogEvent::message).containsExactly("2", "3");
    assertThat(head.events()).extracting(OutputLogEvent::message).containsExactly("2");
    assertThat(back.events()).isEmpty();
    assertThat(back.nextBackwardToken()).isEqualTo(all.nextBackwardToken());
    GetLogEventsResponse forth = run(middle.toBuilder().nextToken(back.nextForwardToken()).build());
    assertThat(forth.events()).extracting(OutputLogEvent::message).containsExactly("2", "3");
  }

  @Test
  void aPageIsLimitedToOneMebibyte() {
    createStreams("/g", "a");
    String large = "x".repeat(250_000);
    for (int second = 0; second < 6; second++) {
      put("/g", "a", event(second, large));
    }
    GetLogEventsRequest stream =
        GetLogEventsRequest.builder().logGroupName("/g").logStreamName("a").build();
    FilterLogEventsRequest search = FilterLogEventsRequest.builder().logGroupName("/g").build();

    GetLogEventsResponse last = run(stream);
    FilterLogEventsResponse first = run(search);
    FilterLogEventsResponse rest = run(search.toBuilder().nextToken(first.nextToken()).build());

    assertThat(last.events()).hasSize(4);
    assertThat(first.events()).hasSize(4);
    assertThat(rest.events()).hasSize(2);
    assertThat(rest.nextToken()).isNull();
  }

  @Test
  void aBatchOutOfOrderChangesNothing() {
    createStreams("/g", "a");

    assertThatThrownBy(() -> put("/g", "a", event(2, "2"), event(1, "1")))
        .isInstanceOf(AwsException.class)
        .hasMessageContaining("chronological order");
    FilterLogEventsResponse found =
        run(FilterLogEventsRequest.builder().logGroupName("/g").build());
    assertThat(found.events()).isEmpty();
  }

  @Test
  void tooOldEventsAreReportedAndTheOthersStored() {
    createStreams("/g", "a");

    PutLogEventsResponse answer =
        put(
            "/g",
            "a",
            InputLogEvent.builder()
                .timestamp(NOW.minusSeconds(86_400 * 14 + 60).toEpochMilli())
                .message("old")
                .build(),
            InputLogEvent.builder()
                .timestamp(NOW.minusSeconds(86_400 * 14 - 60).toEpochMilli())
                .message("taken")
                .build());

    assertThat(answer.rejectedLogEventsInfo().tooOldLogEventEndIndex()).isEqualTo(1);
    FilterLogEventsResponse found =
        run(FilterLogEventsRequest.builder().logGroupName("/g").build());
    assertThat(found.events()).extracting(FilteredLogEvent::message).containsExactly("taken");
  }

  @Test
  void aFunctionsFirstLinesCreateGroupAndStream() {
    logs.append(
        ACCOUNT,
        Region.US_EAST_1,
        "/aws/lambda/f",
        "s",
        List.of(new LogsService.Line(NOW, "START")));

    DescribeLogStreamsResponse streams =
        run(DescribeLogStreamsRequest.builder().logGroupName("/aws/lambda/f").build());

    assertThat(streams.logStreams())
        .singleElement()
        .satisfies(s -> assertThat(s.lastEventTimestamp()).isEqualTo(NOW.toEpochMilli()));
  }

  @Test
  void aRecreatedGroupIsEmpty() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "old"));
    run(DeleteLogGroupRequest.builder().logGroupName("/g").build());
    createStreams("/g", "a");

    FilterLogEventsResponse found =
        run(FilterLogEventsRequest.builder().logGroupName("/g").build());

    assertThat(found.events()).isEmpty();
  }

  @Test
  void theSweepDeletesExpiredEvents() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "old"));
    run(PutRetentionPolicyRequest.builder().logGroupName("/g").retentionInDays(1).build());
    now = NOW.plusSeconds(2 * 86_400);
    put("/g", "a", InputLogEvent.builder().timestamp(now.toEpochMilli()).message("new").build());

    logs.sweep();

    FilterLogEventsResponse found =
        run(FilterLogEventsRequest.builder().logGroupName("/g").build());
    assertThat(found.events()).extracting(FilteredLogEvent::message).containsExactly("new");
  }

  @Test
  void namesReservedForAwsAreRefused() {
    assertThatThrownBy(() -> run(CreateLogGroupRequest.builder().logGroupName("aws/mine").build()))
        .hasMessage("Log groups starting with AWS/ are reserved for AWS.");
    run(CreateLogGroupRequest.builder().logGroupName("/aws/mine").build());
  }

  @Test
  void aGroupKeepsItsTags() {
    run(CreateLogGroupRequest.builder().logGroupName("/g").tags(Map.of("a", "1")).build());
    run(PutRetentionPolicyRequest.builder().logGroupName("/g").retentionInDays(1).build());
    tag(groupArn("/g"), Map.of("b", "2", "c", ""));
    assertThat(tags(groupArn("/g"))).isEqualTo(Map.of("a", "1", "b", "2", "c", ""));

    run(UntagResourceRequest.builder().resourceArn(groupArn("/g")).tagKeys("a", "none").build());
    tag(groupArn("/g"), Map.of("b", "3"));
    assertThat(tags(groupArn("/g"))).isEqualTo(Map.of("b", "3", "c", ""));

    for (String named : List.of("", ":*", ":log-stream:s")) {
      assertThat(
              database
                  .read(
                      s ->
                          logs.resourcePolicies()
                              .orElseThrow()
                              .find(s, Arn.parse(groupArn("/g") + named)))
                  .orElseThrow())
          .satisfies(group -> assertThat(group.tags()).containsEntry("b", "3"))
          .satisfies(group -> assertThat(group.owner()).isEqualTo(ACCOUNT));
    }

    createStreams("/plain");
    assertThat(tags(groupArn("/plain"))).isEmpty();
  }

  /// Source:
  /// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsLogGroup.html
  @Test
  void theOlderTagOperationsWorkOnTheSameTags() {
    run(CreateLogGroupRequest.builder().logGroupName("/g").tags(Map.of("a", "1")).build());
    run(TagLogGroupRequest.builder().logGroupName("/g").tags(Map.of("b", "2", "c", "3")).build());
    run(UntagLogGroupRequest.builder().logGroupName("/g").tags("a", "c").build());
    ListTagsLogGroupResponse listed =
        run(ListTagsLogGroupRequest.builder().logGroupName("/g").build());
    assertThat(listed.tags()).isEqualTo(Map.of("b", "2")).isEqualTo(tags(groupArn("/g")));

    assertThatThrownBy(() -> run(ListTagsLogGroupRequest.builder().logGroupName("/no").build()))
        .hasMessage("The specified log group does not exist.");
    assertThatThrownBy(
            () ->
                run(
                    TagLogGroupRequest.builder()
                        .logGroupName("/g")
                        .tags(Map.of("aws:x", "1"))
                        .build()))
        .hasMessageContaining("reserved for system use");
    assertThatThrownBy(
            () -> run(TagLogGroupRequest.builder().logGroupName("/g").tags(Map.of()).build()))
        .hasMessageContaining("at 'tags' failed to satisfy constraint");
  }

  @Test
  void tagsAndTheirGroupsAreValidated() {
    createStreams("/g");
    assertThatThrownBy(() -> tags(groupArn("/none")))
        .hasMessage("The specified log group does not exist.");
    assertThatThrownBy(() -> tags(groupArn("/g").replace(ACCOUNT.value(), "210987654321")))
        .hasMessage("The specified log group does not exist.");
    assertThatThrownBy(() -> tags(groupArn("/g").replace("us-east-1", "eu-west-1")))
        .hasMessage("The specified log group does not exist.");
    assertThatThrownBy(() -> tags(groupArn("/g") + ":*"))
        .hasMessageContaining("at 'resourceArn' failed to satisfy constraint");
    assertThatThrownBy(() -> tags("arn:aws:logs:us-east-1:123456789012:destination:d"))
        .hasMessageContaining("is not the ARN of a log group");
    assertThatThrownBy(() -> tag(groupArn("/g"), Map.of("aws:x", "1")))
        .hasMessageContaining("reserved for system use");
    assertThatThrownBy(() -> tag(groupArn("/g"), Map.of("k", "v".repeat(257))))
        .hasMessageContaining("Member must have length less than or equal to 256");
    Map<String, String> many = new TreeMap<>();
    for (int i = 0; i < 51; i++) {
      many.put("k" + i, "v");
    }
    assertThatThrownBy(() -> tag(groupArn("/g"), many))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error()).isEqualTo(LogsError.TOO_MANY_TAGS));
    assertThat(tags(groupArn("/g"))).isEmpty();
  }

  @Test
  @SuppressWarnings("deprecation") // AWS deprecated storedBytes, and still sends it
  void groupsAndStreamsReportZeroStoredBytes() {
    createStreams("/g", "a");
    put("/g", "a", event(1, "1"));
    DescribeLogGroupsResponse groups = run(DescribeLogGroupsRequest.builder().build());
    assertThat(groups.logGroups()).extracting(LogGroup::storedBytes).containsExactly(0L);
    assertThat(groups.logGroups().getFirst().deletionProtectionEnabled()).isFalse();
    DescribeLogGroupsResponse found =
        run(DescribeLogGroupsRequest.builder().logGroupNamePattern("g").build());
    assertThat(found.logGroups().getFirst().storedBytes()).as("as recorded").isNull();
    assertThat(found.logGroups().getFirst().deletionProtectionEnabled()).isNull();
    DescribeLogStreamsResponse streams =
        run(DescribeLogStreamsRequest.builder().logGroupName("/g").build());
    assertThat(streams.logStreams()).extracting(LogStream::storedBytes).containsExactly(0L);
  }

  @Test
  void parametersWithTheirDefaultValuesAreAccepted() {
    CreateLogGroupRequest request =
        CreateLogGroupRequest.builder()
            .logGroupName("/plain")
            .logGroupClass("STANDARD")
            .deletionProtectionEnabled(false)
            .build();
    run(request);
    DescribeLogGroupsResponse groups =
        run(
            DescribeLogGroupsRequest.builder()
                .logGroupClass("STANDARD")
                .includeLinkedAccounts(false)
                .build());
    assertThat(groups.logGroups()).extracting(LogGroup::logGroupName).containsExactly("/plain");
    assertThatThrownBy(() -> run(request.toBuilder().logGroupClass("INFREQUENT_ACCESS").build()))
        .hasMessageContaining("logGroupClass");
    assertThatThrownBy(() -> run(request.toBuilder().deletionProtectionEnabled(true).build()))
        .hasMessageContaining("deletionProtectionEnabled");
  }

  @Test
  void invalidNamesAreRefusedWithThePatternOfAws() {
    assertThatThrownBy(() -> run(CreateLogGroupRequest.builder().logGroupName("a b").build()))
        .hasMessage(
            "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy"
                + " constraint: Member must satisfy regular expression pattern:"
                + " [\\.\\-_/#A-Za-z0-9]+");
    createStreams("/g");
    CreateLogStreamRequest stream =
        CreateLogStreamRequest.builder().logGroupName("/g").logStreamName("a:b").build();
    assertThatThrownBy(() -> run(stream))
        .hasMessageEndingWith("Member must satisfy regular expression pattern: [^:*]*");
    assertThatThrownBy(() -> run(stream.toBuilder().logStreamName("").build()))
        .hasMessageEndingWith("Member must have length greater than or equal to 1");
  }

  @Test
  void namesOfMoreThan512CharactersAreRefusedAsRecorded() {
    String words =
        "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
    createStreams("/g");
    assertThatThrownBy(
            () -> run(CreateLogGroupRequest.builder().logGroupName("a".repeat(513)).build()))
        .hasMessage(words);
    assertThatThrownBy(
            () ->
                run(
                    CreateLogStreamRequest.builder()
                        .logGroupName("/g")
                        .logStreamName("a".repeat(513))
                        .build()))
        .hasMessage(words);
  }

  /// Source: `test_logs_streams.snapshot.json` of localstack/localstack, recorded from AWS on
  /// 2026-02-03.
  @Test
  void aGroupIsIdentifiedByNameOrArnButNotByBoth() {
    createStreams("/g", "a");
    String both = "LogGroup name and LogGroup ARN are mutually exclusive parameters.";
    assertThatThrownBy(
            () ->
                run(
                    DescribeLogStreamsRequest.builder()
                        .logGroupName("/g")
                        .logGroupIdentifier(groupArn("/g"))
                        .build()))
        .hasMessage(both);
    assertThatThrownBy(
            () ->
                run(
                    FilterLogEventsRequest.builder()
                        .logGroupName("/g")
                        .logGroupIdentifier(groupArn("/g"))
                        .build()))
        .hasMessage(both);
    assertThatThrownBy(
            () ->
                run(
                    GetLogEventsRequest.builder()
                        .logGroupName("/g")
                        .logGroupIdentifier(groupArn("/g"))
                        .logStreamName("a")
                        .build()))
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().code()).isEqualTo("ValidationException"))
        .hasMessage(both);
    DescribeLogStreamsResponse streams =
        run(DescribeLogStreamsRequest.builder().logGroupIdentifier(groupArn("/g")).build());
    assertThat(streams.logStreams()).extracting(LogStream::logStreamName).containsExactly("a");
    for (String elsewhere :
        List.of(
            groupArn("/g").replace("us-east-1", "eu-west-1"),
            groupArn("/g").replace(ACCOUNT.value(), "210987654321"))) {
      assertThatThrownBy(
              () -> run(DescribeLogStreamsRequest.builder().logGroupIdentifier(elsewhere).build()))
          .hasMessage("The specified log group does not exist.");
    }
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    createStreams("/g", "a");
    assertThatThrownBy(() -> run(DescribeLogGroupsRequest.builder().limit(0).build()))
        .hasMessageEndingWith("Member must have value greater than or equal to 1");
    assertThatThrownBy(
            () -> run(DescribeLogStreamsRequest.builder().logGroupName("/g").limit(51).build()))
        .hasMessageEndingWith("Member must have value less than or equal to 50");
    assertThatThrownBy(
            () -> run(FilterLogEventsRequest.builder().logGroupName("/g").limit(10_001).build()))
        .hasMessageEndingWith("Member must have value less than or equal to 10000");
  }

  @Test
  void missingGroupsAndStreamsAreNamed() {
    assertThatThrownBy(() -> put("/nowhere", "a", event(1, "1")))
        .hasMessage("The specified log group does not exist.");
    createStreams("/g");
    assertThatThrownBy(() -> put("/g", "a", event(1, "1")))
        .hasMessage("The specified log stream does not exist.");
    assertThatThrownBy(() -> createStreams("/g"))
        .hasMessage("The specified log group already exists");
  }

  @Test
  void patternsSupportTermsPhrasesOptionsAndExclusions() {
    assertThat(FilterPattern.parse("ERROR \"not found\" -debug"))
        .accepts("ERROR: x not found")
        .rejects("ERROR not debug found", "not found");
    assertThat(FilterPattern.parse("?WARN ?ERROR")).accepts("a WARN", "an ERROR").rejects("INFO");
    assertThatThrownBy(() -> FilterPattern.parse("{ $.a = 1 }"))
        .hasMessageContaining("does not support JSON");
  }

  private void createStreams(String group, String... streams) {
    run(CreateLogGroupRequest.builder().logGroupName(group).build());
    for (String stream : streams) {
      run(CreateLogStreamRequest.builder().logGroupName(group).logStreamName(stream).build());
    }
  }

  private PutLogEventsResponse put(String group, String stream, InputLogEvent... events) {
    return run(
        PutLogEventsRequest.builder()
            .logGroupName(group)
            .logStreamName(stream)
            .logEvents(events)
            .build());
  }

  private static String groupArn(String group) {
    return "arn:aws:logs:us-east-1:" + ACCOUNT + ":log-group:" + group;
  }

  private void tag(String arn, Map<String, String> tags) {
    run(TagResourceRequest.builder().resourceArn(arn).tags(tags).build());
  }

  private Map<String, String> tags(String arn) {
    ListTagsForResourceResponse listed =
        run(ListTagsForResourceRequest.builder().resourceArn(arn).build());
    return listed.tags();
  }

  private static InputLogEvent event(int second, String message) {
    return InputLogEvent.builder()
        .timestamp(NOW.plusSeconds(second).toEpochMilli())
        .message(message)
        .build();
  }

  private <I, O> O run(I input) {
    return pipeline.call(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, now), input);
  }
}
