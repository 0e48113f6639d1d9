package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetFunctionCodeSigningConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionCodeSigningConfigResponse;
import software.amazon.awssdk.services.lambda.model.GetFunctionUrlConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetFunctionUrlConfigResponse;
import software.amazon.awssdk.services.lambda.model.GetProvisionedConcurrencyConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetProvisionedConcurrencyConfigResponse;
import software.amazon.awssdk.services.lambda.model.GetRuntimeManagementConfigRequest;
import software.amazon.awssdk.services.lambda.model.GetRuntimeManagementConfigResponse;
import software.amazon.awssdk.services.lambda.model.ListEventSourceMappingsRequest;
import software.amazon.awssdk.services.lambda.model.ListEventSourceMappingsResponse;
import software.amazon.awssdk.services.lambda.model.ListFunctionUrlConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionUrlConfigsResponse;
import software.amazon.awssdk.services.lambda.model.ListProvisionedConcurrencyConfigsRequest;
import software.amazon.awssdk.services.lambda.model.ListProvisionedConcurrencyConfigsResponse;
import software.amazon.awssdk.services.lambda.model.PutRuntimeManagementConfigRequest;
import software.amazon.awssdk.services.lambda.model.PutRuntimeManagementConfigResponse;

/// Sources: answers recorded from AWS (`test_ops_on_nonexisting_fn` and
/// `test_provisioned_concurrency_exceptions` in `test_lambda_api.snapshot.json` of
/// localstack/localstack).
class UnsupportedConfigurationsTest {
  private static final String ARN = "arn:aws:lambda:eu-central-1:123456789012:function:";
  @TempDir static Path folder;
  private static LambdaFixture fixture;

  @BeforeAll
  static void open() throws Exception {
    fixture = new LambdaFixture(folder);
    fixture.call(
        python("plain", "def handler(e, c): pass\n").publish(true).build(),
        FunctionConfiguration.class);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static void assertFails(ThrowingCallable call, String code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().code()).isEqualTo(code))
        .hasMessage(message);
  }

  private static GetFunctionCodeSigningConfigResponse codeSigning(String name) {
    return fixture.call(
        GetFunctionCodeSigningConfigRequest.builder().functionName(name).build(),
        GetFunctionCodeSigningConfigResponse.class);
  }

  @Test
  void codeSigningConfigIsEmpty() {
    assertThat(codeSigning("plain"))
        .isEqualTo(GetFunctionCodeSigningConfigResponse.builder().build());
    assertFails(
        () -> codeSigning("gone"),
        "ResourceNotFoundException",
        "Function not found: " + ARN + "gone");
  }

  @Test
  void runtimeManagementIsAuto() {
    assertThat(
            fixture.call(
                GetRuntimeManagementConfigRequest.builder().functionName("plain").build(),
                GetRuntimeManagementConfigResponse.class))
        .isEqualTo(
            GetRuntimeManagementConfigResponse.builder()
                .updateRuntimeOn("Auto")
                .functionArn(ARN + "plain:$LATEST")
                .build());
    PutRuntimeManagementConfigRequest.Builder put =
        PutRuntimeManagementConfigRequest.builder().functionName("plain");
    assertThat(
            fixture
                .call(put.updateRuntimeOn("Auto").build(), PutRuntimeManagementConfigResponse.class)
                .updateRuntimeOnAsString())
        .isEqualTo("Auto");
    assertFails(
        () ->
            fixture.call(
                put.updateRuntimeOn("Manual").build(), PutRuntimeManagementConfigResponse.class),
        "InvalidParameterValueException",
        "UpdateRuntimeOn Manual is not supported by this server.");
  }

  private static ThrowingCallable getProvisionedConcurrency(String name, String qualifier) {
    return () ->
        fixture.call(
            GetProvisionedConcurrencyConfigRequest.builder()
                .functionName(name)
                .qualifier(qualifier)
                .build(),
            GetProvisionedConcurrencyConfigResponse.class);
  }

  @Test
  void provisionedConcurrencyIsReportedAsMissing() {
    assertFails(
        getProvisionedConcurrency("plain", "1"),
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function");
    assertFails(
        getProvisionedConcurrency("plain", "10"),
        "ResourceNotFoundException",
        "Function not found: " + ARN + "plain:10");
    assertFails(
        getProvisionedConcurrency("plain", "noalias"),
        "ResourceNotFoundException",
        "Cannot find alias arn: " + ARN + "plain:noalias");
    assertFails(
        getProvisionedConcurrency("plain", "$LATEST"),
        "InvalidParameterValueException",
        "The function resource provided must be an alias or a published version.");
    assertThat(
            fixture
                .call(
                    ListProvisionedConcurrencyConfigsRequest.builder()
                        .functionName("plain")
                        .build(),
                    ListProvisionedConcurrencyConfigsResponse.class)
                .hasProvisionedConcurrencyConfigs())
        .as("an empty list, not none")
        .isTrue();
  }

  @Test
  void functionUrlsAndEventSourceMappingsAreEmpty() {
    assertFails(
        () ->
            fixture.call(
                GetFunctionUrlConfigRequest.builder().functionName("plain").build(),
                GetFunctionUrlConfigResponse.class),
        "ResourceNotFoundException",
        "The resource you requested does not exist.");
    assertThat(
            fixture
                .call(
                    ListFunctionUrlConfigsRequest.builder().functionName("plain").build(),
                    ListFunctionUrlConfigsResponse.class)
                .hasFunctionUrlConfigs())
        .isTrue();
    assertThat(
            fixture
                .call(
                    ListEventSourceMappingsRequest.builder().functionName("plain").build(),
                    ListEventSourceMappingsResponse.class)
                .hasEventSourceMappings())
        .isTrue();
  }
}
