package io.carillon.iam;

import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.AddUserToGroupRequest;
import software.amazon.awssdk.services.iam.model.AttachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.CreateGroupRequest;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteGroupRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.DetachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetGroupRequest;
import software.amazon.awssdk.services.iam.model.GetGroupResponse;
import software.amazon.awssdk.services.iam.model.Group;
import software.amazon.awssdk.services.iam.model.ListGroupsForUserRequest;
import software.amazon.awssdk.services.iam.model.ListGroupsForUserResponse;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.RemoveUserFromGroupRequest;
import software.amazon.awssdk.services.iam.model.User;

class GroupsTest {
  private static final String READ = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";

  private final IamFixture fixture = new IamFixture();
  private final AddUserToGroupRequest add =
      AddUserToGroupRequest.builder().groupName("admins").userName("bob").build();
  private final RemoveUserFromGroupRequest remove =
      RemoveUserFromGroupRequest.builder().groupName("ADMINS").userName("bob").build();

  @BeforeEach
  void createGroupAndUser() {
    fixture.call(fixture.root(), CreateGroupRequest.builder().groupName("admins").build());
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("bob").build());
  }

  @Test
  void membersHaveThePoliciesOfTheirGroupsUntilRemoved() {
    AccessKey key =
        fixture
            .call(
                fixture.root(),
                CreateAccessKeyRequest.builder().userName("bob").build(),
                CreateAccessKeyResponse.class)
            .accessKey();
    Caller bob = fixture.caller(fixture.find(key.accessKeyId(), "").orElseThrow());
    fixture.call(
        fixture.root(),
        AttachGroupPolicyRequest.builder().groupName("admins").policyArn(READ).build());
    ListUsersRequest list = ListUsersRequest.builder().build();
    refused(() -> fixture.call(bob, list), CommonError.ACCESS_DENIED, "iam:ListUsers");
    fixture.call(fixture.root(), add);
    assertThatCode(() -> fixture.call(bob, list)).doesNotThrowAnyException();
    fixture.call(fixture.root(), remove);
    refused(() -> fixture.call(bob, list), CommonError.ACCESS_DENIED);
  }

  @Test
  void membersAndGroupsAreListed() {
    fixture.call(fixture.root(), add);
    fixture.call(fixture.root(), add);
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    GetGroupRequest.builder().groupName("Admins").build(),
                    GetGroupResponse.class)
                .users())
        .extracting(User::userName)
        .containsExactly("bob");
    assertThat(
            fixture
                .call(
                    fixture.root(),
                    ListGroupsForUserRequest.builder().userName("bob").build(),
                    ListGroupsForUserResponse.class)
                .groups())
        .extracting(Group::groupName)
        .containsExactly("admins");
  }

  @Test
  void groupsWithMembersAndUsersInGroupsAreNotDeleted() {
    fixture.call(fixture.root(), add);
    DeleteGroupRequest deleteGroup = DeleteGroupRequest.builder().groupName("admins").build();
    DeleteUserRequest deleteUser = DeleteUserRequest.builder().userName("bob").build();
    refused(
        () -> fixture.call(fixture.root(), deleteGroup),
        IamError.DELETE_CONFLICT,
        "must remove users from group first");
    refused(() -> fixture.call(fixture.root(), deleteUser), IamError.DELETE_CONFLICT);
    fixture.call(fixture.root(), remove);
    refused(() -> fixture.call(fixture.root(), remove), IamError.NO_SUCH_ENTITY, "not in group");
    fixture.call(fixture.root(), deleteGroup);
    fixture.call(fixture.root(), deleteUser);
  }

  @Test
  void aGroupWithPoliciesIsNotDeleted() {
    fixture.call(
        fixture.root(),
        AttachGroupPolicyRequest.builder().groupName("admins").policyArn(READ).build());
    DeleteGroupRequest delete = DeleteGroupRequest.builder().groupName("admins").build();
    refused(() -> fixture.call(fixture.root(), delete), IamError.DELETE_CONFLICT, "detach");
    fixture.call(
        fixture.root(),
        DetachGroupPolicyRequest.builder().groupName("admins").policyArn(READ).build());
    fixture.call(fixture.root(), delete);
  }
}
