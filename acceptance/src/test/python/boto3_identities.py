"""Users, groups, roles, policies and sessions, by boto3."""

import json

import boto3

from boto3_clients import ACCOUNT, LAMBDA_TRUST, client_of, iam, statement, sts, trust
from checks import error_of, proves

READ = statement(Action="s3:GetObject", Resource="arn:aws:s3:::wire/large")
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
GONE = ("NoSuchEntity", 404)


def named(entries, key):
    return [entry[key] for entry in entries]


@proves(iam="CreateUser GetUser UpdateUser ListUsers TagUser ListUserTags UntagUser DeleteUser", sts="GetCallerIdentity")
def check_users():
    identity = sts.get_caller_identity()
    assert identity["Account"] == ACCOUNT and identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:root", identity
    made = iam.create_user(UserName="ada", Path="/staff/", Tags=[{"Key": "a", "Value": "1"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/ada" and made["UserId"].startswith("AIDA"), made
    assert error_of(iam.create_user, UserName="ada") == ("EntityAlreadyExists", 409)
    iam.update_user(UserName="ada", NewUserName="ada-l", NewPath="/")
    assert error_of(iam.get_user, UserName="ada") == GONE
    assert iam.get_user(UserName="ada-l")["User"]["UserId"] == made["UserId"]
    assert "ada-l" in named(iam.list_users()["Users"], "UserName")
    iam.tag_user(UserName="ada-l", Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_user(UserName="ada-l", TagKeys=["a"])
    assert iam.list_user_tags(UserName="ada-l")["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_user(UserName="ada-l")
    assert error_of(iam.get_user, UserName="ada-l") == GONE


@proves(iam="CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey", sts="GetAccessKeyInfo GetSessionToken")
def check_access_keys():
    iam.create_user(UserName="keys")
    key = iam.create_access_key(UserName="keys")["AccessKey"]
    given = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    theirs = boto3.client("sts", **given)
    assert theirs.get_caller_identity()["Arn"].endswith(":user/keys")
    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == ACCOUNT
    session = theirs.get_session_token()["Credentials"]
    given = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"]}
    temporary = boto3.client("sts", aws_session_token=session["SessionToken"], **given)
    assert temporary.get_caller_identity()["Arn"].endswith(":user/keys")
    iam.update_access_key(UserName="keys", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert named(iam.list_access_keys(UserName="keys")["AccessKeyMetadata"], "Status") == ["Inactive"]
    assert error_of(theirs.get_caller_identity)[1] == 403
    assert error_of(iam.delete_user, UserName="keys") == ("DeleteConflict", 409)
    iam.delete_access_key(UserName="keys", AccessKeyId=key["AccessKeyId"])
    assert iam.list_access_keys(UserName="keys")["AccessKeyMetadata"] == []
    iam.delete_user(UserName="keys")


@proves(
    iam="PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy AttachUserPolicy ListAttachedUserPolicies "
    "DetachUserPolicy PutUserPermissionsBoundary DeleteUserPermissionsBoundary"
)
def check_what_a_user_may():
    reader = client_of("reader", READ, "s3")
    assert iam.list_user_policies(UserName="reader")["PolicyNames"] == ["p"]
    assert iam.get_user_policy(UserName="reader", PolicyName="p")["PolicyDocument"] == json.loads(READ)
    assert reader.head_object(Bucket="wire", Key="large")["ContentLength"] == 1_000_000
    assert error_of(reader.get_object, Bucket="wire", Key="parts") == ("AccessDenied", 403)
    assert error_of(reader.put_object, Bucket="wire", Key="large", Body=b"") == ("AccessDenied", 403)
    iam.attach_user_policy(UserName="reader", PolicyArn=READ_ONLY)
    attached = lambda: named(iam.list_attached_user_policies(UserName="reader")["AttachedPolicies"], "PolicyArn")
    assert attached() == [READ_ONLY] and reader.list_objects_v2(Bucket="wire")["KeyCount"] > 0
    boundary = iam.create_policy(PolicyName="only-large", PolicyDocument=READ)["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="reader", PermissionsBoundary=boundary)
    assert iam.get_user(UserName="reader")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert error_of(reader.list_objects_v2, Bucket="wire") == ("AccessDenied", 403)
    iam.delete_user_permissions_boundary(UserName="reader")
    assert reader.list_objects_v2(Bucket="wire")["KeyCount"] > 0
    iam.detach_user_policy(UserName="reader", PolicyArn=READ_ONLY)
    assert attached() == []
    iam.delete_user_policy(UserName="reader", PolicyName="p")
    assert error_of(iam.get_user_policy, UserName="reader", PolicyName="p") == GONE
    assert error_of(reader.get_object, Bucket="wire", Key="large") == ("AccessDenied", 403)


def check_who_may_not():
    nobody = client_of("nobody", None, "sns")
    assert error_of(nobody.create_topic, Name="t") == ("AuthorizationError", 403)
    wrong = boto3.client("s3", aws_access_key_id="test", aws_secret_access_key="wrong")
    assert error_of(wrong.list_buckets) == ("SignatureDoesNotMatch", 403)
    stranger = boto3.client("s3", aws_access_key_id="AKIAUNKNOWNUNKNOWN00", aws_secret_access_key="x")
    assert error_of(stranger.list_buckets) == ("InvalidAccessKeyId", 403)


@proves(
    iam="CreateGroup GetGroup ListGroups AddUserToGroup ListGroupsForUser RemoveUserFromGroup PutGroupPolicy GetGroupPolicy "
    "ListGroupPolicies DeleteGroupPolicy AttachGroupPolicy ListAttachedGroupPolicies DetachGroupPolicy DeleteGroup"
)
def check_groups():
    made = iam.create_group(GroupName="readers")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/readers", made
    member = client_of("member", None, "s3")
    iam.add_user_to_group(GroupName="readers", UserName="member")
    assert named(iam.get_group(GroupName="readers")["Users"], "UserName") == ["member"]
    assert named(iam.list_groups_for_user(UserName="member")["Groups"], "GroupName") == ["readers"]
    assert named(iam.list_groups()["Groups"], "GroupName") == ["readers"]
    assert error_of(member.head_object, Bucket="wire", Key="large")[1] == 403
    iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=READ)
    assert iam.list_group_policies(GroupName="readers")["PolicyNames"] == ["p"]
    assert iam.get_group_policy(GroupName="readers", PolicyName="p")["PolicyDocument"] == json.loads(READ)
    assert member.head_object(Bucket="wire", Key="large")["ContentLength"] == 1_000_000
    iam.delete_group_policy(GroupName="readers", PolicyName="p")
    assert iam.list_group_policies(GroupName="readers")["PolicyNames"] == []
    iam.attach_group_policy(GroupName="readers", PolicyArn=READ_ONLY)
    attached = lambda: named(iam.list_attached_group_policies(GroupName="readers")["AttachedPolicies"], "PolicyName")
    assert attached() == ["AmazonS3ReadOnlyAccess"] and member.list_objects_v2(Bucket="wire")["KeyCount"] > 0
    iam.detach_group_policy(GroupName="readers", PolicyArn=READ_ONLY)
    assert attached() == []
    assert error_of(iam.delete_group, GroupName="readers") == ("DeleteConflict", 409)
    iam.remove_user_from_group(GroupName="readers", UserName="member")
    assert iam.get_group(GroupName="readers")["Users"] == []
    iam.delete_group(GroupName="readers")
    assert error_of(iam.get_group, GroupName="readers") == GONE


@proves(
    iam="CreateRole GetRole ListRoles UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole ListRoleTags UntagRole "
    "ListInstanceProfilesForRole PutRolePermissionsBoundary DeleteRolePermissionsBoundary DeleteRole"
)
def check_roles():
    made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=LAMBDA_TRUST, Description="d")["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/worker" and made["RoleId"].startswith("AROA"), made
    role = lambda: iam.get_role(RoleName="worker")["Role"]
    assert role()["AssumeRolePolicyDocument"] == json.loads(LAMBDA_TRUST) and role()["MaxSessionDuration"] == 3600
    assert error_of(iam.create_role, RoleName="worker", AssumeRolePolicyDocument=LAMBDA_TRUST) == ("EntityAlreadyExists", 409)
    assert error_of(iam.create_role, RoleName="bad", AssumeRolePolicyDocument="{")[0] == "MalformedPolicyDocument"
    assert "worker" in named(iam.list_roles()["Roles"], "RoleName")
    assert iam.update_role(RoleName="worker", Description="e", MaxSessionDuration=7200)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert (role()["Description"], role()["MaxSessionDuration"]) == ("e", 7200)
    assert iam.update_role_description(RoleName="worker", Description="f")["Role"]["Description"] == "f"
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=trust(Service="sns.amazonaws.com"))
    assert role()["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "sns.amazonaws.com"}
    iam.tag_role(RoleName="worker", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName="worker", TagKeys=["a"])
    assert iam.list_role_tags(RoleName="worker")["Tags"] == [{"Key": "b", "Value": "2"}]
    assert iam.list_instance_profiles_for_role(RoleName="worker")["InstanceProfiles"] == []
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=READ_ONLY)
    assert role()["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    iam.delete_role_permissions_boundary(RoleName="worker")
    assert "PermissionsBoundary" not in role()
    iam.delete_role(RoleName="worker")
    assert error_of(iam.get_role, RoleName="worker") == GONE


@proves(
    iam="PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy AttachRolePolicy ListAttachedRolePolicies "
    "DetachRolePolicy",
    sts="AssumeRole GetCallerIdentity",
)
def check_what_a_role_may():
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    role = iam.create_role(RoleName="lister", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="lister", PolicyArn=READ_ONLY)
    attached = lambda: named(iam.list_attached_role_policies(RoleName="lister")["AttachedPolicies"], "PolicyArn")
    assert attached() == [READ_ONLY]
    assert error_of(sts.assume_role, RoleArn=role, RoleSessionName="me")[0] == "AccessDenied"  # root may not
    may = statement(Action="sts:AssumeRole", Resource=role)
    session = client_of("assumer", may, "sts").assume_role(RoleArn=role, RoleSessionName="me")
    assert session["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/lister/me", session
    keys = session["Credentials"]
    given = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    assert boto3.client("sts", **given).get_caller_identity()["Arn"] == session["AssumedRoleUser"]["Arn"]
    theirs = boto3.client("s3", **given)
    assert theirs.list_objects_v2(Bucket="wire")["KeyCount"] > 0
    assert error_of(theirs.put_object, Bucket="wire", Key="x", Body=b"") == ("AccessDenied", 403)
    iam.detach_role_policy(RoleName="lister", PolicyArn=READ_ONLY)
    assert attached() == [] and error_of(theirs.list_objects_v2, Bucket="wire") == ("AccessDenied", 403)
    iam.put_role_policy(RoleName="lister", PolicyName="p", PolicyDocument=READ)
    assert iam.list_role_policies(RoleName="lister")["PolicyNames"] == ["p"]
    assert iam.get_role_policy(RoleName="lister", PolicyName="p")["PolicyDocument"] == json.loads(READ)
    assert theirs.head_object(Bucket="wire", Key="large")["ContentLength"] == 1_000_000
    iam.delete_role_policy(RoleName="lister", PolicyName="p")
    assert error_of(iam.get_role_policy, RoleName="lister", PolicyName="p") == GONE
    given["aws_session_token"] = given["aws_session_token"][:-4] + "AAAA"
    assert error_of(boto3.client("s3", **given).list_buckets)[1] in (400, 403)


@proves(
    iam="CreatePolicy GetPolicy ListPolicies CreatePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion "
    "DeletePolicyVersion ListEntitiesForPolicy TagPolicy ListPolicyTags UntagPolicy DeletePolicy"
)
def check_managed_policies():
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"""
    arn = iam.create_policy(PolicyName="mine", PolicyDocument=READ, Description="d")["Policy"]["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/mine"
    wider = statement(Action="s3:GetObject", Resource="*")
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=wider)["PolicyVersion"]
    assert second["VersionId"] == "v2" and not second["IsDefaultVersion"], second
    document = lambda v: iam.get_policy_version(PolicyArn=arn, VersionId=v)["PolicyVersion"]["Document"]
    assert (document("v1"), document("v2")) == (json.loads(READ), json.loads(wider))
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert error_of(iam.delete_policy_version, PolicyArn=arn, VersionId="v2") == ("DeleteConflict", 409)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert named(iam.list_policy_versions(PolicyArn=arn)["Versions"], "VersionId") == ["v2"]
    assert "mine" in named(iam.list_policies(Scope="Local")["Policies"], "PolicyName")
    iam.create_user(UserName="holder")
    iam.attach_user_policy(UserName="holder", PolicyArn=arn)
    holders = iam.list_entities_for_policy(PolicyArn=arn)
    assert named(holders["PolicyUsers"], "UserName") == ["holder"] and holders["PolicyRoles"] == [], holders
    assert error_of(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict", 409)
    iam.detach_user_policy(UserName="holder", PolicyArn=arn)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_policy(PolicyArn=arn)
    assert error_of(iam.get_policy, PolicyArn=arn) == GONE
