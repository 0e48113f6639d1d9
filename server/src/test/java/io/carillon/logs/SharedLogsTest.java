package io.carillon.logs;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.DirectPipeline;
import io.carillon.base.AccountId;
import io.carillon.base.Region;
import io.carillon.kernel.TestKernel;
import io.carillon.store.Database;
import io.carillon.store.ManualClock;
import io.carillon.store.RepeatingDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogGroupRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.CreateLogStreamRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.InputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.PutLogEventsRequest;

/// Several nodes over one database.
final class SharedLogsTest {
  private static final AccountId ACCOUNT = new AccountId("123456789012");

  private final ManualClock clock = new ManualClock();
  private final Database database = RepeatingDatabase.inMemory(clock);
  private final DirectPipeline one = node(1);
  private final DirectPipeline two = node(2);

  private DirectPipeline node(long incarnation) {
    LogsService logs = new LogsService(new TestKernel(database, clock).onNode(incarnation).build());
    return new DirectPipeline(logs.operations(), DirectPipeline.letting(() -> true));
  }

  private Object call(DirectPipeline node, Object request) {
    return node.call(DirectPipeline.root(ACCOUNT, Region.US_EAST_1, clock.instant()), request);
  }

  @Test
  void eventsThatNodesPutWithOneTimestampAreAllReturnedInTheOrderOfTheirCalls() {
    long timestamp = clock.millis();
    call(one, CreateLogGroupRequest.builder().logGroupName("g").build());
    call(one, CreateLogStreamRequest.builder().logGroupName("g").logStreamName("s").build());
    for (int i = 0; i < 3; i++) {
      put(one, timestamp, "one " + i);
      put(two, timestamp, "two " + i);
      clock.move(Duration.ofMillis(1));
    }
    Object events =
        call(
            one,
            GetLogEventsRequest.builder()
                .logGroupName("g")
                .logStreamName("s")
                .startFromHead(true)
                .build());
    assertThat(((GetLogEventsResponse) events).events())
        .extracting(OutputLogEvent::message)
        .containsExactly("one 0", "two 0", "one 1", "two 1", "one 2", "two 2");
  }

  private void put(DirectPipeline node, long timestamp, String message) {
    call(
        node,
        PutLogEventsRequest.builder()
            .logGroupName("g")
            .logStreamName("s")
            .logEvents(InputLogEvent.builder().timestamp(timestamp).message(message).build())
            .build());
  }
}
