package io.carillon.iam;

import static io.carillon.iam.IamFixture.LAMBDA_TRUST;
import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Operations;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachedPolicy;
import software.amazon.awssdk.services.iam.model.CreateGroupRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyResponse;
import software.amazon.awssdk.services.iam.model.CreatePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeletePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeletePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRoleRequest;
import software.amazon.awssdk.services.iam.model.DetachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyResponse;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionResponse;
import software.amazon.awssdk.services.iam.model.GetRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.GetRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.GetRoleRequest;
import software.amazon.awssdk.services.iam.model.GetRoleResponse;
import software.amazon.awssdk.services.iam.model.ListAttachedRolePoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedRolePoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListEntitiesForPolicyRequest;
import software.amazon.awssdk.services.iam.model.ListEntitiesForPolicyResponse;
import software.amazon.awssdk.services.iam.model.ListPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListPoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListPolicyVersionsRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyVersionsResponse;
import software.amazon.awssdk.services.iam.model.ListRolePoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListRolePoliciesResponse;
import software.amazon.awssdk.services.iam.model.Policy;
import software.amazon.awssdk.services.iam.model.PolicyRole;
import software.amazon.awssdk.services.iam.model.PolicyVersion;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.SetDefaultPolicyVersionRequest;
import software.amazon.awssdk.utils.builder.SdkBuilder;

class PoliciesTest {
  private static final String S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  private static final String ALLOW =
      "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\","
          + "\"Resource\":\"*\"}]}";

  private final IamFixture fixture = new IamFixture();

  @BeforeEach
  void createRole() {
    fixture.call(
        fixture.root(),
        CreateRoleRequest.builder().roleName("r").assumeRolePolicyDocument(LAMBDA_TRUST).build());
  }

  private Policy create(String name) {
    return fixture
        .call(
            fixture.root(),
            CreatePolicyRequest.builder().policyName(name).policyDocument(ALLOW).build(),
            CreatePolicyResponse.class)
        .policy();
  }

  private Policy get(String arn) {
    return fixture
        .call(
            fixture.root(),
            GetPolicyRequest.builder().policyArn(arn).build(),
            GetPolicyResponse.class)
        .policy();
  }

  private void attach(String arn) {
    fixture.call(
        fixture.root(), AttachRolePolicyRequest.builder().roleName("r").policyArn(arn).build());
  }

  private void addVersion(String arn) {
    fixture.call(
        fixture.root(),
        CreatePolicyVersionRequest.builder()
            .policyArn(arn)
            .policyDocument(ALLOW)
            .setAsDefault(true)
            .build());
  }

  @Test
  void aPolicyIsCreatedAttachedCountedDetachedAndDeleted() {
    Policy policy = create("p");
    assertThat(policy.arn()).isEqualTo("arn:aws:iam::000000000000:policy/p");
    assertThat(policy.policyId()).startsWith("ANPA");
    assertThat(policy.defaultVersionId()).isEqualTo("v1");
    refused(
        () -> create("P"),
        IamError.ENTITY_ALREADY_EXISTS,
        "A policy called P already exists. Duplicate names are not allowed.");

    attach(policy.arn());
    attach(policy.arn());
    assertThat(get(policy.arn()).attachmentCount()).isEqualTo(1);
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListEntitiesForPolicyRequest.builder().policyArn(policy.arn()).build(),
                    ListEntitiesForPolicyResponse.class)
                .policyRoles())
        .extracting(PolicyRole::roleName)
        .containsExactly("r");
    DeletePolicyRequest delete = DeletePolicyRequest.builder().policyArn(policy.arn()).build();
    refused(
        () -> fixture.call(fixture.root(), delete),
        IamError.DELETE_CONFLICT,
        "Cannot delete a policy attached to entities.");

    DetachRolePolicyRequest detach =
        DetachRolePolicyRequest.builder().roleName("r").policyArn(policy.arn()).build();
    fixture.call(fixture.root(), detach);
    refused(
        () -> fixture.call(fixture.root(), detach),
        IamError.NO_SUCH_ENTITY,
        "Policy " + policy.arn() + " was not found.");
    fixture.call(fixture.root(), delete);
    refused(() -> get(policy.arn()), IamError.NO_SUCH_ENTITY, "was not found.");
  }

  @Test
  void aPolicyThatDoesNotExistIsNotAttached() {
    refused(
        () -> attach("arn:aws:iam::aws:policy/NoSuchPolicyAnywhere"),
        IamError.NO_SUCH_ENTITY,
        "Policy arn:aws:iam::aws:policy/NoSuchPolicyAnywhere does not exist or is not attachable.");
    refused(
        () -> attach("arn:aws:iam::111111111111:policy/theirs"),
        IamError.NO_SUCH_ENTITY,
        "not attachable");
    for (String noPolicy :
        List.of(
            "not an arn but long enough",
            "arn:aws:iam::000000000000:role/worker",
            "arn:aws:s3:::policy/not-of-iam")) {
      refused(() -> attach(noPolicy), IamError.VALIDATION, "Invalid ARN:  Could not be parsed!");
    }
    refused(() -> attach("short"), IamError.VALIDATION, "'policyArn'");
  }

  @Test
  void anInvalidPolicyArnIsRefusedByEveryOperation() throws Exception {
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("n").build());
    fixture.call(fixture.root(), CreateGroupRequest.builder().groupName("n").build());
    fixture.call(
        fixture.root(),
        CreateRoleRequest.builder().roleName("n").assumeRolePolicyDocument(LAMBDA_TRUST).build());
    Map<String, String> values =
        Map.of(
            "PolicyArn", "arn:aws:iam::000000000000:role/worker",
            "UserName", "n",
            "GroupName", "n",
            "RoleName", "n",
            "PolicyDocument", ALLOW,
            "VersionId", "v1");
    List<String> walked = new ArrayList<>();
    for (Operations.Operation<?> operation : fixture.operations()) {
      SdkPojo builder = (SdkPojo) operation.input().getMethod("builder").invoke(null);
      if (builder.sdkFields().stream().anyMatch(f -> f.memberName().equals("PolicyArn"))) {
        builder.sdkFields().stream()
            .filter(field -> values.containsKey(field.memberName()))
            .forEach(field -> field.set(builder, values.get(field.memberName())));
        SdkPojo request = (SdkPojo) ((SdkBuilder<?, ?>) builder).build();
        refused(
            () -> fixture.call(fixture.root(), request),
            IamError.VALIDATION,
            "Invalid ARN:  Could not be parsed!");
        walked.add(operation.name());
      }
    }
    assertThat(walked).contains("DetachUserPolicy", "GetPolicyVersion", "DeletePolicy");
  }

  @Test
  void awsManagedPoliciesExistAndCannotBeChanged() {
    attach(S3);
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListAttachedRolePoliciesRequest.builder().roleName("r").build(),
                    ListAttachedRolePoliciesResponse.class)
                .attachedPolicies())
        .containsExactly(
            AttachedPolicy.builder().policyName("AmazonS3FullAccess").policyArn(S3).build());
    Policy policy = get(S3);
    assertThat(policy.policyName()).isEqualTo("AmazonS3FullAccess");
    assertThat(policy.attachmentCount()).isEqualTo(1);
    GetPolicyVersionResponse version =
        fixture.call(
            fixture.root(),
            GetPolicyVersionRequest.builder()
                .policyArn(S3)
                .versionId(policy.defaultVersionId())
                .build(),
            GetPolicyVersionResponse.class);
    assertThat(URLDecoder.decode(version.policyVersion().document(), StandardCharsets.UTF_8))
        .contains("\"s3:*\"");
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> addVersion(S3))
        .hasMessageContaining("belongs to AWS");
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> fixture.call(fixture.root(), DeletePolicyRequest.builder().policyArn(S3).build()))
        .hasMessageContaining("belongs to AWS");
  }

  @Test
  void policiesAreListedByScope() {
    Policy own = create("p");
    attach(S3);
    assertThat(list(ListPoliciesRequest.builder().scope("Local").build()))
        .containsExactly(own.arn());
    assertThat(list(ListPoliciesRequest.builder().scope("AWS").maxItems(1_000).build()))
        .contains(S3, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        .doesNotContain(own.arn());
    assertThat(list(ListPoliciesRequest.builder().onlyAttached(true).build())).containsExactly(S3);
    refused(
        () -> list(ListPoliciesRequest.builder().scope("Mine").build()),
        IamError.VALIDATION,
        "'scope'");
  }

  private java.util.List<String> list(ListPoliciesRequest request) {
    return fixture.call(fixture.root(), request, ListPoliciesResponse.class).policies().stream()
        .map(Policy::arn)
        .toList();
  }

  @Test
  void aPolicyHasAtMostFiveVersionsAndOneDefault() {
    String arn = create("p").arn();
    for (int i = 2; i <= 5; i++) {
      addVersion(arn);
    }
    refused(() -> addVersion(arn), IamError.LIMIT_EXCEEDED, "up to 5 versions");
    assertThat(get(arn).defaultVersionId()).isEqualTo("v5");
    refused(
        () -> deleteVersion(arn, "v5"),
        IamError.DELETE_CONFLICT,
        "Cannot delete the default version of a policy.");
    fixture.call(
        fixture.root(),
        SetDefaultPolicyVersionRequest.builder().policyArn(arn).versionId("v2").build());
    deleteVersion(arn, "v5");
    addVersion(arn);
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListPolicyVersionsRequest.builder().policyArn(arn).build(),
                    ListPolicyVersionsResponse.class)
                .versions())
        .extracting(PolicyVersion::versionId)
        .containsExactly("v6", "v4", "v3", "v2", "v1");
    refused(
        () -> fixture.call(fixture.root(), DeletePolicyRequest.builder().policyArn(arn).build()),
        IamError.DELETE_CONFLICT,
        "more than one version");
    refused(() -> deleteVersion(arn, "v9"), IamError.NO_SUCH_ENTITY, "v9 does not exist");
    refused(() -> deleteVersion(arn, "nine"), IamError.VALIDATION, "'versionId'");
  }

  private void deleteVersion(String arn, String version) {
    fixture.call(
        fixture.root(),
        DeletePolicyVersionRequest.builder().policyArn(arn).versionId(version).build());
  }

  @Test
  void malformedAndTooLargePoliciesAreRefused() {
    refused(
        () ->
            fixture.call(
                fixture.root(),
                CreatePolicyRequest.builder().policyName("p").policyDocument("{}").build()),
        IamError.MALFORMED_POLICY_DOCUMENT,
        "Missing required field Statement");
    String large = ALLOW.replace("\"*\"", "\"arn:aws:s3:::" + "x".repeat(6_144) + "\"");
    refused(
        () ->
            fixture.call(
                fixture.root(),
                CreatePolicyRequest.builder().policyName("p").policyDocument(large).build()),
        IamError.LIMIT_EXCEEDED,
        "PolicySize: 6144");
  }

  @Test
  void inlinePoliciesArePutReadListedAndDeleted() {
    putInline("b", ALLOW);
    putInline("a", ALLOW);
    GetRolePolicyRequest get = GetRolePolicyRequest.builder().roleName("r").policyName("a").build();
    assertThat(
            URLDecoder.decode(
                fixture.call(fixture.root(), get, GetRolePolicyResponse.class).policyDocument(),
                StandardCharsets.UTF_8))
        .isEqualTo(ALLOW);
    ListRolePoliciesResponse page =
        fixture.call(
            fixture.root(),
            ListRolePoliciesRequest.builder().roleName("r").maxItems(1).build(),
            ListRolePoliciesResponse.class);
    assertThat(page.policyNames()).containsExactly("a");
    assertThat(page.isTruncated()).isTrue();
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListRolePoliciesRequest.builder().roleName("r").marker(page.marker()).build(),
                    ListRolePoliciesResponse.class)
                .policyNames())
        .containsExactly("b");
    DeleteRolePolicyRequest delete =
        DeleteRolePolicyRequest.builder().roleName("r").policyName("a").build();
    fixture.call(fixture.root(), delete);
    refused(
        () -> fixture.call(fixture.root(), delete),
        IamError.NO_SUCH_ENTITY,
        "The role policy with name a cannot be found.");
    refused(() -> fixture.call(fixture.root(), get), IamError.NO_SUCH_ENTITY);
  }

  @Test
  void inlinePoliciesShareTheirQuota() {
    String half = ALLOW.replace("\"*\"", "\"arn:aws:s3:::" + "x".repeat(5_200) + "\"");
    putInline("a", half);
    refused(
        () -> putInline("b", half),
        IamError.LIMIT_EXCEEDED,
        "Maximum policy size of 10240 bytes exceeded for role r");
    putInline("a", half);
  }

  private void putInline(String name, String document) {
    fixture.call(
        fixture.root(),
        PutRolePolicyRequest.builder()
            .roleName("r")
            .policyName(name)
            .policyDocument(document)
            .build());
  }

  @Test
  void aBoundaryIsSetShownCountedAndRemoved() {
    fixture.call(
        fixture.root(),
        PutRolePermissionsBoundaryRequest.builder().roleName("r").permissionsBoundary(S3).build());
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    GetRoleRequest.builder().roleName("r").build(),
                    GetRoleResponse.class)
                .role()
                .permissionsBoundary()
                .permissionsBoundaryArn())
        .isEqualTo(S3);
    assertThat(get(S3).permissionsBoundaryUsageCount()).isEqualTo(1);
    DeleteRolePermissionsBoundaryRequest remove =
        DeleteRolePermissionsBoundaryRequest.builder().roleName("r").build();
    fixture.call(fixture.root(), remove);
    refused(() -> fixture.call(fixture.root(), remove), IamError.NO_SUCH_ENTITY);
    assertThat(get(S3).permissionsBoundaryUsageCount()).isZero();
  }

  @Test
  void aDeletedRolesBoundaryIsNoLongerCounted() {
    fixture.call(
        fixture.root(),
        PutRolePermissionsBoundaryRequest.builder().roleName("r").permissionsBoundary(S3).build());
    fixture.call(fixture.root(), DeleteRoleRequest.builder().roleName("r").build());
    assertThat(get(S3).permissionsBoundaryUsageCount()).isZero();
  }
}
