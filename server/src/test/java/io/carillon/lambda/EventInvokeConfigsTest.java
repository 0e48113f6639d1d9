package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.DeleteFunctionEventInvokeConfigResponse;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.FunctionEventInvokeConfig;
import software.amazon.awssdk.services.lambda.model.GetFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionEventInvokeConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionEventInvokeConfigsResponse;
import software.amazon.awssdk.services.lambda.model.PutFunctionEventInvokeConfigRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionEventInvokeConfigRequest;

/// Messages recorded from AWS (`test_lambda_eventinvokeconfig_exceptions` in
/// `test_lambda_api.snapshot.json` of localstack/localstack).
class EventInvokeConfigsTest {
  private static final String ARN = "arn:aws:lambda:eu-central-1:123456789012:function:";
  private static final String INVALID = "InvalidParameterValueException";
  private static final String MISSING = "ResourceNotFoundException";
  @TempDir static Path folder;
  private static LambdaFixture fixture;

  @BeforeAll
  static void open() throws Exception {
    fixture = new LambdaFixture(folder);
    for (String name : new String[] {"source", "other"}) {
      fixture.call(python(name, "def handler(e, c): pass\n").build(), FunctionConfiguration.class);
    }
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static ThrowingCallable put(
      String name, UnaryOperator<PutFunctionEventInvokeConfigRequest.Builder> change) {
    return () ->
        fixture.call(
            change.apply(PutFunctionEventInvokeConfigRequest.builder().functionName(name)).build(),
            FunctionEventInvokeConfig.class);
  }

  private static ThrowingCallable putOnSuccess(String onSuccess) {
    return put("source", r -> r.destinationConfig(d -> d.onSuccess(s -> s.destination(onSuccess))));
  }

  private static void assertFails(ThrowingCallable call, String code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().code()).isEqualTo(code))
        .hasMessage(message);
  }

  @Test
  void invalidDestinationsAreRefusedWithAwsMessages() {
    assertFails(
        put("gone", r -> r.maximumRetryAttempts(1)), MISSING, "The function doesn't exist.");
    assertFails(
        put("source", r -> r.qualifier("no-alias").maximumRetryAttempts(1)),
        MISSING,
        "The function doesn't exist.");
    assertFails(
        put("source", r -> r),
        INVALID,
        "You must specify at least one of error handling or destination setting.");
    assertFails(
        putOnSuccess(ARN + "gone"), INVALID, "The destination ARN " + ARN + "gone is invalid.");
    assertFails(
        putOnSuccess(ARN + "source"),
        INVALID,
        "You can't specify the function as a destination for itself.");
    String role = "arn:aws:iam:eu-central-1:123456789012:function:source";
    assertFails(
        putOnSuccess(role),
        INVALID,
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
            + role
            + "), onFailure=null) is invalid.");
    assertFails(
        put("source", r -> r.maximumRetryAttempts(3)),
        "ValidationException",
        "1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to satisfy"
            + " constraint: Member must have value less than or equal to 2");
    assertFails(
        put("source", r -> r.maximumEventAgeInSeconds(59)),
        "ValidationException",
        "1 validation error detected: Value '59' at 'maximumEventAgeInSeconds' failed to satisfy"
            + " constraint: Member must have value greater than or equal to 60");
  }

  @Test
  void missingConfigIsReportedWithTheQualifiedArn() throws Throwable {
    for (String name : new String[] {"other", "gone"}) {
      String none =
          "The function %s%s:$LATEST doesn't have an EventInvokeConfig".formatted(ARN, name);
      assertFails(
          () ->
              fixture.call(
                  GetFunctionEventInvokeConfigRequest.builder().functionName(name).build(),
                  FunctionEventInvokeConfig.class),
          MISSING,
          none);
      assertFails(
          () ->
              fixture.call(
                  DeleteFunctionEventInvokeConfigRequest.builder().functionName(name).build(),
                  DeleteFunctionEventInvokeConfigResponse.class),
          MISSING,
          none);
    }
    assertFails(
        () ->
            fixture.call(
                UpdateFunctionEventInvokeConfigRequest.builder()
                    .functionName("other")
                    .maximumRetryAttempts(1)
                    .build(),
                FunctionEventInvokeConfig.class),
        MISSING,
        "The function " + ARN + "other:$LATEST doesn't have an EventInvokeConfig");
    assertFails(
        () ->
            fixture.call(
                ListFunctionEventInvokeConfigsRequest.builder().functionName("gone").build(),
                ListFunctionEventInvokeConfigsResponse.class),
        MISSING,
        "The function doesn't exist.");
  }

  @Test
  void anotherFunctionOrAnEmptyDestinationIsAccepted() {
    FunctionEventInvokeConfig config =
        fixture.call(
            PutFunctionEventInvokeConfigRequest.builder()
                .functionName("source")
                .destinationConfig(d -> d.onSuccess(s -> s.destination(ARN + "other")))
                .build(),
            FunctionEventInvokeConfig.class);
    assertThat(config.destinationConfig().onSuccess().destination()).isEqualTo(ARN + "other");
    assertThat(config.functionArn()).isEqualTo(ARN + "source:$LATEST");
    FunctionEventInvokeConfig none =
        fixture.call(
            PutFunctionEventInvokeConfigRequest.builder()
                .functionName("source")
                .destinationConfig(d -> d.onSuccess(s -> {}))
                .build(),
            FunctionEventInvokeConfig.class);
    assertThat(none.destinationConfig().onSuccess().destination()).isNull();
  }
}
