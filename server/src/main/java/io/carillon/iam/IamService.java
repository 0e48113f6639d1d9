package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Credentials;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.Principal;
import io.carillon.aws.ResourcePolicies;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Ids;
import io.carillon.base.Sealer;
import io.carillon.policy.KnownPrincipals;
import io.carillon.store.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.iam.model.AddUserToGroupRequest;
import software.amazon.awssdk.services.iam.model.AttachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateGroupRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.DeleteGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteGroupRequest;
import software.amazon.awssdk.services.iam.model.DeletePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeletePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRoleRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.DetachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetGroupRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.GetRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.GetRoleRequest;
import software.amazon.awssdk.services.iam.model.GetUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetUserRequest;
import software.amazon.awssdk.services.iam.model.ListAccessKeysRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedGroupPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedRolePoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedUserPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListEntitiesForPolicyRequest;
import software.amazon.awssdk.services.iam.model.ListGroupPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListGroupsForUserRequest;
import software.amazon.awssdk.services.iam.model.ListGroupsRequest;
import software.amazon.awssdk.services.iam.model.ListInstanceProfilesForRoleRequest;
import software.amazon.awssdk.services.iam.model.ListPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyTagsRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyVersionsRequest;
import software.amazon.awssdk.services.iam.model.ListRolePoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListRoleTagsRequest;
import software.amazon.awssdk.services.iam.model.ListRolesRequest;
import software.amazon.awssdk.services.iam.model.ListUserPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListUserTagsRequest;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.PutGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.PutUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.RemoveUserFromGroupRequest;
import software.amazon.awssdk.services.iam.model.SetDefaultPolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.TagPolicyRequest;
import software.amazon.awssdk.services.iam.model.TagRoleRequest;
import software.amazon.awssdk.services.iam.model.TagUserRequest;
import software.amazon.awssdk.services.iam.model.UntagPolicyRequest;
import software.amazon.awssdk.services.iam.model.UntagRoleRequest;
import software.amazon.awssdk.services.iam.model.UntagUserRequest;
import software.amazon.awssdk.services.iam.model.UpdateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.UpdateAssumeRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.UpdateRoleDescriptionRequest;
import software.amazon.awssdk.services.iam.model.UpdateRoleRequest;
import software.amazon.awssdk.services.iam.model.UpdateUserRequest;

/// IAM: users, groups, roles, their policies and access keys. IAM has no regions; its tables are
/// keyed by account.
public final class IamService {
  private final Database database;
  private final Identities identities;
  private final ManagedPolicies managedPolicies;
  private final Attachments attachments;
  private final PolicyDocuments documents = new PolicyDocuments();
  private final Accounts accounts;
  private final PrincipalPolicies principalPolicies;
  private final LongTermKeys longTermKeys;
  private final InstantSource clock;
  private final Users users;
  private final Groups groups;
  private final Roles roles;
  private final AccessKeys accessKeys;
  private final InlinePolicies inlinePolicies;
  private final AttachedPolicies attachedPolicies;
  private final PermissionsBoundaries boundaries;
  private final CustomerPolicies customerPolicies;
  private final PolicyVersions policyVersions;

  /// The properties of a role that sessions need.
  public record SessionRole(
      AccountId account, String path, String name, String id, Duration maxSession) {}

  /// @param root the first account and its root user
  /// @param awsPolicies managed policies of AWS, in addition to the built-in ones
  /// @throws UnusableManagedPolicyException with the file and what to do
  public IamService(
      Database database,
      Sealer sealer,
      Ids ids,
      InstantSource clock,
      Accounts.Root root,
      ManagedPolicyFiles awsPolicies) {
    this.database = database;
    this.clock = clock;
    IamVersion version = new IamVersion();
    AccessKeyRows keys = new AccessKeyRows(version);
    this.attachments = new Attachments();
    this.identities = new Identities(database, version);
    this.managedPolicies = new ManagedPolicies(new AwsManagedPolicies(awsPolicies), version);
    this.accounts = new Accounts(database, keys, version, sealer, ids, clock, root);
    this.principalPolicies =
        new PrincipalPolicies(database, identities, managedPolicies, accounts, documents, version);
    this.longTermKeys = new LongTermKeys(database, identities, accounts, keys, sealer, version);
    this.boundaries = new PermissionsBoundaries(database, identities, managedPolicies, attachments);
    this.attachedPolicies =
        new AttachedPolicies(database, identities, managedPolicies, attachments);
    this.inlinePolicies = new InlinePolicies(identities);
    this.users = new Users(database, identities, boundaries, attachedPolicies, keys, ids, clock);
    this.groups = new Groups(database, identities, boundaries, ids, clock);
    this.roles = new Roles(database, identities, boundaries, ids, clock);
    this.accessKeys = new AccessKeys(database, identities, accounts, keys, sealer, ids, clock);
    this.customerPolicies =
        new CustomerPolicies(database, managedPolicies, attachments, ids, clock);
    this.policyVersions = new PolicyVersions(database, managedPolicies, clock);
  }

  public Operations operations() {
    return Operations.of("iam")
        .needing(
            CreateUserRequest.class,
            r ->
                needWithBoundary(
                        "CreateUser",
                        arnToCreate(IdentityType.USER, r.path(), r.userName()),
                        r.permissionsBoundary())
                    .andTagging("iam:TagUser", IamTags.of(r.tags())),
            users::create)
        .on(GetUserRequest.class, r -> user(r.userName()), users::get)
        .on(ListUsersRequest.class, r -> pathArn(IdentityType.USER, r.pathPrefix()), users::list)
        .needing(UpdateUserRequest.class, this::needsForUpdateUser, users::update)
        .on(DeleteUserRequest.class, r -> user(r.userName()), users::delete)
        .needing(
            TagUserRequest.class,
            r -> List.of(Need.of("iam:TagUser", user(r.userName())).tagging(IamTags.of(r.tags()))),
            users::tag)
        .needing(
            UntagUserRequest.class,
            r -> List.of(Need.of("iam:UntagUser", user(r.userName())).untagging(r.tagKeys())),
            users::untag)
        .on(ListUserTagsRequest.class, r -> user(r.userName()), users::listTags)
        .on(CreateAccessKeyRequest.class, r -> user(r.userName()), accessKeys::create)
        .on(ListAccessKeysRequest.class, r -> user(r.userName()), accessKeys::list)
        .on(UpdateAccessKeyRequest.class, r -> user(r.userName()), accessKeys::update)
        .on(DeleteAccessKeyRequest.class, r -> user(r.userName()), accessKeys::delete)
        .on(
            CreateGroupRequest.class,
            r -> arnToCreate(IdentityType.GROUP, r.path(), r.groupName()),
            groups::create)
        .on(GetGroupRequest.class, r -> group(r.groupName()), groups::get)
        .on(ListGroupsRequest.class, r -> pathArn(IdentityType.GROUP, r.pathPrefix()), groups::list)
        .on(DeleteGroupRequest.class, r -> group(r.groupName()), groups::delete)
        .on(AddUserToGroupRequest.class, r -> group(r.groupName()), groups::addUser)
        .on(RemoveUserFromGroupRequest.class, r -> group(r.groupName()), groups::removeUser)
        .on(ListGroupsForUserRequest.class, r -> user(r.userName()), groups::listForUser)
        .needing(
            CreateRoleRequest.class,
            r ->
                needWithBoundary(
                        "CreateRole",
                        arnToCreate(IdentityType.ROLE, r.path(), r.roleName()),
                        r.permissionsBoundary())
                    .andTagging("iam:TagRole", IamTags.of(r.tags())),
            roles::create)
        .on(GetRoleRequest.class, r -> role(r.roleName()), roles::get)
        .on(ListRolesRequest.class, r -> pathArn(IdentityType.ROLE, r.pathPrefix()), roles::list)
        .on(UpdateRoleRequest.class, r -> role(r.roleName()), roles::update)
        .on(UpdateRoleDescriptionRequest.class, r -> role(r.roleName()), roles::updateDescription)
        .on(UpdateAssumeRolePolicyRequest.class, r -> role(r.roleName()), roles::updateTrustPolicy)
        .on(DeleteRoleRequest.class, r -> role(r.roleName()), roles::delete)
        .needing(
            TagRoleRequest.class,
            r -> List.of(Need.of("iam:TagRole", role(r.roleName())).tagging(IamTags.of(r.tags()))),
            roles::tag)
        .needing(
            UntagRoleRequest.class,
            r -> List.of(Need.of("iam:UntagRole", role(r.roleName())).untagging(r.tagKeys())),
            roles::untag)
        .on(ListRoleTagsRequest.class, r -> role(r.roleName()), roles::listTags)
        .on(
            ListInstanceProfilesForRoleRequest.class,
            r -> role(r.roleName()),
            roles::listInstanceProfiles)
        .needing(
            PutUserPolicyRequest.class,
            r -> List.of(needOnIdentity("PutUserPolicy", IdentityType.USER, r.userName())),
            inlinePolicies::putUser)
        .on(GetUserPolicyRequest.class, r -> user(r.userName()), inlinePolicies::getUser)
        .needing(
            DeleteUserPolicyRequest.class,
            r -> List.of(needOnIdentity("DeleteUserPolicy", IdentityType.USER, r.userName())),
            inlinePolicies::deleteUser)
        .on(ListUserPoliciesRequest.class, r -> user(r.userName()), inlinePolicies::listUser)
        .on(PutGroupPolicyRequest.class, r -> group(r.groupName()), inlinePolicies::putGroup)
        .on(GetGroupPolicyRequest.class, r -> group(r.groupName()), inlinePolicies::getGroup)
        .on(DeleteGroupPolicyRequest.class, r -> group(r.groupName()), inlinePolicies::deleteGroup)
        .on(ListGroupPoliciesRequest.class, r -> group(r.groupName()), inlinePolicies::listGroup)
        .needing(
            PutRolePolicyRequest.class,
            r -> List.of(needOnIdentity("PutRolePolicy", IdentityType.ROLE, r.roleName())),
            inlinePolicies::putRole)
        .on(GetRolePolicyRequest.class, r -> role(r.roleName()), inlinePolicies::getRole)
        .needing(
            DeleteRolePolicyRequest.class,
            r -> List.of(needOnIdentity("DeleteRolePolicy", IdentityType.ROLE, r.roleName())),
            inlinePolicies::deleteRole)
        .on(ListRolePoliciesRequest.class, r -> role(r.roleName()), inlinePolicies::listRole)
        .needing(
            AttachUserPolicyRequest.class,
            r -> needWithPolicy("AttachUserPolicy", IdentityType.USER, r.userName(), r.policyArn()),
            attachedPolicies::attachUser)
        .needing(
            DetachUserPolicyRequest.class,
            r -> needWithPolicy("DetachUserPolicy", IdentityType.USER, r.userName(), r.policyArn()),
            attachedPolicies::detachUser)
        .on(
            ListAttachedUserPoliciesRequest.class,
            r -> user(r.userName()),
            attachedPolicies::listUser)
        .needing(
            AttachGroupPolicyRequest.class,
            r ->
                needWithPolicy(
                    "AttachGroupPolicy", IdentityType.GROUP, r.groupName(), r.policyArn()),
            attachedPolicies::attachGroup)
        .needing(
            DetachGroupPolicyRequest.class,
            r ->
                needWithPolicy(
                    "DetachGroupPolicy", IdentityType.GROUP, r.groupName(), r.policyArn()),
            attachedPolicies::detachGroup)
        .on(
            ListAttachedGroupPoliciesRequest.class,
            r -> group(r.groupName()),
            attachedPolicies::listGroup)
        .needing(
            AttachRolePolicyRequest.class,
            r -> needWithPolicy("AttachRolePolicy", IdentityType.ROLE, r.roleName(), r.policyArn()),
            attachedPolicies::attachRole)
        .needing(
            DetachRolePolicyRequest.class,
            r -> needWithPolicy("DetachRolePolicy", IdentityType.ROLE, r.roleName(), r.policyArn()),
            attachedPolicies::detachRole)
        .on(
            ListAttachedRolePoliciesRequest.class,
            r -> role(r.roleName()),
            attachedPolicies::listRole)
        .needing(
            PutUserPermissionsBoundaryRequest.class,
            r ->
                List.of(
                    needWithBoundary(
                        "PutUserPermissionsBoundary", user(r.userName()), r.permissionsBoundary())),
            boundaries::putUser)
        .needing(
            DeleteUserPermissionsBoundaryRequest.class,
            r ->
                List.of(
                    needOnIdentity(
                        "DeleteUserPermissionsBoundary", IdentityType.USER, r.userName())),
            boundaries::deleteUser)
        .needing(
            PutRolePermissionsBoundaryRequest.class,
            r ->
                List.of(
                    needWithBoundary(
                        "PutRolePermissionsBoundary", role(r.roleName()), r.permissionsBoundary())),
            boundaries::putRole)
        .needing(
            DeleteRolePermissionsBoundaryRequest.class,
            r ->
                List.of(
                    needOnIdentity(
                        "DeleteRolePermissionsBoundary", IdentityType.ROLE, r.roleName())),
            boundaries::deleteRole)
        .needing(
            CreatePolicyRequest.class,
            r ->
                Need.of("iam:CreatePolicy", policyArnToCreate(r.path(), r.policyName()))
                    .andTagging("iam:TagPolicy", IamTags.of(r.tags())),
            customerPolicies::create)
        .needing(
            GetPolicyRequest.class,
            r -> needOnPolicy("GetPolicy", r.policyArn()),
            customerPolicies::get)
        .on(
            ListPoliciesRequest.class,
            r -> Arn.iam(account(), "policy" + IamConstraints.pathPrefix(r.pathPrefix())),
            customerPolicies::list)
        .needing(
            DeletePolicyRequest.class,
            r -> needOnPolicy("DeletePolicy", r.policyArn()),
            customerPolicies::delete)
        .needing(
            ListEntitiesForPolicyRequest.class,
            r -> needOnPolicy("ListEntitiesForPolicy", r.policyArn()),
            customerPolicies::listEntities)
        .needing(
            TagPolicyRequest.class,
            r ->
                List.of(
                    needOnPolicy("TagPolicy", r.policyArn())
                        .getFirst()
                        .tagging(IamTags.of(r.tags()))),
            customerPolicies::tag)
        .needing(
            UntagPolicyRequest.class,
            r ->
                List.of(
                    needOnPolicy("UntagPolicy", r.policyArn()).getFirst().untagging(r.tagKeys())),
            customerPolicies::untag)
        .needing(
            ListPolicyTagsRequest.class,
            r -> needOnPolicy("ListPolicyTags", r.policyArn()),
            customerPolicies::listTags)
        .needing(
            CreatePolicyVersionRequest.class,
            r -> needOnPolicy("CreatePolicyVersion", r.policyArn()),
            policyVersions::create)
        .needing(
            GetPolicyVersionRequest.class,
            r -> needOnPolicy("GetPolicyVersion", r.policyArn()),
            policyVersions::get)
        .needing(
            ListPolicyVersionsRequest.class,
            r -> needOnPolicy("ListPolicyVersions", r.policyArn()),
            policyVersions::list)
        .needing(
            SetDefaultPolicyVersionRequest.class,
            r -> needOnPolicy("SetDefaultPolicyVersion", r.policyArn()),
            policyVersions::setDefault)
        .needing(
            DeletePolicyVersionRequest.class,
            r -> needOnPolicy("DeletePolicyVersion", r.policyArn()),
            policyVersions::delete);
  }

  /// The accounts, for the command line and the admin API.
  public Accounts accounts() {
    return accounts;
  }

  /// Finds long-term keys; session tokens are found by `sts`.
  public Credentials.Source credentials() {
    return longTermKeys;
  }

  /// @param resourcePolicies of the services whose resources have policies, by the service's name
  ///   in ARNs. Read at each decision, so it may be filled later: the services need the authorizer
  ///   to be constructed.
  public IamAuthorizer authorizer(
      Map<String, ResourcePolicies> resourcePolicies, IamAuthorizer.IssueTimes issueTimes) {
    return new IamAuthorizer(
        principalPolicies, identities, accounts, documents, resourcePolicies, issueTimes, clock);
  }

  /// The principals that resource policies may name.
  public KnownPrincipals principals() {
    return new IamPrincipals(database, accounts, identities);
  }

  /// Whether a principal still exists, was not recreated since its credentials were issued, and its
  /// account is not suspended.
  public boolean exists(Principal principal) {
    return principalPolicies.exists(principal);
  }

  /// The role of an ARN, path included; empty if there is none.
  public Optional<SessionRole> role(Arn arn) {
    String resource = arn.resource();
    return identities
        .find(arn.account(), IdentityType.ROLE, resource.substring(resource.lastIndexOf('/') + 1))
        .filter(role -> role.arn().equals(arn.toString()))
        .map(
            role ->
                new SessionRole(
                    new AccountId(role.account()),
                    role.path(),
                    role.name(),
                    role.id(),
                    Duration.ofSeconds(role.roleTerms().maxSessionSeconds())));
  }

  /// Logs which managed policies of AWS are attached but missing, for example because they were in
  /// a folder that is no longer configured.
  public void logMissingPolicies() {
    for (String arn : database.read(attachments::policiesOfAws)) {
      if (database.read(snapshot -> managedPolicies.find(snapshot, arn)).isEmpty()) {
        managedPolicies.logMissing(arn);
      }
    }
  }

  /// The default version of a managed policy, for session policies.
  public Optional<String> managedDocument(String arn) {
    return database.read(
        snapshot -> managedPolicies.find(snapshot, arn).map(ManagedPolicy::document));
  }

  /// The account of an access key; empty if it does not exist.
  public Optional<AccountId> accountOfKey(String accessKeyId) {
    return longTermKeys.account(accessKeyId);
  }

  private static AccountId account() {
    return Caller.current().account();
  }

  private Arn user(@Nullable String name) {
    if (name != null) {
      return arn(IdentityType.USER, name);
    }
    return Arn.parse(
        Caller.current().principal() instanceof Principal.User user
            ? user.arn()
            : Arn.iam(account(), "root").toString());
  }

  private Arn group(String name) {
    return arn(IdentityType.GROUP, name);
  }

  private Arn role(String name) {
    return arn(IdentityType.ROLE, name);
  }

  /// The ARN of an identity. Requests do not contain the path, so it is looked up.
  private Arn arn(IdentityType kind, @Nullable String name) {
    String checked = IamConstraints.name(kind, name);
    return identities
        .find(account().value(), kind, checked)
        .map(identity -> Arn.parse(identity.arn()))
        .orElseGet(() -> Arn.iam(account(), kind.word() + "/" + checked));
  }

  private static Arn arnToCreate(IdentityType kind, @Nullable String path, @Nullable String name) {
    return Arn.iam(
        account(), kind.word() + IamConstraints.path(path) + IamConstraints.name(kind, name));
  }

  private static Arn pathArn(IdentityType kind, @Nullable String pathPrefix) {
    return Arn.iam(account(), kind.word() + IamConstraints.pathPrefix(pathPrefix));
  }

  private static List<Need> needOnPolicy(String operation, String policyArn) {
    return List.of(
        new Need(
            "iam:" + operation,
            IamConstraints.length("policyArn", policyArn, 20, 2_048),
            Map.of()));
  }

  /// To rename or move a user, both the old and the new ARN must be allowed. Otherwise a caller
  /// limited to a path could move users out of it.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
  private List<Need> needsForUpdateUser(UpdateUserRequest r) {
    Arn before = user(r.userName());
    String name = before.resource().substring(before.resource().lastIndexOf('/') + 1);
    String path =
        before.resource().substring("user".length(), before.resource().length() - name.length());
    Arn after =
        arnToCreate(
            IdentityType.USER,
            r.newPath() == null ? path : r.newPath(),
            r.newUserName() == null ? name : r.newUserName());
    Need update = Need.of("iam:UpdateUser", before);
    return after.equals(before)
        ? List.of(update)
        : List.of(update, Need.of("iam:UpdateUser", after));
  }

  private static Arn policyArnToCreate(@Nullable String path, @Nullable String name) {
    return Arn.iam(
        account(), "policy" + IamConstraints.path(path) + IamConstraints.policyName(name));
  }

  /// A need on a user, group or role, with its permissions boundary as a condition key, so that
  /// policies can require a boundary.
  private Need needOnIdentity(String operation, IdentityType kind, @Nullable String name) {
    Arn arn = arn(kind, name);
    Need need = Need.of("iam:" + operation, arn);
    Optional<Identity> identity = identities.find(account().value(), kind, String.valueOf(name));
    return identity.isPresent()
        ? need.with("iam:PermissionsBoundary", identity.get().boundary())
        : need;
  }

  private List<Need> needWithPolicy(
      String operation, IdentityType kind, @Nullable String name, String policyArn) {
    return List.of(
        needOnIdentity(operation, kind, name)
            .with("iam:PolicyARN", IamConstraints.length("policyArn", policyArn, 20, 2_048)));
  }

  private static Need needWithBoundary(String operation, Arn resource, @Nullable String boundary) {
    return Need.of("iam:" + operation, resource).with("iam:PermissionsBoundary", boundary);
  }
}
