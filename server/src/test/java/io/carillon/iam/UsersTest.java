package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Principal;
import io.carillon.store.ScanStep;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.AccessKeyMetadata;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.CreateUserResponse;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.GetUserRequest;
import software.amazon.awssdk.services.iam.model.GetUserResponse;
import software.amazon.awssdk.services.iam.model.ListAccessKeysRequest;
import software.amazon.awssdk.services.iam.model.ListAccessKeysResponse;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.ListUsersResponse;
import software.amazon.awssdk.services.iam.model.UpdateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.UpdateUserRequest;
import software.amazon.awssdk.services.iam.model.User;

class UsersTest {
  private final IamFixture fixture = new IamFixture();

  private User create(String name) {
    return fixture
        .call(
            fixture.root(),
            CreateUserRequest.builder().userName(name).build(),
            CreateUserResponse.class)
        .user();
  }

  private AccessKey key(String user) {
    return fixture
        .call(
            fixture.root(),
            CreateAccessKeyRequest.builder().userName(user).build(),
            CreateAccessKeyResponse.class)
        .accessKey();
  }

  private Caller as(AccessKey key) {
    return fixture.caller(fixture.find(key.accessKeyId(), "").orElseThrow());
  }

  @Test
  void aUserIsCreatedFoundListedAndDeleted() {
    User bob = create("bob");
    assertThat(bob.userId()).startsWith("AIDA").hasSize(21);
    assertThat(bob.arn()).isEqualTo("arn:aws:iam::000000000000:user/bob");
    refused(
        () -> create("BOB"), IamError.ENTITY_ALREADY_EXISTS, "User with name BOB already exists.");
    assertThat(
            fixture
                .call(fixture.root(), ListUsersRequest.builder().build(), ListUsersResponse.class)
                .users())
        .containsExactly(bob);
    fixture.call(fixture.root(), DeleteUserRequest.builder().userName("bob").build());
    refused(
        () -> fixture.call(fixture.root(), GetUserRequest.builder().userName("bob").build()),
        IamError.NO_SUCH_ENTITY,
        "The user with name bob cannot be found.");
  }

  @Test
  void getUserWithoutANameReturnsTheCaller() {
    create("bob");
    fixture.call(
        fixture.root(),
        AttachUserPolicyRequest.builder()
            .userName("bob")
            .policyArn("arn:aws:iam::aws:policy/IAMReadOnlyAccess")
            .build());
    GetUserRequest request = GetUserRequest.builder().build();
    assertThat(fixture.call(as(key("bob")), request, GetUserResponse.class).user().userName())
        .isEqualTo("bob");
    assertThat(fixture.call(fixture.root(), request, GetUserResponse.class).user().arn())
        .isEqualTo("arn:aws:iam::000000000000:root");
  }

  @Test
  void aSecretKeyIsReturnedOnceAndStoredSealed() {
    create("bob");
    AccessKey key = key("bob");
    assertThat(key.accessKeyId()).startsWith("AKIA").hasSize(20);
    assertThat(key.secretAccessKey()).hasSize(40);
    Credentials found = fixture.find(key.accessKeyId(), "").orElseThrow();
    assertThat(found.secret().reveal()).isEqualTo(key.secretAccessKey());
    assertThat(found.principal())
        .isInstanceOfSatisfying(
            Principal.User.class, user -> assertThat(user.name()).isEqualTo("bob"));
    String row =
        fixture.database.read(
            snapshot -> {
              StringBuilder all = new StringBuilder();
              snapshot.scan(
                  new byte[] {0},
                  new byte[] {(byte) 0xFF},
                  1000,
                  (_, value) -> {
                    all.append(new String(value, java.nio.charset.StandardCharsets.ISO_8859_1));
                    return ScanStep.NEXT;
                  });
              return all.toString();
            });
    assertThat(row).contains(key.accessKeyId()).doesNotContain(key.secretAccessKey());
  }

  @Test
  void aUserHasAtMostTwoKeys() {
    create("bob");
    AccessKey one = key("bob");
    AccessKey two = key("bob");
    refused(() -> key("bob"), IamError.LIMIT_EXCEEDED, "AccessKeysPerUser: 2");
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListAccessKeysRequest.builder().userName("bob").build(),
                    ListAccessKeysResponse.class)
                .accessKeyMetadata())
        .extracting(AccessKeyMetadata::accessKeyId)
        .containsExactlyInAnyOrder(one.accessKeyId(), two.accessKeyId());
  }

  @Test
  void anInactiveOrDeletedKeyIsNotFound() {
    create("bob");
    AccessKey key = key("bob");
    setStatus(key, "Inactive");
    assertThat(fixture.find(key.accessKeyId(), "")).isEmpty();
    setStatus(key, "Active");
    assertThat(fixture.find(key.accessKeyId(), "")).isPresent();
    refused(() -> setStatus(key, "Sleeping"), IamError.VALIDATION, "Active, Inactive");
    fixture.call(
        fixture.root(),
        DeleteAccessKeyRequest.builder().userName("bob").accessKeyId(key.accessKeyId()).build());
    assertThat(fixture.find(key.accessKeyId(), "")).isEmpty();
    refused(
        () -> setStatus(key, "Active"),
        IamError.NO_SUCH_ENTITY,
        "The Access Key with id " + key.accessKeyId() + " cannot be found.");
  }

  private void setStatus(AccessKey key, String status) {
    fixture.call(
        fixture.root(),
        UpdateAccessKeyRequest.builder()
            .userName("bob")
            .accessKeyId(key.accessKeyId())
            .status(status)
            .build());
  }

  @Test
  void keysOfOtherUsersAreNotFound() {
    create("bob");
    create("eve");
    AccessKey key = key("eve");
    refused(() -> setStatus(key, "Inactive"), IamError.NO_SUCH_ENTITY);
    assertThat(fixture.find(key.accessKeyId(), "")).isPresent();
  }

  @Test
  void aLongTermKeyWithASessionTokenIsNotFound() {
    create("bob");
    AccessKey key = key("bob");
    assertThat(fixture.iam.credentials().find(key.accessKeyId(), "token")).isEmpty();
    assertThat(fixture.iam.credentials().find("test", "token")).isEmpty();
    assertThat(fixture.iam.credentials().find("AKIANOBODY0123456789", "")).isEmpty();
  }

  @Test
  void aUserWithKeysIsNotDeleted() {
    create("bob");
    key("bob");
    refused(
        () -> fixture.call(fixture.root(), DeleteUserRequest.builder().userName("bob").build()),
        IamError.DELETE_CONFLICT,
        "Cannot delete entity, must delete access keys first.");
  }

  @Test
  void aRenamedUserKeepsKeysAndPolicies() {
    create("bob");
    AccessKey key = key("bob");
    fixture.call(
        fixture.root(),
        AttachUserPolicyRequest.builder()
            .userName("bob")
            .policyArn("arn:aws:iam::aws:policy/IAMReadOnlyAccess")
            .build());
    fixture.call(
        fixture.root(),
        UpdateUserRequest.builder().userName("bob").newUserName("rob").newPath("/a/").build());
    GetUserResponse me =
        fixture.call(as(key), GetUserRequest.builder().build(), GetUserResponse.class);
    assertThat(me.user().arn()).isEqualTo("arn:aws:iam::000000000000:user/a/rob");
    create("bob");
    refused(
        () ->
            fixture.call(
                fixture.root(),
                UpdateUserRequest.builder().userName("bob").newUserName("ROB").build()),
        IamError.ENTITY_ALREADY_EXISTS);
  }
}
