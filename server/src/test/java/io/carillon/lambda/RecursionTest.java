package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.job;
import static io.carillon.lambda.LambdaFixture.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.base.Arn;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.outbox.Work;
import io.carillon.trace.Cause;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.FunctionEventInvokeConfig;
import software.amazon.awssdk.services.lambda.model.GetFunctionRecursionConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionRecursionConfigResponse;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.PutFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionRecursionConfigRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionRecursionConfigResponse;

/// Recursive invocations are stopped. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
class RecursionTest {
  private static final Arn LOOP =
      Arn.parse("arn:aws:lambda:eu-central-1:123456789012:function:loop");
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:123456789012:failed";

  @TempDir Path folder;

  private static Cause causeAfterRuns(Arn function, int times) {
    Cause cause = new Cause("event", "");
    for (int i = 0; i < times; i++) {
      cause = Cause.of(Recursion.countRun(cause, function).toString()).leadingTo("event-" + i);
    }
    return cause;
  }

  @Test
  void functionRunsAtMostSixteenTimesInAChain() {
    assertThat(Recursion.isLoop(causeAfterRuns(LOOP, 0), LOOP)).isFalse();
    assertThat(Recursion.isLoop(causeAfterRuns(LOOP, 15), LOOP)).isFalse();
    assertThat(Recursion.isLoop(causeAfterRuns(LOOP, 16), LOOP)).isTrue();
  }

  @Test
  void functionsAreCountedSeparatelyAndTheChainIsBounded() {
    Cause cause = causeAfterRuns(LOOP, 15);
    for (int i = 0; i < 63; i++) {
      cause = Recursion.countRun(cause, LOOP.withResource("function:step" + i));
    }
    assertThat(Recursion.isLoop(cause, LOOP.withResource("function:step0"))).isFalse();
    assertThat(Recursion.isLoop(Recursion.countRun(cause, LOOP), LOOP)).isTrue();
    for (int i = 0; i < 1000; i++) {
      cause = Recursion.countRun(cause, LOOP.withResource("function:more" + i));
    }
    assertThat(cause.toString()).hasSizeLessThan(1000);
  }

  @Test
  void seventeenthInvocationIsDroppedWithTheReason() throws Exception {
    try (LambdaFixture fixture = new LambdaFixture(folder)) {
      fixture.call(
          python("loop", "def handler(e, c): return 1\n").build(), FunctionConfiguration.class);
      fixture.call(
          PutFunctionEventInvokeConfigRequest.builder()
              .functionName("loop")
              .destinationConfig(d -> d.onFailure(f -> f.destination(QUEUE)))
              .build(),
          FunctionEventInvokeConfig.class);
      fixture.call(
          InvokeRequest.builder().functionName("loop").invocationType("Event").build(),
          InvokeResponse.class);
      Work work = fixture.outbox.removeFirst();
      Work seventeenth = withCause(work, causeAfterRuns(LOOP, 16));

      assertThat(fixture.attempt(withCause(work, causeAfterRuns(LOOP, 15)), 1))
          .isInstanceOf(DeliveryOutcome.Done.class);
      DeliveryOutcome dropped = fixture.attempt(seventeenth, 1);

      assertThat(dropped).isEqualTo(new DeliveryOutcome.Rejected(Recursion.REASON));
      var delivery = Objects.requireNonNull(fixture.service.deliveries().get(seventeenth.kind()));
      assertThat(
              RecordingOutbox.deadLettered(
                  fixture.database, delivery, job(seventeenth, 1, ""), Recursion.REASON))
          .isTrue();
      fixture.settle(fixture.attempt(fixture.outbox.getLast(), 1));
      JsonNode failure = new ObjectMapper().readTree(fixture.sent.getLast().payload());
      assertThat(failure.at("/requestContext/condition").asText())
          .isEqualTo("RecursiveInvocationException");
      assertThat(failure.at("/requestContext/approximateInvokeCount").asInt()).isZero();
      assertThat(failure.has("responsePayload")).isFalse();

      assertThat(recursiveLoop(fixture)).isEqualTo("Terminate");
      fixture.call(
          PutFunctionRecursionConfigRequest.builder()
              .functionName("loop")
              .recursiveLoop("Allow")
              .build(),
          PutFunctionRecursionConfigResponse.class);
      assertThat(recursiveLoop(fixture)).isEqualTo("Allow");
      assertThat(fixture.attempt(seventeenth, 1)).isInstanceOf(DeliveryOutcome.Done.class);
      assertThatThrownBy(
              () ->
                  fixture.call(
                      PutFunctionRecursionConfigRequest.builder()
                          .functionName("loop")
                          .recursiveLoop("Maybe")
                          .build(),
                      PutFunctionRecursionConfigResponse.class))
          .hasMessageContaining("[Allow, Terminate]");
    }
  }

  private static Work withCause(Work work, Cause cause) {
    return new Work(work.kind(), work.lane(), work.due(), work.payload(), cause.toString());
  }

  private static String recursiveLoop(LambdaFixture fixture) throws Exception {
    return fixture
        .call(
            GetFunctionRecursionConfigRequest.builder().functionName("loop").build(),
            GetFunctionRecursionConfigResponse.class)
        .recursiveLoopAsString();
  }
}
