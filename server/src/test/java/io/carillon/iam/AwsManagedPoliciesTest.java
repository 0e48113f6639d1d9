package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.iam.model.AttachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.CreateGroupRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DetachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.ListEntitiesForPolicyRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyTagsRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyVersionsRequest;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.PolicyDescriptorType;

/// Which managed policies of AWS are built in, and what is logged about missing ones.
class AwsManagedPoliciesTest {
  private static final Path RESOURCES = resources();
  private static final String UNKNOWN = "arn:aws:iam::aws:policy/NoSuchPolicyAnywhere";
  private static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
       "Principal":{"AWS":"arn:aws:iam::000000000000:root"}}]}
      """;

  private final IamFixture fixture = new IamFixture();
  private final ListAppender<ILoggingEvent> output = new ListAppender<>();

  @BeforeEach
  void createUserRoleAndGroup() {
    output.start();
    logger().addAppender(output);
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("u").build());
    fixture.call(fixture.root(), CreateGroupRequest.builder().groupName("g").build());
    fixture.call(
        fixture.root(),
        CreateRoleRequest.builder().roleName("r").assumeRolePolicyDocument(TRUST).build());
  }

  @AfterEach
  void detachAppender() {
    logger().detachAppender(output);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(AwsManagedPolicies.class);
  }

  private static Path resources() {
    try {
      URL index = AwsManagedPolicies.class.getResource("aws-managed-policies/index.txt");
      return Path.of(Objects.requireNonNull(index).toURI()).resolveSibling("");
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static List<String> index() throws IOException {
    return Files.readAllLines(RESOURCES.resolve("index.txt"));
  }

  @Test
  void theIndexListsEveryFileAndEachNameOnce() throws IOException {
    try (Stream<Path> files = Files.walk(RESOURCES)) {
      assertThat(index())
          .hasSizeGreaterThan(150)
          .isSorted()
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(file -> file.toString().endsWith(".json"))
                  .map(file -> RESOURCES.relativize(file).toString().replace(".json", ""))
                  .toList());
    }
    Set<String> names = new HashSet<>();
    for (String line : index()) {
      String name = line.substring(line.lastIndexOf('/') + 1);
      assertThat(names.add(name.toLowerCase(Locale.ROOT))).as(name).isTrue();
    }
    assertThat(new AwsManagedPolicies(ManagedPolicyFiles.NONE).all())
        .extracting(ManagedPolicy::arn)
        .hasSameSizeAs(index())
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("index")
  void aBuiltInPolicyHasASourceAVersionAndAReadableDocument(String line) throws IOException {
    String arn = "arn:aws:iam::aws:policy/" + line;
    JsonNode file = new ObjectMapper().readTree(RESOURCES.resolve(line + ".json").toFile());
    ManagedPolicy policy = new AwsManagedPolicies(ManagedPolicyFiles.NONE).find(arn).orElseThrow();

    assertThat(policy.arn()).isEqualTo(arn).isEqualTo(file.at("/Policy/Arn").asText());
    assertThat(policy.defaultVersion())
        .matches("v[1-9]\\d*")
        .isEqualTo(file.at("/Policy/DefaultVersionId").asText());
    assertThat(file.path("Source").asText())
        .contains("https://")
        .endsWith(" " + policy.name() + " " + policy.defaultVersion());
    assertThat(policy.created()).isAfter(Instant.parse("2015-01-01T00:00:00Z"));
    assertThat(policy.updated()).isAfterOrEqualTo(policy.created());
    assertThat(PolicyDocument.parse(policy.document(), Flavour.IDENTITY)).isNotNull();
    assertThat(new ObjectMapper().readTree(policy.document()))
        .isEqualTo(file.at("/PolicyVersion/Document"));
  }

  /// The policies that templates of functions, queues, topics and buckets attach.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "AdministratorAccess",
        "PowerUserAccess",
        "ReadOnlyAccess",
        "SecurityAudit",
        "job-function/ViewOnlyAccess",
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
        "service-role/AmazonS3ObjectLambdaExecutionRolePolicy",
        "AmazonSQSFullAccess",
        "AmazonSNSFullAccess",
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaSQSQueueExecutionRole",
        "service-role/AWSLambdaDynamoDBExecutionRole",
        "service-role/AWSLambdaKinesisExecutionRole",
        "service-role/AWSLambdaMSKExecutionRole",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "service-role/AWSLambdaENIManagementAccess",
        "service-role/AWSLambdaRole",
        "AWSXRayDaemonWriteAccess",
        "CloudWatchLambdaInsightsExecutionRolePolicy",
        "CloudWatchFullAccessV2",
        "AmazonEventBridgeFullAccess",
        "AmazonDynamoDBFullAccess",
        "AmazonSESFullAccess",
        "SecretsManagerReadWrite",
        "AmazonSSMManagedInstanceCore",
        "AWSStepFunctionsFullAccess",
        "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        "AmazonEC2ReadOnlyAccess",
        "IAMUserChangePassword"
      })
  void commonPoliciesAreBuiltInAndCanBeAttached(String name) {
    String arn = "arn:aws:iam::aws:policy/" + name;
    assertThat(new AwsManagedPolicies(ManagedPolicyFiles.NONE).find(arn)).isPresent();
    fixture.call(
        fixture.root(), AttachRolePolicyRequest.builder().roleName("r").policyArn(arn).build());
    assertThat(output.list).isEmpty();
  }

  static Stream<SdkPojo> requestsThatRefuseAnUnknownPolicyAsNotAttachable() {
    return Stream.of(
        AttachUserPolicyRequest.builder().userName("u").policyArn(UNKNOWN).build(),
        AttachGroupPolicyRequest.builder().groupName("g").policyArn(UNKNOWN).build(),
        AttachRolePolicyRequest.builder().roleName("r").policyArn(UNKNOWN).build(),
        CreateUserRequest.builder().userName("v").permissionsBoundary(UNKNOWN).build(),
        CreateRoleRequest.builder()
            .roleName("s")
            .assumeRolePolicyDocument(TRUST)
            .permissionsBoundary(UNKNOWN)
            .build(),
        PutUserPermissionsBoundaryRequest.builder()
            .userName("u")
            .permissionsBoundary(UNKNOWN)
            .build(),
        PutRolePermissionsBoundaryRequest.builder()
            .roleName("r")
            .permissionsBoundary(UNKNOWN)
            .build());
  }

  /// Source: https://github.com/pulumi/pulumi/issues/7419 shows AWS's response.
  @ParameterizedTest
  @MethodSource("requestsThatRefuseAnUnknownPolicyAsNotAttachable")
  void anUnknownPolicyIsNotAttachable(SdkPojo request) {
    for (int i = 0; i < 2; i++) {
      refused(
          () -> fixture.call(fixture.root(), request),
          IamError.NO_SUCH_ENTITY,
          "Policy " + UNKNOWN + " does not exist or is not attachable.");
    }
    assertThat(IamError.NO_SUCH_ENTITY.status()).isEqualTo(404);
    assertLoggedOnce();
  }

  static Stream<SdkPojo> requestsThatDoNotFindAnUnknownPolicy() {
    return Stream.of(
        GetPolicyRequest.builder().policyArn(UNKNOWN).build(),
        GetPolicyVersionRequest.builder().policyArn(UNKNOWN).versionId("v1").build(),
        ListPolicyVersionsRequest.builder().policyArn(UNKNOWN).build(),
        ListEntitiesForPolicyRequest.builder().policyArn(UNKNOWN).build(),
        ListPolicyTagsRequest.builder().policyArn(UNKNOWN).build());
  }

  @ParameterizedTest
  @MethodSource("requestsThatDoNotFindAnUnknownPolicy")
  void anUnknownPolicyIsNotFound(SdkPojo request) {
    for (int i = 0; i < 2; i++) {
      refused(
          () -> fixture.call(fixture.root(), request),
          IamError.NO_SUCH_ENTITY,
          "Policy " + UNKNOWN + " was not found.");
    }
    assertLoggedOnce();
  }

  static Stream<SdkPojo> requestsThatDetachAnUnknownPolicy() {
    return Stream.of(
        DetachUserPolicyRequest.builder().userName("u").policyArn(UNKNOWN).build(),
        DetachGroupPolicyRequest.builder().groupName("g").policyArn(UNKNOWN).build(),
        DetachRolePolicyRequest.builder().roleName("r").policyArn(UNKNOWN).build());
  }

  @ParameterizedTest
  @MethodSource("requestsThatDetachAnUnknownPolicy")
  void anUnknownPolicyIsNotDetached(SdkPojo request) {
    refused(
        () -> fixture.call(fixture.root(), request),
        IamError.NO_SUCH_ENTITY,
        "Policy " + UNKNOWN + " was not found.");
  }

  /// AssumeRole has no error NoSuchEntity.
  ///
  /// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  @Test
  void anUnknownSessionPolicyIsAValidationErrorOfSts() {
    AssumeRoleRequest request =
        AssumeRoleRequest.builder()
            .roleArn(fixture.role("r").toString())
            .roleSessionName("session")
            .policyArns(PolicyDescriptorType.builder().arn(UNKNOWN).build())
            .build();
    Caller alice = fixture.caller(ManagedPolicyFolderTest.alice(fixture));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> fixture.call(alice, request))
          .isInstanceOfSatisfying(
              AwsException.class, e -> assertThat(e.error().code()).isEqualTo("ValidationError"))
          .hasMessage("Policy " + UNKNOWN + " does not exist or is not attachable.");
    }
    assertLoggedOnce();
  }

  private void assertLoggedOnce() {
    assertThat(logged())
        .singleElement()
        .asString()
        .startsWith("There is no managed policy " + UNKNOWN + " here.")
        .contains("`aws iam get-policy-version --policy-arn " + UNKNOWN + " ")
        .endsWith("> DIR/NoSuchPolicyAnywhere.json` and start with --managed-policies DIR");
  }

  private List<String> logged() {
    return output.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole", // without the path
        "arn:aws:iam::aws:policy/service-role/AwsLambdaBasicExectionRole"
      })
  void aMistypedPolicyIsLoggedWithASuggestion(String arn) {
    assertThat(new AwsManagedPolicies(ManagedPolicyFiles.NONE).find(arn)).isEmpty();
    assertThat(logged())
        .singleElement()
        .asString()
        .contains("Did you mean arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole?");
  }

  /// Callers choose the ARN: long ones and ones with line breaks must not be logged.
  @Test
  void callersCannotFloodTheLogWithUnknownPolicies() {
    AwsManagedPolicies policies = new AwsManagedPolicies(ManagedPolicyFiles.NONE);
    for (String name :
        List.of("a\nb", "a b", "`rm`", "$(x)", "x".repeat(200), "../../up", "a/", "")) {
      assertThat(policies.find("arn:aws:iam::aws:policy/" + name)).isEmpty();
    }
    assertThat(logged()).hasSize(1).allMatch(line -> line.contains("policy/../../up here"));
    for (int i = 0; i < 1_100; i++) {
      assertThat(policies.find("arn:aws:iam::aws:policy/zz" + i)).isEmpty();
    }
    assertThat(logged()).hasSize(1_000);
  }
}
