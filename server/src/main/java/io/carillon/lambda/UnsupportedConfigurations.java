package io.carillon.lambda;

import static io.carillon.lambda.LambdaError.INVALID_PARAMETER_VALUE;
import static io.carillon.lambda.LambdaError.PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND;
import static io.carillon.lambda.LambdaError.RESOURCE_NOT_FOUND;
import static io.carillon.lambda.LambdaError.unsupported;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
import software.amazon.awssdk.services.lambda.model.UpdateRuntimeOn;

/// Configurations that no function has here: code signing, function URLs, provisioned concurrency,
/// a pinned runtime version, event source mappings. Tools read these after every change (Terraform
/// first of all code signing); the response is AWS's for a function without them.
///
/// Source: answers recorded from AWS (`test_ops_on_nonexisting_fn` and
/// `test_provisioned_concurrency_exceptions` in `test_lambda_api.snapshot.json` of
/// localstack/localstack)
record UnsupportedConfigurations(Database database, Functions functions) {

  GetFunctionCodeSigningConfigResponse codeSigning(
      Caller caller, GetFunctionCodeSigningConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), null);
    require(name);
    return GetFunctionCodeSigningConfigResponse.builder().build();
  }

  GetRuntimeManagementConfigResponse runtimeManagement(
      Caller caller, GetRuntimeManagementConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    require(name);
    return GetRuntimeManagementConfigResponse.builder()
        .updateRuntimeOn(UpdateRuntimeOn.AUTO)
        .functionArn(arn(name))
        .build();
  }

  /// Accepts only the setting that is in effect.
  PutRuntimeManagementConfigResponse putRuntimeManagement(
      Caller caller, PutRuntimeManagementConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    require(name);
    if (r.updateRuntimeOn() != UpdateRuntimeOn.AUTO || r.runtimeVersionArn() != null) {
      throw unsupported("UpdateRuntimeOn " + r.updateRuntimeOnAsString());
    }
    return PutRuntimeManagementConfigResponse.builder()
        .updateRuntimeOn(UpdateRuntimeOn.AUTO)
        .functionArn(arn(name))
        .build();
  }

  GetProvisionedConcurrencyConfigResponse provisionedConcurrency(
      Caller caller, GetProvisionedConcurrencyConfigRequest r) {
    FunctionName name = FunctionName.of(caller, r.functionName(), r.qualifier());
    String qualifier = name.qualifier().orElse(FunctionName.LATEST);
    if (qualifier.equals(FunctionName.LATEST)) {
      throw INVALID_PARAMETER_VALUE.because(
          "The function resource provided must be an alias or a published version.");
    }
    if (database.read(snapshot -> isMissing(snapshot, name))) {
      throw Functions.isNumber(qualifier)
          ? Functions.notFound(name)
          : RESOURCE_NOT_FOUND.because("Cannot find alias arn: " + name.qualifiedArn());
    }
    throw PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND.exception();
  }

  ListProvisionedConcurrencyConfigsResponse provisionedConcurrencies(
      Caller caller, ListProvisionedConcurrencyConfigsRequest r) {
    require(FunctionName.of(caller, r.functionName(), null));
    checkPage(r.marker(), r.maxItems());
    return ListProvisionedConcurrencyConfigsResponse.builder()
        .provisionedConcurrencyConfigs(List.of())
        .build();
  }

  GetFunctionUrlConfigResponse url(Caller caller, GetFunctionUrlConfigRequest r) {
    var _ = FunctionName.of(caller, r.functionName(), r.qualifier());
    throw RESOURCE_NOT_FOUND.exception();
  }

  ListFunctionUrlConfigsResponse urls(Caller caller, ListFunctionUrlConfigsRequest r) {
    require(FunctionName.of(caller, r.functionName(), null));
    checkPage(r.marker(), r.maxItems());
    return ListFunctionUrlConfigsResponse.builder().functionUrlConfigs(List.of()).build();
  }

  ListEventSourceMappingsResponse eventSources(Caller caller, ListEventSourceMappingsRequest r) {
    if (r.functionName() != null) {
      require(FunctionName.of(caller, r.functionName(), null));
    }
    if (r.eventSourceArn() != null && Arn.tryParse(r.eventSourceArn()).isEmpty()) {
      throw INVALID_PARAMETER_VALUE.because("Unrecognized event source: " + r.eventSourceArn());
    }
    checkPage(r.marker(), r.maxItems());
    return ListEventSourceMappingsResponse.builder().eventSourceMappings(List.of()).build();
  }

  private void require(FunctionName name) {
    var _ = database.read(snapshot -> functions.requireVersion(snapshot, name));
  }

  private boolean isMissing(Snapshot snapshot, FunctionName name) {
    return functions.findVersion(snapshot, name).isEmpty();
  }

  private static String arn(FunctionName name) {
    return name.withQualifier(name.qualifier().orElse(FunctionName.LATEST))
        .qualifiedArn()
        .toString();
  }

  private static void checkPage(@Nullable String marker, @Nullable Integer items) {
    var _ = LambdaPages.limit(items, 1);
    var _ = LambdaPages.after(marker);
  }
}
