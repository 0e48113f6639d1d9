package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.caller;
import static io.carillon.lambda.LambdaFixture.job;
import static io.carillon.lambda.LambdaFixture.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.AwsException;
import io.carillon.aws.DirectPipeline;
import io.carillon.base.Arn;
import io.carillon.lambda.runtime.RuntimeFixture;
import io.carillon.messaging.Acceptance;
import io.carillon.messaging.MessageAttribute;
import io.carillon.messaging.Sender;
import io.carillon.messaging.ServiceMessage;
import io.carillon.outbox.Delivery;
import io.carillon.outbox.DeliveryOutcome;
import io.carillon.outbox.RecordingOutbox;
import io.carillon.outbox.RetryPolicy;
import io.carillon.outbox.Work;
import io.carillon.store.Database;
import io.carillon.store.Planned;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionResponse;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.FunctionEventInvokeConfig;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.InvokeResponse;
import software.amazon.awssdk.services.lambda.model.PutFunctionConcurrencyRequest;
import software.amazon.awssdk.services.lambda.model.PutFunctionConcurrencyResponse;
import software.amazon.awssdk.services.lambda.model.PutFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;

/// Synchronous and asynchronous invocations. Sources:
/// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and aws-facts §3.1, §3.2
@Tag("slow")
class InvocationTest {
  private static final String QUEUE = "arn:aws:sqs:eu-central-1:123456789012:dead";
  private static final String TOPIC = "arn:aws:sns:eu-central-1:123456789012:told";
  @TempDir static Path folder;
  private static LambdaFixture fixture;

  @BeforeAll
  static void open() throws Exception {
    fixture = new LambdaFixture(folder);
    RuntimeFixture.need(fixture.runtime.runtimes.missingFor("python3.11").isEmpty(), "Python");
    create(
        python(
            "echo",
            """
            def handler(event, context):
                print('hello')
                if event.get('boom'):
                    raise KeyError('boom')
                return {'event': event, 'context': str(context.client_context and context.client_context.custom)}
            """));
    create(
        python("dead", "def handler(e, c):\n    raise ValueError('no')\n")
            .deadLetterConfig(d -> d.targetArn(QUEUE)));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @BeforeEach
  void reset() {
    fixture.outbox.clear();
    fixture.sent.clear();
    fixture.steps.clear();
    fixture.servicesAllowed = true;
    fixture.rolePermissions = _ -> true;
  }

  private static void create(CreateFunctionRequest.Builder r) throws Exception {
    fixture.call(r.build(), FunctionConfiguration.class);
  }

  private static InvokeRequest.Builder invoke(String name, String payload) {
    return InvokeRequest.builder().functionName(name).payload(SdkBytes.fromUtf8String(payload));
  }

  private static InvokeResponse run(InvokeRequest.Builder r) throws Exception {
    return fixture.call(r.build(), InvokeResponse.class);
  }

  @Test
  void synchronousInvocationReturnsTheFunctionsResult() throws Exception {
    InvokeResponse answer = run(invoke("echo", "{\"a\":1}"));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.functionError()).isNull();
    assertThat(answer.executedVersion()).isEqualTo("$LATEST");
    assertThat(answer.payload().asUtf8String()).contains("{\"a\": 1}");
    assertThat(answer.logResult()).isNull();
  }

  @Test
  void functionErrorIsReturnedWithTheLogTailIfRequested() throws Exception {
    InvokeResponse answer = run(invoke("echo", "{\"boom\":1}").logType("Tail"));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.functionError()).isEqualTo("Unhandled");
    assertThat(answer.payload().asUtf8String()).contains("\"errorType\": \"KeyError\"");
    String log = new String(Base64.getDecoder().decode(answer.logResult()), StandardCharsets.UTF_8);
    assertThat(log).startsWith("START ").contains("hello\n").contains("REPORT RequestId");
  }

  @Test
  void theClientContextReachesTheFunction() throws Exception {
    String context =
        Base64.getEncoder()
            .encodeToString("{\"custom\":\n{\"k\":\"grüezi\"}}".getBytes(StandardCharsets.UTF_8));
    assertThat(run(invoke("echo", "{}").clientContext(context)).payload().asUtf8String())
        .contains("grüezi");
    assertThatThrownBy(() -> run(invoke("echo", "{}").clientContext("!!")))
        .hasMessageContaining("Base64");
  }

  @Test
  void dryRunStartsNoEnvironment() throws Exception {
    int environments = fixture.runtime.environments.counts().environments();
    create(python("dryrun", "def handler(e, c): pass\n"));
    assertThat(run(invoke("dryrun", "{}").invocationType("DryRun")).statusCode()).isEqualTo(204);
    assertThat(fixture.runtime.environments.counts().environments()).isEqualTo(environments);
  }

  @Test
  void invalidRequestsAreRefused() {
    assertRefused(
        invoke("echo", "{"), "InvalidRequestContentException", "Could not parse request body");
    assertThatThrownBy(() -> run(invoke("echo", "{\"a\": ")))
        .hasMessageStartingWith("Could not parse request body into json: Unexpected end-of-input")
        .hasMessageNotContaining("Source");
    assertRefused(invoke("echo", "1 2"), "InvalidRequestContentException", "more than one value");
    assertRefused(invoke("nobody", "{}"), "ResourceNotFoundException", "Function not found");
    assertRefused(invoke("echo", "{}").logType("Head"), "ValidationException", "'logType'");
    assertRefused(invoke("echo:7", "{}"), "ResourceNotFoundException", "function:echo:7");
    assertRefused(
        invoke("echo", "{}").invocationType("Never"), "ValidationException", "invocationType");
    assertRefused(invoke("echo", "{}").tenantId("t"), "InvalidParameterValueException", "TenantId");
    String large = "\"" + "x".repeat(1 << 20) + "\"";
    assertRefused(
        invoke("echo", large).invocationType("Event"), "RequestTooLargeException", "1048576 bytes");
    assertRefused(
        invoke("echo", "\"" + "x".repeat(6 << 20) + "\""), "RequestTooLargeException", "6291456");
    assertThat(fixture.outbox).isEmpty();
  }

  private static void assertRefused(InvokeRequest.Builder r, String code, String message) {
    assertThatThrownBy(() -> run(r))
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> {
              assertThat(e.error().code()).isEqualTo(code);
              assertThat(e.getMessage()).contains(message);
            });
  }

  private static Work enqueue(String name, String payload) throws Exception {
    assertThat(run(invoke(name, payload).invocationType("Event")).statusCode()).isEqualTo(202);
    return fixture.outbox.getLast();
  }

  @Test
  void eventIsQueuedInTheLaneOfItsFunction() throws Exception {
    Work work = enqueue("echo", "{\"late\":true}");
    assertThat(work.kind()).isEqualTo("lambda.invocation");
    assertThat(work.lane()).isEqualTo("arn:aws:lambda:eu-central-1:123456789012:function:echo");
    DeliveryOutcome outcome = fixture.attempt(work, 1);
    assertThat(outcome).isInstanceOf(DeliveryOutcome.Done.class);
    fixture.settle(outcome);
    assertThat(fixture.steps).containsExactly("cause INVOKED", "cause RETURNED");
  }

  @Test
  void functionErrorIsRetriedTwiceThenSentToTheDeadLetterQueue() throws Exception {
    Work work = enqueue("dead", "{\"n\":1}");
    DeliveryOutcome outcome = fixture.attempt(work, 1);
    assertThat(outcome).isEqualTo(new DeliveryOutcome.Retry("ValueError: no"));
    assertThat(fixture.steps).containsExactly("cause INVOKED", "cause FAILED");
    var delivery = Objects.requireNonNull(fixture.service.deliveries().get(work.kind()));
    RetryPolicy policy = delivery.retryPolicy(job(work, 1, ""));
    assertThat(policy.waitAfter(1)).contains(Duration.ofMinutes(1));
    assertThat(policy.waitAfter(2)).contains(Duration.ofMinutes(2));
    assertThat(policy.waitAfter(3)).isEmpty();

    fixture.outbox.clear();
    boolean queued =
        RecordingOutbox.deadLettered(
            fixture.database, delivery, job(work, 3, "KeyError: before"), "ValueError: no");
    assertThat(queued).isTrue();
    fixture.settle(fixture.attempt(fixture.outbox.getFirst(), 1));
    ServiceMessage dead = fixture.sent.getFirst();
    assertThat(dead.destination().toString()).isEqualTo(QUEUE);
    assertThat(new String(dead.payload(), StandardCharsets.UTF_8)).isEqualTo("{\"n\":1}");
    assertThat(dead.attributes())
        .containsEntry("ErrorCode", MessageAttribute.number("200"))
        .containsEntry("ErrorMessage", MessageAttribute.string("no"))
        .containsKey("RequestID");
    RecordingOutbox.deadLettered(fixture.database, delivery, job(work, 1, ""), NO_CONCURRENCY);
    fixture.settle(fixture.attempt(fixture.outbox.getLast(), 1));
    assertThat(fixture.sent.getLast().attributes())
        .as("not invoked")
        .containsEntry("ErrorCode", MessageAttribute.number("429"));
    assertThat(dead.sender())
        .isInstanceOfSatisfying(
            Sender.Session.class,
            sender ->
                assertThat(sender.caller().principal().arn())
                    .isEqualTo("arn:aws:sts::123456789012:assumed-role/worker/dead"));
  }

  /// AWS's spelling.
  private static final String NO_CONCURRENCY =
      "Function not invoked. Function isconfigured with zero reserved concurrent executions";

  /// Source: records received from AWS (`test_lambda_destinations.snapshot.json` of
  /// localstack/localstack); the conditions are those of
  /// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
  @Test
  void failureRecordHoldsTheCompleteErrorAndTheCondition() throws Exception {
    create(python("recorded", "def handler(e, c):\n    raise KeyError(e['n'])\n"));
    fixture.call(
        PutFunctionEventInvokeConfigRequest.builder()
            .functionName("recorded")
            .destinationConfig(d -> d.onFailure(f -> f.destination(QUEUE)))
            .build(),
        FunctionEventInvokeConfig.class);
    Work work = enqueue("recorded", "{\"n\":7}");
    DeliveryOutcome.Retry failed = (DeliveryOutcome.Retry) fixture.attempt(work, 1);
    JsonNode record = failureRecord(work, 3, failed.why());
    assertThat(record.at("/requestContext/condition").asText()).isEqualTo("RetriesExhausted");
    assertThat(record.at("/responsePayload/errorMessage").asText()).isEqualTo("7");
    assertThat(record.at("/responsePayload/errorType").asText()).isEqualTo("KeyError");
    assertThat(record.at("/responsePayload/requestId"))
        .isEqualTo(record.at("/requestContext/requestId"));
    assertThat(record.at("/responsePayload/stackTrace/0").asText())
        .startsWith("  File \"/var/task/index.py\", line 2, in handler\n");
    assertThat(
            failureRecord(work, 3, failed.why()).at("/responsePayload/stackTrace").isMissingNode())
        .as("deleted once it was reported")
        .isTrue();
    JsonNode notInvoked = failureRecord(work, 1, NO_CONCURRENCY);
    assertThat(notInvoked.at("/requestContext/condition").asText())
        .isEqualTo("ZeroReservedConcurrency");
    assertThat(notInvoked.at("/requestContext/approximateInvokeCount").asInt()).isZero();
    assertThat(notInvoked.has("responsePayload")).isFalse();
    assertThat(notInvoked.has("responseContext")).isFalse();
  }

  private static JsonNode failureRecord(Work work, int attempts, String why) throws Exception {
    var delivery = Objects.requireNonNull(fixture.service.deliveries().get(work.kind()));
    assertThat(
            RecordingOutbox.deadLettered(fixture.database, delivery, job(work, attempts, ""), why))
        .isTrue();
    fixture.settle(fixture.attempt(fixture.outbox.getLast(), 1));
    return new ObjectMapper().readTree(fixture.sent.getLast().payload());
  }

  @Test
  void destinationsReceiveInvocationRecords() throws Exception {
    create(python("told", "def handler(e, c):\n    return 'fine'\n"));
    FunctionEventInvokeConfig config =
        fixture.call(
            PutFunctionEventInvokeConfigRequest.builder()
                .functionName("told")
                .maximumRetryAttempts(0)
                .maximumEventAgeInSeconds(60)
                .destinationConfig(
                    d ->
                        d.onSuccess(s -> s.destination(TOPIC)).onFailure(f -> f.destination(QUEUE)))
                .build(),
            FunctionEventInvokeConfig.class);
    assertThat(config.functionArn()).endsWith(":function:told:$LATEST");

    Work work = enqueue("told", "{\"n\":1}");
    var delivery = Objects.requireNonNull(fixture.service.deliveries().get(work.kind()));
    RetryPolicy policy = delivery.retryPolicy(job(work, 1, ""));
    assertThat(policy.maxAttempts()).isEqualTo(1);
    assertThat(policy.maxAge()).isEqualTo(Duration.ofSeconds(60));

    fixture.settle(fixture.attempt(work, 1));
    fixture.settle(fixture.attempt(fixture.outbox.getLast(), 1));
    JsonNode success = new ObjectMapper().readTree(fixture.sent.getLast().payload());
    assertThat(fixture.sent.getLast().destination().toString()).isEqualTo(TOPIC);
    assertThat(success.at("/requestContext/condition").asText()).isEqualTo("Success");
    assertThat(success.at("/timestamp").asText())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
    assertThat(success.at("/requestPayload/n").asInt()).isEqualTo(1);
    assertThat(success.at("/responsePayload").asText()).isEqualTo("fine");
    assertThat(success.at("/responseContext/executedVersion").asText()).isEqualTo("$LATEST");

    assertThat(
            RecordingOutbox.deadLettered(
                fixture.database, delivery, job(work, 1, "KeyError: before"), "ValueError: no"))
        .isTrue();
    fixture.settle(fixture.attempt(fixture.outbox.getLast(), 1));
    JsonNode failure = new ObjectMapper().readTree(fixture.sent.getLast().payload());
    assertThat(failure.at("/requestContext/condition").asText()).isEqualTo("RetriesExhausted");
    assertThat(failure.at("/requestContext/approximateInvokeCount").asInt()).isEqualTo(1);
    assertThat(failure.at("/responsePayload/errorType").asText()).isEqualTo("ValueError");
    assertThat(failure.at("/responseContext/functionError").asText()).isEqualTo("Unhandled");
  }

  /// Its JSON has the event and the response, up to several megabytes.
  @Test
  void theRecordOfASuccessIsMadeOutsideOfTheTransaction() throws Exception {
    create(python("reported", "def handler(e, c):\n    return 'fine'\n"));
    succeedTo("reported", TOPIC);
    Work work = enqueue("reported", "{}");
    DeliveryOutcome outcome =
        Objects.requireNonNull(fixture.service.deliveries().get(work.kind()))
            .attempt(job(work, 1, ""));
    Database.Query<DeliveryOutcome> plan = ((DeliveryOutcome.Local) outcome).plan();
    Planned<DeliveryOutcome> planned = fixture.database.plan(plan);
    Work record = fixture.prepared.getLast();
    assertThat(record.lane()).isEqualTo(TOPIC);
    assertThat(fixture.outbox).doesNotContain(record);

    succeedTo("reported", QUEUE);
    assertThat(fixture.database.read(planned::holds))
        .as("a destination that changes before the event is settled")
        .isFalse();
    fixture.settle(fixture.database.plan(plan).value());
    assertThat(fixture.outbox.getLast().lane()).isEqualTo(QUEUE);
  }

  private static void succeedTo(String function, String destination) {
    fixture.call(
        PutFunctionEventInvokeConfigRequest.builder()
            .functionName(function)
            .destinationConfig(d -> d.onSuccess(s -> s.destination(destination)))
            .build(),
        FunctionEventInvokeConfig.class);
  }

  /// Source: AWS's message as users report it, such as
  /// https://github.com/elastic/beats/issues/13963
  @Test
  void roleWithoutSendPermissionIsRefusedWhenTheDestinationIsSet() throws Exception {
    fixture.rolePermissions =
        need -> !Set.of("sqs:SendMessage", "sns:Publish").contains(need.action());
    assertInvalid(
        () -> create(python("mute", "pass").deadLetterConfig(d -> d.targetArn(QUEUE))),
        "The provided execution role does not have permissions to call SendMessage on SQS");
    create(python("mute", "def handler(e, c): pass"));
    assertInvalid(
        () ->
            fixture.call(
                UpdateFunctionConfigurationRequest.builder()
                    .functionName("mute")
                    .deadLetterConfig(d -> d.targetArn(TOPIC))
                    .build(),
                FunctionConfiguration.class),
        "The provided execution role does not have permissions to call Publish on SNS");
    assertInvalid(
        () ->
            fixture.call(
                PutFunctionEventInvokeConfigRequest.builder()
                    .functionName("mute")
                    .destinationConfig(d -> d.onFailure(f -> f.destination(QUEUE)))
                    .build(),
                FunctionEventInvokeConfig.class),
        "role does not have permissions to call SendMessage on " + QUEUE);
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> assertThat(e.error().code()).isEqualTo("InvalidParameterValueException"));
  }

  @Test
  void eventForADeletedFunctionIsRejected() throws Exception {
    create(python("brief", "def handler(e, c): pass\n"));
    Work work = enqueue("brief", "{}");
    fixture.call(
        DeleteFunctionRequest.builder().functionName("brief").build(),
        DeleteFunctionResponse.class);
    assertThat(fixture.attempt(work, 1)).isInstanceOf(DeliveryOutcome.Rejected.class);
    var delivery = Objects.requireNonNull(fixture.service.deliveries().get(work.kind()));
    assertThat(RecordingOutbox.deadLettered(fixture.database, delivery, job(work, 1, ""), "gone"))
        .as("no destination: kept as a dead letter")
        .isFalse();
  }

  @Test
  void reservedConcurrencyLimitsAndZeroStopsAFunction() throws Exception {
    create(python("bounded", "import time\ndef handler(e, c): time.sleep(e)\n"));
    Work work = enqueue("bounded", "0");
    reserve("bounded", 1);
    var delivery = Objects.requireNonNull(fixture.service.deliveries().get(work.kind()));
    assertThat(concurrencyOfLane(delivery, work)).isEqualTo(1);
    Thread busy = Thread.startVirtualThread(() -> invokeSlowly("bounded"));
    org.awaitility.Awaitility.await().until(() -> isThrottled("bounded"));
    assertThat(fixture.attempt(work, 1)).isInstanceOf(DeliveryOutcome.Postponed.class);
    busy.join();
    assertThat(fixture.attempt(work, 1)).isInstanceOf(DeliveryOutcome.Done.class);
    reserve("bounded", 0);
    assertThat(fixture.attempt(work, 1)).isEqualTo(new DeliveryOutcome.Rejected(NO_CONCURRENCY));
    assertThat(isThrottled("bounded")).isTrue();
    assertThatThrownBy(() -> reserve("bounded", 901))
        .hasMessageContaining("UnreservedConcurrentExecution below its minimum");
  }

  @Test
  void recreatedFunctionDoesNotInheritReservedConcurrency() throws Exception {
    create(python("again", "def handler(e, c): pass\n"));
    Work work = enqueue("again", "{}");
    var delivery = Objects.requireNonNull(fixture.service.deliveries().get(work.kind()));
    int withoutReservation = concurrencyOfLane(delivery, work);
    reserve("again", 1);
    assertThat(concurrencyOfLane(delivery, work)).isEqualTo(1);
    fixture.call(
        DeleteFunctionRequest.builder().functionName("again").build(),
        DeleteFunctionResponse.class);
    assertThat(concurrencyOfLane(delivery, work)).isEqualTo(withoutReservation).isGreaterThan(1);
    create(python("again", "def handler(e, c): pass\n"));
    assertThat(concurrencyOfLane(delivery, work)).isEqualTo(withoutReservation);
  }

  private static int concurrencyOfLane(Delivery delivery, Work work) {
    return fixture.database.read(s -> delivery.concurrencyOfLane(s, work.lane()));
  }

  private static void invokeSlowly(String name) {
    try {
      run(invoke(name, "1.5"));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isThrottled(String name) throws Exception {
    try {
      run(invoke(name, "0"));
      return false;
    } catch (AwsException e) {
      assertThat(e.error().status()).isEqualTo(429);
      assertThat(e.members())
          .containsEntry("Reason", "ReservedFunctionConcurrentInvocationLimitExceeded");
      return true;
    }
  }

  private static void reserve(String name, int count) throws Exception {
    fixture.call(
        PutFunctionConcurrencyRequest.builder()
            .functionName(name)
            .reservedConcurrentExecutions(count)
            .build(),
        PutFunctionConcurrencyResponse.class);
  }

  @Test
  void serviceEventIsAcceptedOnlyIfThePolicyAllowsIt() throws Exception {
    ServiceMessage serviceMessage =
        new ServiceMessage(
            new Sender.Service("s3.amazonaws.com", Arn.bucket("b"), RuntimeFixture.ACCOUNT),
            Arn.parse("arn:aws:lambda:eu-central-1:123456789012:function:echo"),
            "{\"Records\":[]}".getBytes(StandardCharsets.UTF_8),
            "",
            Map.of(),
            "upload");
    Acceptance acceptance = fixture.accept(serviceMessage);
    assertThat(fixture.outbox).as("queued only by the effect").isEmpty();
    fixture.settle(acceptance.outcome());
    assertThat(fixture.outbox.getFirst().cause()).isEqualTo("upload");
    fixture.servicesAllowed = false;
    assertThat(fixture.accept(serviceMessage)).isInstanceOf(Acceptance.Refused.class);
  }

  @Test
  void functionRunsInTheInvokersTrace() throws Exception {
    create(
        python("traced", "import os\ndef handler(e, c): return os.environ['_X_AMZN_TRACE_ID']\n"));
    String trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    InvokeResponse traced =
        fixture.call(
            DirectPipeline.traced(caller("eu-central-1"), trace),
            invoke("traced", "{}").build(),
            InvokeResponse.class);
    assertThat(traced.payload().asUtf8String()).isEqualTo('"' + trace + '"');
    assertThat(run(invoke("traced", "{}")).payload().asUtf8String())
        .contains("Root=1-")
        .doesNotContain(trace);

    fixture.settle(
        fixture
            .accept(
                new ServiceMessage(
                    new Sender.Service("s3.amazonaws.com", Arn.bucket("b"), RuntimeFixture.ACCOUNT),
                    Arn.parse("arn:aws:lambda:eu-central-1:123456789012:function:traced"),
                    "{}".getBytes(StandardCharsets.UTF_8),
                    "",
                    Map.of(),
                    "upload",
                    null,
                    trace))
            .outcome());
    assertThat(AsyncInvocation.of(fixture.outbox.getFirst()).traceHeader()).isEqualTo(trace);
  }

  @Test
  void nextInvocationRunsTheUpdatedFunction() throws Exception {
    create(python("fresh", "import os\ndef handler(e, c): return os.environ.get('V1', 'old')\n"));
    assertThat(run(invoke("fresh", "{}")).payload().asUtf8String()).isEqualTo("\"old\"");
    fixture.call(
        UpdateFunctionConfigurationRequest.builder()
            .functionName("fresh")
            .environment(e -> e.variables(Map.of("V1", "new")))
            .build(),
        FunctionConfiguration.class);
    assertThat(run(invoke("fresh", "{}")).payload().asUtf8String()).isEqualTo("\"new\"");
  }

  @Test
  void functionSeesItsOwnRegion() throws Exception {
    fixture.call(
        caller("ap-south-1"),
        python("where", "import os\ndef handler(e, c): return os.environ['AWS_REGION']\n").build(),
        FunctionConfiguration.class);
    InvokeResponse answer =
        fixture.call(caller("ap-south-1"), invoke("where", "{}").build(), InvokeResponse.class);
    assertThat(answer.payload().asUtf8String()).isEqualTo("\"ap-south-1\"");
  }
}
