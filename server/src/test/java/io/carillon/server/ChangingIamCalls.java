package io.carillon.server;

import static io.carillon.server.RaceServer.ACCOUNT;
import static io.carillon.server.RaceServer.ALLOW_ALL;

import java.util.List;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.StatusType;
import software.amazon.awssdk.services.iam.model.Tag;

/// The changing requests of IAM, on identities and policies that [#on] makes.
final class ChangingIamCalls {
  private static final String TRUST =
      """
      {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
       "Principal":{"Service":"lambda.amazonaws.com"}}}
      """;
  private static final String POLICY = "arn:aws:iam::" + ACCOUNT + ":policy/managed";
  private static final String UNUSED_POLICY = "arn:aws:iam::" + ACCOUNT + ":policy/unused";

  private ChangingIamCalls() {}

  static List<ChangingCalls> on(RaceServer server) {
    IamClient iam = server.iam;
    iam.createPolicy(b -> b.policyName("managed").policyDocument(ALLOW_ALL).tags(tag("old")));
    iam.createPolicyVersion(b -> b.policyArn(POLICY).policyDocument(ALLOW_ALL));
    iam.createPolicy(b -> b.policyName("unused").policyDocument(ALLOW_ALL));
    iam.createUser(b -> b.userName("somebody").tags(tag("old")).permissionsBoundary(POLICY));
    iam.createUser(b -> b.userName("bare"));
    iam.putUserPolicy(b -> b.userName("somebody").policyName("old").policyDocument(ALLOW_ALL));
    iam.attachUserPolicy(b -> b.userName("somebody").policyArn(POLICY));
    String key = iam.createAccessKey(b -> b.userName("somebody")).accessKey().accessKeyId();
    iam.createGroup(b -> b.groupName("group"));
    iam.createGroup(b -> b.groupName("bare"));
    iam.putGroupPolicy(b -> b.groupName("group").policyName("old").policyDocument(ALLOW_ALL));
    iam.attachGroupPolicy(b -> b.groupName("group").policyArn(POLICY));
    iam.addUserToGroup(b -> b.groupName("group").userName("somebody"));
    iam.createRole(
        b ->
            b.roleName("trusted")
                .assumeRolePolicyDocument(TRUST)
                .tags(tag("old"))
                .permissionsBoundary(POLICY));
    iam.createRole(b -> b.roleName("bare").assumeRolePolicyDocument(TRUST));
    iam.putRolePolicy(b -> b.roleName("trusted").policyName("old").policyDocument(ALLOW_ALL));
    iam.attachRolePolicy(b -> b.roleName("trusted").policyArn(POLICY));
    ChangingCalls calls = ChangingCalls.of("iam");
    addUsers(calls, key);
    addGroups(calls);
    addRoles(calls);
    addPolicies(calls);
    return List.of(
        calls, ChangingCalls.of("sts").without("a session is a sealed token", "AssumeRole"));
  }

  private static void addUsers(ChangingCalls calls, String key) {
    calls
        .with("CreateUser", c -> c.iam().createUser(b -> b.userName("new")))
        .with("UpdateUser", c -> c.iam().updateUser(b -> b.userName("somebody").newUserName("new")))
        .with("DeleteUser", c -> c.iam().deleteUser(b -> b.userName("bare")))
        .with("TagUser", c -> c.iam().tagUser(b -> b.userName("somebody").tags(tag("new"))))
        .with("UntagUser", c -> c.iam().untagUser(b -> b.userName("somebody").tagKeys("old")))
        .with("CreateAccessKey", c -> c.iam().createAccessKey(b -> b.userName("bare")))
        .with(
            "UpdateAccessKey",
            c ->
                c.iam()
                    .updateAccessKey(
                        b -> b.userName("somebody").accessKeyId(key).status(StatusType.INACTIVE)))
        .with(
            "DeleteAccessKey",
            c -> c.iam().deleteAccessKey(b -> b.userName("somebody").accessKeyId(key)))
        .with(
            "PutUserPolicy",
            c ->
                c.iam()
                    .putUserPolicy(
                        b -> b.userName("bare").policyName("new").policyDocument(ALLOW_ALL)))
        .with(
            "DeleteUserPolicy",
            c -> c.iam().deleteUserPolicy(b -> b.userName("somebody").policyName("old")))
        .with(
            "AttachUserPolicy",
            c -> c.iam().attachUserPolicy(b -> b.userName("bare").policyArn(POLICY)))
        .with(
            "DetachUserPolicy",
            c -> c.iam().detachUserPolicy(b -> b.userName("somebody").policyArn(POLICY)))
        .with(
            "PutUserPermissionsBoundary",
            c ->
                c.iam()
                    .putUserPermissionsBoundary(
                        b -> b.userName("bare").permissionsBoundary(POLICY)))
        .with(
            "DeleteUserPermissionsBoundary",
            c -> c.iam().deleteUserPermissionsBoundary(b -> b.userName("somebody")));
  }

  private static void addGroups(ChangingCalls calls) {
    calls
        .with("CreateGroup", c -> c.iam().createGroup(b -> b.groupName("new")))
        .with("DeleteGroup", c -> c.iam().deleteGroup(b -> b.groupName("bare")))
        .with(
            "AddUserToGroup",
            c -> c.iam().addUserToGroup(b -> b.groupName("bare").userName("bare")))
        .with(
            "RemoveUserFromGroup",
            c -> c.iam().removeUserFromGroup(b -> b.groupName("group").userName("somebody")))
        .with(
            "PutGroupPolicy",
            c ->
                c.iam()
                    .putGroupPolicy(
                        b -> b.groupName("bare").policyName("new").policyDocument(ALLOW_ALL)))
        .with(
            "DeleteGroupPolicy",
            c -> c.iam().deleteGroupPolicy(b -> b.groupName("group").policyName("old")))
        .with(
            "AttachGroupPolicy",
            c -> c.iam().attachGroupPolicy(b -> b.groupName("bare").policyArn(POLICY)))
        .with(
            "DetachGroupPolicy",
            c -> c.iam().detachGroupPolicy(b -> b.groupName("group").policyArn(POLICY)));
  }

  private static void addRoles(ChangingCalls calls) {
    calls
        .with(
            "CreateRole",
            c -> c.iam().createRole(b -> b.roleName("new").assumeRolePolicyDocument(TRUST)))
        .with("UpdateRole", c -> c.iam().updateRole(b -> b.roleName("bare").description("new")))
        .with(
            "UpdateRoleDescription",
            c -> c.iam().updateRoleDescription(b -> b.roleName("bare").description("new")))
        .with(
            "UpdateAssumeRolePolicy",
            c ->
                c.iam()
                    .updateAssumeRolePolicy(
                        b -> b.roleName("bare").policyDocument(TRUST.replace("lambda", "events"))))
        .with("DeleteRole", c -> c.iam().deleteRole(b -> b.roleName("bare")))
        .with("TagRole", c -> c.iam().tagRole(b -> b.roleName("trusted").tags(tag("new"))))
        .with("UntagRole", c -> c.iam().untagRole(b -> b.roleName("trusted").tagKeys("old")))
        .with(
            "PutRolePolicy",
            c ->
                c.iam()
                    .putRolePolicy(
                        b -> b.roleName("bare").policyName("new").policyDocument(ALLOW_ALL)))
        .with(
            "DeleteRolePolicy",
            c -> c.iam().deleteRolePolicy(b -> b.roleName("trusted").policyName("old")))
        .with(
            "AttachRolePolicy",
            c -> c.iam().attachRolePolicy(b -> b.roleName("bare").policyArn(POLICY)))
        .with(
            "DetachRolePolicy",
            c -> c.iam().detachRolePolicy(b -> b.roleName("trusted").policyArn(POLICY)))
        .with(
            "PutRolePermissionsBoundary",
            c ->
                c.iam()
                    .putRolePermissionsBoundary(
                        b -> b.roleName("bare").permissionsBoundary(POLICY)))
        .with(
            "DeleteRolePermissionsBoundary",
            c -> c.iam().deleteRolePermissionsBoundary(b -> b.roleName("trusted")));
  }

  private static void addPolicies(ChangingCalls calls) {
    calls
        .with(
            "CreatePolicy",
            c -> c.iam().createPolicy(b -> b.policyName("new").policyDocument(ALLOW_ALL)))
        .with("DeletePolicy", c -> c.iam().deletePolicy(b -> b.policyArn(UNUSED_POLICY)))
        .with(
            "CreatePolicyVersion",
            c -> c.iam().createPolicyVersion(b -> b.policyArn(POLICY).policyDocument(ALLOW_ALL)))
        .with(
            "SetDefaultPolicyVersion",
            c -> c.iam().setDefaultPolicyVersion(b -> b.policyArn(POLICY).versionId("v2")))
        .with(
            "DeletePolicyVersion",
            c -> c.iam().deletePolicyVersion(b -> b.policyArn(POLICY).versionId("v2")))
        .with("TagPolicy", c -> c.iam().tagPolicy(b -> b.policyArn(POLICY).tags(tag("new"))))
        .with("UntagPolicy", c -> c.iam().untagPolicy(b -> b.policyArn(POLICY).tagKeys("old")));
  }

  private static Tag tag(String key) {
    return Tag.builder().key(key).value("tag").build();
  }
}
