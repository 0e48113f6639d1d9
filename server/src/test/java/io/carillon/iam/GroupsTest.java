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

  private final IamFixture world = new IamFixture();
  private final AddUserToGroupRequest add =
      AddUserToGroupRequest.builder().groupName("admins").userName("bob").build();
  private final RemoveUserFromGroupRequest remove =
      RemoveUserFromGroupRequest.builder().groupName("ADMINS").userName("bob").build();

  @BeforeEach
  void aGroupAndAUser() {
    world.call(world.root(), CreateGroupRequest.builder().groupName("admins").build());
    world.call(world.root(), CreateUserRequest.builder().userName("bob").build());
  }

  @Test
  void aMemberHasThePoliciesOfItsGroupsUntilItLeaves() {
    AccessKey key =
        world
            .call(
                world.root(),
                CreateAccessKeyRequest.builder().userName("bob").build(),
                CreateAccessKeyResponse.class)
            .accessKey();
    Caller bob = world.caller(world.find(key.accessKeyId(), "").orElseThrow());
    world.call(
        world.root(),
        AttachGroupPolicyRequest.builder().groupName("admins").policyArn(READ).build());
    ListUsersRequest list = ListUsersRequest.builder().build();
    refused(() -> world.call(bob, list), CommonError.ACCESS_DENIED, "iam:ListUsers");
    world.call(world.root(), add);
    assertThatCode(() -> world.call(bob, list)).doesNotThrowAnyException();
    world.call(world.root(), remove);
    refused(() -> world.call(bob, list), CommonError.ACCESS_DENIED);
  }

  @Test
  void membersAndGroupsAreListed() {
    world.call(world.root(), add);
    world.call(world.root(), add);
    assertThat(
            world
                .call(
                    world.root(),
                    GetGroupRequest.builder().groupName("Admins").build(),
                    GetGroupResponse.class)
                .users())
        .extracting(User::userName)
        .containsExactly("bob");
    assertThat(
            world
                .call(
                    world.root(),
                    ListGroupsForUserRequest.builder().userName("bob").build(),
                    ListGroupsForUserResponse.class)
                .groups())
        .extracting(Group::groupName)
        .containsExactly("admins");
  }

  @Test
  void neitherAGroupWithMembersNorAMemberIsDeleted() {
    world.call(world.root(), add);
    DeleteGroupRequest deleteGroup = DeleteGroupRequest.builder().groupName("admins").build();
    DeleteUserRequest deleteUser = DeleteUserRequest.builder().userName("bob").build();
    refused(
        () -> world.call(world.root(), deleteGroup),
        IamError.DELETE_CONFLICT,
        "must remove users from group first");
    refused(() -> world.call(world.root(), deleteUser), IamError.DELETE_CONFLICT);
    world.call(world.root(), remove);
    refused(() -> world.call(world.root(), remove), IamError.NO_SUCH_ENTITY, "not in group");
    world.call(world.root(), deleteGroup);
    world.call(world.root(), deleteUser);
  }

  @Test
  void aGroupWithPoliciesIsNotDeleted() {
    world.call(
        world.root(),
        AttachGroupPolicyRequest.builder().groupName("admins").policyArn(READ).build());
    DeleteGroupRequest delete = DeleteGroupRequest.builder().groupName("admins").build();
    refused(() -> world.call(world.root(), delete), IamError.DELETE_CONFLICT, "detach");
    world.call(
        world.root(),
        DetachGroupPolicyRequest.builder().groupName("admins").policyArn(READ).build());
    world.call(world.root(), delete);
  }
}
