package io.carillon.lambda;

import static io.carillon.lambda.LambdaFixture.python;
import static io.carillon.lambda.LambdaFixture.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.lambda.model.CreateFunctionRequest;
import software.amazon.awssdk.services.lambda.model.FunctionConfiguration;
import software.amazon.awssdk.services.lambda.model.GetFunctionConfigurationRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsRequest;
import software.amazon.awssdk.services.lambda.model.ListFunctionsResponse;
import software.amazon.awssdk.services.lambda.model.ListTagsRequest;
import software.amazon.awssdk.services.lambda.model.ListTagsResponse;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionRequest;
import software.amazon.awssdk.services.lambda.model.ListVersionsByFunctionResponse;
import software.amazon.awssdk.services.lambda.model.PublishVersionRequest;
import software.amazon.awssdk.services.lambda.model.TagResourceRequest;
import software.amazon.awssdk.services.lambda.model.TagResourceResponse;
import software.amazon.awssdk.services.lambda.model.UntagResourceRequest;
import software.amazon.awssdk.services.lambda.model.UntagResourceResponse;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionCodeRequest;
import software.amazon.awssdk.services.lambda.model.UpdateFunctionConfigurationRequest;
import software.amazon.awssdk.utils.builder.SdkBuilder;

/// States of functions, each with its own revision. Sources: answers recorded from AWS
/// (`test_lambda_api.snapshot.json` of localstack/localstack, "recorded-content") and
/// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
class FunctionStatesTest {
  private static final String SOURCE = "def handler(e, c):\n    return 1\n";
  private static final String ARN = "arn:aws:lambda:eu-central-1:123456789012:function:";
  @TempDir static Path folder;
  private static LambdaFixture fixture;

  @BeforeAll
  static void open() throws Exception {
    fixture = new LambdaFixture(folder);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static FunctionConfiguration create(CreateFunctionRequest.Builder r) {
    return fixture.call(r.build(), FunctionConfiguration.class);
  }

  private static FunctionConfiguration configuration(String name) {
    return fixture.call(
        GetFunctionConfigurationRequest.builder().functionName(name).build(),
        FunctionConfiguration.class);
  }

  private static FunctionConfiguration update(UpdateFunctionConfigurationRequest.Builder r) {
    return fixture.call(r.build(), FunctionConfiguration.class);
  }

  private static FunctionConfiguration publish(String name) {
    return fixture.call(
        PublishVersionRequest.builder().functionName(name).build(), FunctionConfiguration.class);
  }

  private static void assertPending(FunctionConfiguration f) {
    assertThat(f.stateAsString()).isEqualTo("Pending");
    assertThat(f.stateReason()).isEqualTo("The function is being created.");
    assertThat(f.stateReasonCodeAsString()).isEqualTo("Creating");
    assertThat(f.lastUpdateStatusAsString()).isNull();
  }

  private static void assertUpdateInProgress(FunctionConfiguration f) {
    assertThat(f.stateAsString()).isEqualTo("Active");
    assertThat(f.lastUpdateStatusAsString()).isEqualTo("InProgress");
    assertThat(f.lastUpdateStatusReason()).isEqualTo("The function is being created.");
    assertThat(f.lastUpdateStatusReasonCodeAsString()).isEqualTo("Creating");
  }

  private static void assertActive(FunctionConfiguration f) {
    assertThat(f.stateAsString()).isEqualTo("Active");
    assertThat(f.lastUpdateStatusAsString()).isEqualTo("Successful");
    assertThat(f.stateReasonCodeAsString()).isNull();
    assertThat(f.lastUpdateStatusReasonCodeAsString()).isNull();
  }

  @Test
  void everyStateIsReportedWithItsOwnRevision() throws Exception {
    FunctionConfiguration made = create(python("states", SOURCE));
    assertPending(made);
    FunctionConfiguration active = configuration("states");
    assertActive(active);
    FunctionConfiguration changing =
        update(UpdateFunctionConfigurationRequest.builder().functionName("states").timeout(9));
    assertUpdateInProgress(changing);
    FunctionConfiguration changed = configuration("states");
    assertActive(changed);
    FunctionConfiguration recoding =
        fixture.call(
            UpdateFunctionCodeRequest.builder()
                .functionName("states")
                .zipFile(zip("x=1\n"))
                .build(),
            FunctionConfiguration.class);
    assertUpdateInProgress(recoding);
    FunctionConfiguration recoded = configuration("states");
    assertActive(recoded);
    FunctionConfiguration published = publish("states");
    assertPending(published);
    assertThat(published.functionArn()).isEqualTo(ARN + "states:1");
    FunctionConfiguration version = configuration("states:1");
    assertActive(version);
    assertThat(List.of(made, active, changing, changed, recoding, recoded, published, version))
        .extracting(FunctionConfiguration::revisionId)
        .doesNotHaveDuplicates();
    FunctionConfiguration again = publish("states");
    assertActive(again);
    assertThat(again.revisionId()).as("nothing was published").isEqualTo(version.revisionId());
    assertThat(configuration("states").revisionId()).isEqualTo(recoded.revisionId());
  }

  @Test
  void functionPublishedAtCreationIsReportedWithItsUnqualifiedArn() throws Exception {
    FunctionConfiguration made = create(python("born-published", SOURCE).publish(true));
    assertPending(made);
    assertThat(made.version()).isEqualTo("1");
    assertThat(made.functionArn()).isEqualTo(ARN + "born-published");
  }

  @Test
  void listsContainNoStates() throws Exception {
    create(python("listed", SOURCE));
    publish("listed");
    List<FunctionConfiguration> versions =
        fixture
            .call(
                ListVersionsByFunctionRequest.builder().functionName("listed").build(),
                ListVersionsByFunctionResponse.class)
            .versions();
    List<FunctionConfiguration> functions =
        fixture
            .call(ListFunctionsRequest.builder().build(), ListFunctionsResponse.class)
            .functions();
    assertThat(versions).hasSize(2);
    assertThat(functions).isNotEmpty();
    for (List<FunctionConfiguration> list : List.of(versions, functions)) {
      assertThat(list)
          .allSatisfy(
              f -> {
                assertThat(f.stateAsString()).isNull();
                assertThat(f.lastUpdateStatusAsString()).isNull();
                assertThat(f.runtimeVersionConfig()).isNull();
                assertThat(f.revisionId()).isNotEmpty();
              });
    }
  }

  @Test
  void emptyEnvironmentIsReturnedIfOneWasSent() throws Exception {
    FunctionConfiguration empty =
        create(python("empty-environment", SOURCE).environment(e -> e.variables(Map.of())));
    assertThat(empty.environment().hasVariables()).isTrue();
    assertThat(configuration("empty-environment").environment().variables()).isEmpty();
    create(python("no-environment", SOURCE));
    assertThat(configuration("no-environment").environment()).isNull();
    update(
        UpdateFunctionConfigurationRequest.builder()
            .functionName("no-environment")
            .environment(e -> e.variables(Map.of())));
    assertThat(configuration("no-environment").environment().hasVariables()).isTrue();
    update(UpdateFunctionConfigurationRequest.builder().functionName("no-environment").timeout(7));
    assertThat(configuration("no-environment").environment().hasVariables()).isTrue();
  }

  @Test
  void tagChangeMakesANewRevisionButNoNewVersion() throws Exception {
    create(python("tagged", SOURCE));
    publish("tagged");
    String before = configuration("tagged").revisionId();
    fixture.call(
        TagResourceRequest.builder().resource(ARN + "tagged").tags(Map.of("a", "b")).build(),
        TagResourceResponse.class);
    String after = configuration("tagged").revisionId();
    assertThat(after).isNotEqualTo(before);
    assertThat(publish("tagged").version()).isEqualTo("1");
    assertThatThrownBy(
            () ->
                update(
                    UpdateFunctionConfigurationRequest.builder()
                        .functionName("tagged")
                        .timeout(4)
                        .revisionId(before)))
        .hasMessageContaining("does not match the latest Revision Id");
    update(
        UpdateFunctionConfigurationRequest.builder()
            .functionName("tagged")
            .timeout(4)
            .revisionId(after));
  }

  @Test
  void versionsAndAliasesHaveNoTags() throws Exception {
    create(python("untaggable", SOURCE).publish(true));
    for (String qualifier : List.of("1", "$LATEST", "live")) {
      String resource = ARN + "untaggable:" + qualifier;
      List<Runnable> calls =
          List.of(
              () ->
                  fixture.call(
                      TagResourceRequest.builder()
                          .resource(resource)
                          .tags(Map.of("a", "b"))
                          .build(),
                      TagResourceResponse.class),
              () ->
                  fixture.call(
                      UntagResourceRequest.builder().resource(resource).tagKeys("a").build(),
                      UntagResourceResponse.class),
              () ->
                  fixture.call(
                      ListTagsRequest.builder().resource(resource).build(),
                      ListTagsResponse.class));
      assertThat(calls)
          .allSatisfy(
              call ->
                  assertThatThrownBy(call::run)
                      .isInstanceOfSatisfying(
                          AwsException.class,
                          e ->
                              assertThat(e.error().code())
                                  .isEqualTo("InvalidParameterValueException"))
                      .hasMessage(
                          "Tags on function aliases and versions are not supported. Please specify"
                              + " a function ARN."));
    }
  }

  /// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
  @Test
  void aliasOperationsNeedPermissionOnTheFunction() {
    Set<String> ofVersions = new TreeSet<>();
    for (Operations.Operation<?> operation : fixture.service.operations().all()) {
      SdkPojo request = requestForLiveAlias(operation.input());
      if (request != null) {
        String resource = fixture.needs(request).getFirst().resource();
        assertThat(resource)
            .as(operation.name())
            .isIn(
                operation.name().equals("ListEventSourceMappings")
                    ? List.of("*") // which knows no resource
                    : List.of(ARN + "f", ARN + "f:live"));
        if (resource.endsWith(":live")) {
          ofVersions.add(operation.name());
        }
      }
    }
    assertThat(ofVersions)
        .containsExactly(
            "AddPermission",
            "DeleteFunction",
            "GetFunction",
            "GetFunctionConfiguration",
            "GetPolicy",
            "GetProvisionedConcurrencyConfig",
            "Invoke",
            "RemovePermission");
    assertThat(
            fixture.needs(
                GetFunctionConfigurationRequest.builder()
                    .functionName("f")
                    .qualifier("live")
                    .build()))
        .extracting(Need::resource)
        .containsExactly(ARN + "f:live");
  }

  /// A request about the alias `live` of `f`; null if the operation concerns no function.
  private static @Nullable SdkPojo requestForLiveAlias(Class<?> type) {
    Map<String, String> values =
        Map.of("FunctionName", "f", "Qualifier", "live", "Name", "live", "Role", "role");
    try {
      SdkPojo builder = (SdkPojo) type.getMethod("builder").invoke(null);
      if (builder.sdkFields().stream().noneMatch(f -> f.memberName().equals("FunctionName"))) {
        return null;
      }
      for (SdkField<?> field : builder.sdkFields()) {
        if (values.containsKey(field.memberName())) {
          field.set(builder, values.get(field.memberName()));
        }
      }
      return (SdkPojo) ((SdkBuilder<?, ?>) builder).build();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
