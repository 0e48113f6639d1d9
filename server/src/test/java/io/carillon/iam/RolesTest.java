package io.carillon.iam;

import static io.carillon.iam.IamFixture.LAMBDA_TRUST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.ErrorCode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleResponse;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRoleRequest;
import software.amazon.awssdk.services.iam.model.DetachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.GetRoleRequest;
import software.amazon.awssdk.services.iam.model.GetRoleResponse;
import software.amazon.awssdk.services.iam.model.ListRoleTagsRequest;
import software.amazon.awssdk.services.iam.model.ListRoleTagsResponse;
import software.amazon.awssdk.services.iam.model.ListRolesRequest;
import software.amazon.awssdk.services.iam.model.ListRolesResponse;
import software.amazon.awssdk.services.iam.model.PutRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.Role;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.iam.model.TagRoleRequest;
import software.amazon.awssdk.services.iam.model.UntagRoleRequest;
import software.amazon.awssdk.services.iam.model.UpdateAssumeRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.UpdateRoleRequest;

/// Source of the expectations:
/// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html and its siblings;
/// messages as AWS answers them.
class RolesTest {
  private final IamFixture fixture = new IamFixture();

  private Role create(String name) {
    return fixture
        .call(
            fixture.root(),
            CreateRoleRequest.builder()
                .roleName(name)
                .assumeRolePolicyDocument(LAMBDA_TRUST)
                .build(),
            CreateRoleResponse.class)
        .role();
  }

  private Role get(String name) {
    return fixture
        .call(
            fixture.root(), GetRoleRequest.builder().roleName(name).build(), GetRoleResponse.class)
        .role();
  }

  static void refused(ThrowingCallable call, ErrorCode error, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class,
            e -> {
              assertThat(e.error()).isEqualTo(error);
              for (String part : parts) {
                assertThat(e.getMessage()).contains(part);
              }
            });
  }

  @Test
  void aRoleIsCreatedAndFound() {
    Role created = create("worker");
    assertThat(created.arn()).isEqualTo("arn:aws:iam::000000000000:role/worker");
    assertThat(created.roleId()).startsWith("AROA").hasSize(21);
    assertThat(created.path()).isEqualTo("/");
    assertThat(created.createDate()).isEqualTo(Instant.parse("2026-05-04T03:02:01Z"));
    assertThat(created.maxSessionDuration()).as("AWS leaves it out").isNull();

    Role found = get("WORKER");
    assertThat(found.roleId()).isEqualTo(created.roleId());
    assertThat(found.roleName()).isEqualTo("worker");
    assertThat(found.maxSessionDuration()).isEqualTo(3_600);
    assertThat(URLDecoder.decode(found.assumeRolePolicyDocument(), StandardCharsets.UTF_8))
        .isEqualTo(LAMBDA_TRUST);
    assertThat(found.assumeRolePolicyDocument()).doesNotContain(" ", "+", "\"");
  }

  @Test
  void namesAreUniqueRegardlessOfCase() {
    Role created = create("worker");
    refused(
        () -> create("Worker"),
        IamError.ENTITY_ALREADY_EXISTS,
        "Role with name Worker already exists.");
    assertThat(get("worker").roleId()).isEqualTo(created.roleId());
  }

  @Test
  void aMissingRoleIsNoSuchEntity() {
    refused(
        () -> get("nobody"), IamError.NO_SUCH_ENTITY, "The role with name nobody cannot be found.");
  }

  @Test
  void membersAreValidatedAsOnAws() {
    refused(
        () -> create("a b"),
        IamError.VALIDATION,
        "The specified value for roleName is invalid. It must contain only alphanumeric"
            + " characters and/or the following: +=,.@_-");
    refused(
        () -> create("x".repeat(65)),
        IamError.VALIDATION,
        "1 validation error detected: Value 'xxx",
        "at 'roleName' failed to satisfy constraint: Member must have length less than or equal"
            + " to 64");
    CreateRoleRequest good =
        CreateRoleRequest.builder().roleName("r").assumeRolePolicyDocument(LAMBDA_TRUST).build();
    refusedCreate(
        good.toBuilder().maxSessionDuration(100).build(),
        "Value '100' at 'maxSessionDuration'",
        "greater than or equal to 3600");
    refusedCreate(good.toBuilder().maxSessionDuration(43_201).build(), "43200");
    refusedCreate(good.toBuilder().path("team").build(), "path", "begin and end with /");
    refusedCreate(good.toBuilder().description("\u2603").build(), "'description'");
    refusedCreate(good.toBuilder().assumeRolePolicyDocument(null).build(), "Value null");
    refusedCreate(
        good.toBuilder().assumeRolePolicyDocument("{\u2603}").build(), "assumeRolePolicyDocument");
  }

  private void refusedCreate(CreateRoleRequest request, String... parts) {
    refused(() -> fixture.call(fixture.root(), request), IamError.VALIDATION, parts);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "{\"Statement\":[]}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"*\","
            + "\"Principal\":\"*\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Principal\":\"*\"}}",
      })
  void aMalformedTrustPolicyIsRefusedAndChangesNothing(String document) {
    refused(
        () ->
            fixture.call(
                fixture.root(),
                CreateRoleRequest.builder()
                    .roleName("r")
                    .assumeRolePolicyDocument(document)
                    .build()),
        IamError.MALFORMED_POLICY_DOCUMENT);
    refused(() -> get("r"), IamError.NO_SUCH_ENTITY);

    create("s");
    refused(
        () ->
            fixture.call(
                fixture.root(),
                UpdateAssumeRolePolicyRequest.builder()
                    .roleName("s")
                    .policyDocument(document)
                    .build()),
        IamError.MALFORMED_POLICY_DOCUMENT);
    assertThat(URLDecoder.decode(get("s").assumeRolePolicyDocument(), StandardCharsets.UTF_8))
        .isEqualTo(LAMBDA_TRUST);
  }

  @Test
  void aTrustPolicyCanNameOnlyExistingPrincipals() {
    String nobody = "arn:aws:iam::000000000000:user/nobody";
    CreateRoleRequest request =
        CreateRoleRequest.builder()
            .roleName("r")
            .assumeRolePolicyDocument(trusting(nobody))
            .build();
    refused(
        () -> fixture.call(fixture.root(), request),
        IamError.MALFORMED_POLICY_DOCUMENT,
        "Invalid principal in policy: \"AWS\":\"" + nobody + "\"");
    create("s");
    refused(
        () ->
            fixture.call(
                fixture.root(),
                UpdateAssumeRolePolicyRequest.builder()
                    .roleName("s")
                    .policyDocument(trusting(nobody))
                    .build()),
        IamError.MALFORMED_POLICY_DOCUMENT);
    fixture.call(
        fixture.root(),
        request.toBuilder()
            .assumeRolePolicyDocument(trusting("arn:aws:iam::000000000000:role/s"))
            .build());
    fixture.call(
        fixture.root(),
        request.toBuilder()
            .roleName("t")
            .assumeRolePolicyDocument(trusting("arn:aws:iam::999999999999:user/elsewhere"))
            .build());
  }

  private static String trusting(String principal) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
        + "\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\""
        + principal
        + "\"}}}";
  }

  @Test
  void theSizeLimitOfTrustPoliciesIgnoresWhiteSpace() {
    String padded = LAMBDA_TRUST.replace(",", "," + " ".repeat(1_000));
    assertThat(padded.length()).isGreaterThan(2_048);
    CreateRoleRequest request =
        CreateRoleRequest.builder().roleName("padded").assumeRolePolicyDocument(padded).build();
    fixture.call(fixture.root(), request);

    String huge =
        LAMBDA_TRUST.replace("\"s3.amazonaws.com\"", "\"" + "a".repeat(2_048) + ".amazonaws.com\"");
    refused(
        () ->
            fixture.call(
                fixture.root(),
                request.toBuilder().roleName("huge").assumeRolePolicyDocument(huge).build()),
        IamError.LIMIT_EXCEEDED,
        "ACLSizePerRole: 2048");
  }

  @Test
  void aRoleIsUpdated() {
    create("worker");
    fixture.call(
        fixture.root(),
        UpdateRoleRequest.builder()
            .roleName("worker")
            .description("works")
            .maxSessionDuration(7_200)
            .build());
    assertThat(get("worker").description()).isEqualTo("works");
    assertThat(get("worker").maxSessionDuration()).isEqualTo(7_200);
    fixture.call(
        fixture.root(), UpdateRoleRequest.builder().roleName("worker").description("").build());
    assertThat(get("worker").maxSessionDuration()).isEqualTo(7_200);
  }

  @Test
  void aRoleWithPoliciesIsNotDeleted() {
    create("worker");
    String arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    String inline = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}";
    fixture.call(
        fixture.root(),
        AttachRolePolicyRequest.builder().roleName("worker").policyArn(arn).build());
    fixture.call(
        fixture.root(),
        PutRolePolicyRequest.builder()
            .roleName("worker")
            .policyName("p")
            .policyDocument(inline)
            .build());
    DeleteRoleRequest delete = DeleteRoleRequest.builder().roleName("worker").build();
    refused(
        () -> fixture.call(fixture.root(), delete),
        IamError.DELETE_CONFLICT,
        "Cannot delete entity, must detach all policies first.");
    fixture.call(
        fixture.root(),
        DetachRolePolicyRequest.builder().roleName("worker").policyArn(arn).build());
    refused(
        () -> fixture.call(fixture.root(), delete),
        IamError.DELETE_CONFLICT,
        "Cannot delete entity, must delete policies first.");
    fixture.call(
        fixture.root(),
        DeleteRolePolicyRequest.builder().roleName("worker").policyName("p").build());
    fixture.call(fixture.root(), delete);
    refused(() -> get("worker"), IamError.NO_SUCH_ENTITY);
    refused(() -> fixture.call(fixture.root(), delete), IamError.NO_SUCH_ENTITY);
  }

  @Test
  void rolesAreListedByPathInPages() {
    for (String name : List.of("c", "A", "b")) {
      create(name);
    }
    fixture.call(
        fixture.root(),
        CreateRoleRequest.builder()
            .roleName("d")
            .path("/team/")
            .assumeRolePolicyDocument(LAMBDA_TRUST)
            .build());
    ListRolesResponse first = list(ListRolesRequest.builder().maxItems(2).build());
    assertThat(first.roles()).extracting(Role::roleName).containsExactly("A", "b");
    assertThat(first.isTruncated()).isTrue();
    ListRolesResponse second =
        list(ListRolesRequest.builder().maxItems(2).marker(first.marker()).build());
    assertThat(second.roles()).extracting(Role::roleName).containsExactly("c", "d");
    assertThat(second.isTruncated()).isFalse();
    assertThat(second.marker()).isNull();
    assertThat(list(ListRolesRequest.builder().pathPrefix("/team/").build()).roles())
        .extracting(Role::arn)
        .containsExactly("arn:aws:iam::000000000000:role/team/d");
    refused(
        () -> list(ListRolesRequest.builder().marker("***").build()),
        IamError.VALIDATION,
        "Invalid Marker.");
    refused(
        () -> list(ListRolesRequest.builder().maxItems(0).build()),
        IamError.VALIDATION,
        "'maxItems'");
  }

  private ListRolesResponse list(ListRolesRequest request) {
    return fixture.call(fixture.root(), request, ListRolesResponse.class);
  }

  @Test
  void tagKeysAreComparedWithoutCase() {
    create("worker");
    fixture.call(
        fixture.root(),
        TagRoleRequest.builder().roleName("worker").tags(tag("Team", "a"), tag("x", "1")).build());
    fixture.call(
        fixture.root(), TagRoleRequest.builder().roleName("worker").tags(tag("team", "b")).build());
    fixture.call(
        fixture.root(), UntagRoleRequest.builder().roleName("worker").tagKeys("X").build());
    ListRoleTagsResponse tags =
        fixture.call(
            fixture.root(),
            ListRoleTagsRequest.builder().roleName("worker").build(),
            ListRoleTagsResponse.class);
    assertThat(tags.tags()).containsExactly(tag("team", "b"));
    refused(
        () ->
            fixture.call(
                fixture.root(),
                TagRoleRequest.builder()
                    .roleName("worker")
                    .tags(tag("a", "1"), tag("A", "2"))
                    .build()),
        IamError.INVALID_INPUT,
        "Duplicate tag keys");
    refused(
        () ->
            fixture.call(
                fixture.root(),
                TagRoleRequest.builder().roleName("worker").tags(tag("aws:x", "1")).build()),
        IamError.INVALID_INPUT,
        "reserved");
  }

  private static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }
}
