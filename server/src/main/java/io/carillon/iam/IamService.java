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

/// IAM: who there is, what they may, and which keys they hold. IAM knows no regions; its tables are
/// keyed by account.
public final class IamService {
  private final Database database;
  private final Identities identities;
  private final ManagedPolicies policies;
  private final Attachments attachments;
  private final PolicyDocuments documents = new PolicyDocuments();
  private final Accounts accounts;
  private final PrincipalPolicies grants;
  private final LongTermKeys longTermKeys;
  private final InstantSource clock;
  private final Users users;
  private final Groups groups;
  private final Roles roles;
  private final AccessKeys accessKeys;
  private final InlinePolicies inline;
  private final AttachedPolicies attached;
  private final PermissionsBoundaries boundaries;
  private final CustomerPolicies customer;
  private final PolicyVersions versions;

  /// A role as sessions need it.
  public record SessionRole(
      AccountId account, String path, String name, String id, Duration maxSession) {}

  /// @param root the first account and its root user
  /// @param managedPolicies of AWS, beyond those built in
  /// @throws UnusableManagedPolicyException naming the file and what to do
  public IamService(
      Database database,
      Sealer sealer,
      Ids ids,
      InstantSource clock,
      Accounts.Root root,
      ManagedPolicyFiles managedPolicies) {
    this.database = database;
    this.clock = clock;
    IamVersion changes = new IamVersion();
    AccessKeyRows keys = new AccessKeyRows(changes);
    this.attachments = new Attachments();
    this.identities = new Identities(database, changes);
    this.policies = new ManagedPolicies(new AwsManagedPolicies(managedPolicies), changes);
    this.accounts = new Accounts(database, keys, changes, sealer, ids, clock, root);
    this.grants =
        new PrincipalPolicies(database, identities, policies, accounts, documents, changes);
    this.longTermKeys = new LongTermKeys(database, identities, accounts, keys, sealer, changes);
    this.boundaries = new PermissionsBoundaries(database, identities, policies, attachments);
    this.attached = new AttachedPolicies(database, identities, policies, attachments);
    this.inline = new InlinePolicies(identities);
    this.users = new Users(database, identities, boundaries, attached, keys, ids, clock);
    this.groups = new Groups(database, identities, boundaries, ids, clock);
    this.roles = new Roles(database, identities, boundaries, ids, clock);
    this.accessKeys = new AccessKeys(database, identities, accounts, keys, sealer, ids, clock);
    this.customer = new CustomerPolicies(database, policies, attachments, ids, clock);
    this.versions = new PolicyVersions(database, policies, clock);
  }

  public Operations operations() {
    return Operations.of("iam")
        .needing(
            CreateUserRequest.class,
            r ->
                bounded(
                        "CreateUser",
                        newArn(IdentityType.USER, r.path(), r.userName()),
                        r.permissionsBoundary())
                    .andTagging("iam:TagUser", IamTags.of(r.tags())),
            users::create)
        .on(GetUserRequest.class, r -> user(r.userName()), users::get)
        .on(ListUsersRequest.class, r -> listed(IdentityType.USER, r.pathPrefix()), users::list)
        .needing(UpdateUserRequest.class, this::needsOfUserUpdate, users::update)
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
            r -> newArn(IdentityType.GROUP, r.path(), r.groupName()),
            groups::create)
        .on(GetGroupRequest.class, r -> group(r.groupName()), groups::get)
        .on(ListGroupsRequest.class, r -> listed(IdentityType.GROUP, r.pathPrefix()), groups::list)
        .on(DeleteGroupRequest.class, r -> group(r.groupName()), groups::delete)
        .on(AddUserToGroupRequest.class, r -> group(r.groupName()), groups::addUser)
        .on(RemoveUserFromGroupRequest.class, r -> group(r.groupName()), groups::removeUser)
        .on(ListGroupsForUserRequest.class, r -> user(r.userName()), groups::listForUser)
        .needing(
            CreateRoleRequest.class,
            r ->
                bounded(
                        "CreateRole",
                        newArn(IdentityType.ROLE, r.path(), r.roleName()),
                        r.permissionsBoundary())
                    .andTagging("iam:TagRole", IamTags.of(r.tags())),
            roles::create)
        .on(GetRoleRequest.class, r -> role(r.roleName()), roles::get)
        .on(ListRolesRequest.class, r -> listed(IdentityType.ROLE, r.pathPrefix()), roles::list)
        .on(UpdateRoleRequest.class, r -> role(r.roleName()), roles::update)
        .on(UpdateRoleDescriptionRequest.class, r -> role(r.roleName()), roles::updateDescription)
        .on(UpdateAssumeRolePolicyRequest.class, r -> role(r.roleName()), roles::updateTrust)
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
            r -> List.of(onHolder("PutUserPolicy", IdentityType.USER, r.userName())),
            inline::putUser)
        .on(GetUserPolicyRequest.class, r -> user(r.userName()), inline::getUser)
        .needing(
            DeleteUserPolicyRequest.class,
            r -> List.of(onHolder("DeleteUserPolicy", IdentityType.USER, r.userName())),
            inline::deleteUser)
        .on(ListUserPoliciesRequest.class, r -> user(r.userName()), inline::listUser)
        .on(PutGroupPolicyRequest.class, r -> group(r.groupName()), inline::putGroup)
        .on(GetGroupPolicyRequest.class, r -> group(r.groupName()), inline::getGroup)
        .on(DeleteGroupPolicyRequest.class, r -> group(r.groupName()), inline::deleteGroup)
        .on(ListGroupPoliciesRequest.class, r -> group(r.groupName()), inline::listGroup)
        .needing(
            PutRolePolicyRequest.class,
            r -> List.of(onHolder("PutRolePolicy", IdentityType.ROLE, r.roleName())),
            inline::putRole)
        .on(GetRolePolicyRequest.class, r -> role(r.roleName()), inline::getRole)
        .needing(
            DeleteRolePolicyRequest.class,
            r -> List.of(onHolder("DeleteRolePolicy", IdentityType.ROLE, r.roleName())),
            inline::deleteRole)
        .on(ListRolePoliciesRequest.class, r -> role(r.roleName()), inline::listRole)
        .needing(
            AttachUserPolicyRequest.class,
            r -> withPolicy("AttachUserPolicy", IdentityType.USER, r.userName(), r.policyArn()),
            attached::attachUser)
        .needing(
            DetachUserPolicyRequest.class,
            r -> withPolicy("DetachUserPolicy", IdentityType.USER, r.userName(), r.policyArn()),
            attached::detachUser)
        .on(ListAttachedUserPoliciesRequest.class, r -> user(r.userName()), attached::listUser)
        .needing(
            AttachGroupPolicyRequest.class,
            r -> withPolicy("AttachGroupPolicy", IdentityType.GROUP, r.groupName(), r.policyArn()),
            attached::attachGroup)
        .needing(
            DetachGroupPolicyRequest.class,
            r -> withPolicy("DetachGroupPolicy", IdentityType.GROUP, r.groupName(), r.policyArn()),
            attached::detachGroup)
        .on(ListAttachedGroupPoliciesRequest.class, r -> group(r.groupName()), attached::listGroup)
        .needing(
            AttachRolePolicyRequest.class,
            r -> withPolicy("AttachRolePolicy", IdentityType.ROLE, r.roleName(), r.policyArn()),
            attached::attachRole)
        .needing(
            DetachRolePolicyRequest.class,
            r -> withPolicy("DetachRolePolicy", IdentityType.ROLE, r.roleName(), r.policyArn()),
            attached::detachRole)
        .on(ListAttachedRolePoliciesRequest.class, r -> role(r.roleName()), attached::listRole)
        .needing(
            PutUserPermissionsBoundaryRequest.class,
            r ->
                List.of(
                    bounded(
                        "PutUserPermissionsBoundary", user(r.userName()), r.permissionsBoundary())),
            boundaries::putUser)
        .needing(
            DeleteUserPermissionsBoundaryRequest.class,
            r ->
                List.of(onHolder("DeleteUserPermissionsBoundary", IdentityType.USER, r.userName())),
            boundaries::deleteUser)
        .needing(
            PutRolePermissionsBoundaryRequest.class,
            r ->
                List.of(
                    bounded(
                        "PutRolePermissionsBoundary", role(r.roleName()), r.permissionsBoundary())),
            boundaries::putRole)
        .needing(
            DeleteRolePermissionsBoundaryRequest.class,
            r ->
                List.of(onHolder("DeleteRolePermissionsBoundary", IdentityType.ROLE, r.roleName())),
            boundaries::deleteRole)
        .needing(
            CreatePolicyRequest.class,
            r ->
                Need.of("iam:CreatePolicy", newPolicyArn(r.path(), r.policyName()))
                    .andTagging("iam:TagPolicy", IamTags.of(r.tags())),
            customer::create)
        .needing(GetPolicyRequest.class, r -> onPolicy("GetPolicy", r.policyArn()), customer::get)
        .on(
            ListPoliciesRequest.class,
            r -> Arn.iam(account(), "policy" + IamConstraints.pathPrefix(r.pathPrefix())),
            customer::list)
        .needing(
            DeletePolicyRequest.class,
            r -> onPolicy("DeletePolicy", r.policyArn()),
            customer::delete)
        .needing(
            ListEntitiesForPolicyRequest.class,
            r -> onPolicy("ListEntitiesForPolicy", r.policyArn()),
            customer::listEntities)
        .needing(
            TagPolicyRequest.class,
            r ->
                List.of(
                    onPolicy("TagPolicy", r.policyArn()).getFirst().tagging(IamTags.of(r.tags()))),
            customer::tag)
        .needing(
            UntagPolicyRequest.class,
            r -> List.of(onPolicy("UntagPolicy", r.policyArn()).getFirst().untagging(r.tagKeys())),
            customer::untag)
        .needing(
            ListPolicyTagsRequest.class,
            r -> onPolicy("ListPolicyTags", r.policyArn()),
            customer::listTags)
        .needing(
            CreatePolicyVersionRequest.class,
            r -> onPolicy("CreatePolicyVersion", r.policyArn()),
            versions::create)
        .needing(
            GetPolicyVersionRequest.class,
            r -> onPolicy("GetPolicyVersion", r.policyArn()),
            versions::get)
        .needing(
            ListPolicyVersionsRequest.class,
            r -> onPolicy("ListPolicyVersions", r.policyArn()),
            versions::list)
        .needing(
            SetDefaultPolicyVersionRequest.class,
            r -> onPolicy("SetDefaultPolicyVersion", r.policyArn()),
            versions::setDefault)
        .needing(
            DeletePolicyVersionRequest.class,
            r -> onPolicy("DeletePolicyVersion", r.policyArn()),
            versions::delete);
  }

  /// The accounts, for the command line and the admin door.
  public Accounts accounts() {
    return accounts;
  }

  /// Finds lasting keys; the session tokens of `sts` are another source.
  public Credentials.Source credentials() {
    return longTermKeys;
  }

  /// @param resourcePolicies of the services whose resources carry policies, by the service's name
  ///   in ARNs. Looked into at each decision, so it may be filled afterwards: the services need the
  ///   authorizer before they can answer for their resources.
  public IamAuthorizer authorizer(
      Map<String, ResourcePolicies> resourcePolicies, IamAuthorizer.IssueTimes issueTimes) {
    return new IamAuthorizer(
        grants, identities, accounts, documents, resourcePolicies, issueTimes, clock);
  }

  /// Whom the policies of resources may name.
  public KnownPrincipals principals() {
    return new IamPrincipals(database, accounts, identities);
  }

  /// Whether a principal still exists, is the same as when its credentials were made, and its
  /// account is not suspended.
  public boolean exists(Principal principal) {
    return grants.exists(principal);
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

  /// Tells in the log which managed policies of AWS are attached but not here, perhaps because they
  /// were in a folder that was named to an earlier start.
  public void tellMissingPolicies() {
    for (String arn : database.read(attachments::policiesOfAws)) {
      if (database.read(snapshot -> policies.find(snapshot, arn)).isEmpty()) {
        policies.tellMissing(arn);
      }
    }
  }

  /// The document in force of a managed policy, for sessions that are narrowed by it.
  public Optional<String> managedDocument(String arn) {
    return database.read(snapshot -> policies.find(snapshot, arn).map(ManagedPolicy::document));
  }

  /// Whose access key it is; empty for one that is not ours.
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

  /// The ARN of a named one; requests leave out the path, so it is looked up.
  private Arn arn(IdentityType kind, @Nullable String name) {
    String checked = IamConstraints.name(kind, name);
    return identities
        .find(account().value(), kind, checked)
        .map(identity -> Arn.parse(identity.arn()))
        .orElseGet(() -> Arn.iam(account(), kind.word() + "/" + checked));
  }

  private static Arn newArn(IdentityType kind, @Nullable String path, @Nullable String name) {
    return Arn.iam(
        account(), kind.word() + IamConstraints.path(path) + IamConstraints.name(kind, name));
  }

  private static Arn listed(IdentityType kind, @Nullable String pathPrefix) {
    return Arn.iam(account(), kind.word() + IamConstraints.pathPrefix(pathPrefix));
  }

  private static List<Need> onPolicy(String operation, String policyArn) {
    return List.of(
        new Need(
            "iam:" + operation,
            IamConstraints.length("policyArn", policyArn, 20, 2_048),
            Map.of()));
  }

  /// Who renames or moves a user needs to be allowed that for both the old and the new ARN, or a
  /// user could be moved out of the path that one is held to.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
  private List<Need> needsOfUserUpdate(UpdateUserRequest r) {
    Arn before = user(r.userName());
    String name = before.resource().substring(before.resource().lastIndexOf('/') + 1);
    String path =
        before.resource().substring("user".length(), before.resource().length() - name.length());
    Arn after =
        newArn(
            IdentityType.USER,
            r.newPath() == null ? path : r.newPath(),
            r.newUserName() == null ? name : r.newUserName());
    Need update = Need.of("iam:UpdateUser", before);
    return after.equals(before)
        ? List.of(update)
        : List.of(update, Need.of("iam:UpdateUser", after));
  }

  private static Arn newPolicyArn(@Nullable String path, @Nullable String name) {
    return Arn.iam(
        account(), "policy" + IamConstraints.path(path) + IamConstraints.policyName(name));
  }

  /// On a user, group or role that holds policies. Whoever may give policies only within a boundary
  /// is held to it by asking for the one that the holder has.
  private Need onHolder(String operation, IdentityType kind, @Nullable String name) {
    Arn arn = arn(kind, name);
    Need need = Need.of("iam:" + operation, arn);
    Optional<Identity> holder = identities.find(account().value(), kind, String.valueOf(name));
    return holder.isPresent()
        ? need.with("iam:PermissionsBoundary", holder.get().boundary())
        : need;
  }

  private List<Need> withPolicy(
      String operation, IdentityType kind, @Nullable String name, String policyArn) {
    return List.of(
        onHolder(operation, kind, name)
            .with("iam:PolicyARN", IamConstraints.length("policyArn", policyArn, 20, 2_048)));
  }

  private static Need bounded(String operation, Arn resource, @Nullable String boundary) {
    return Need.of("iam:" + operation, resource).with("iam:PermissionsBoundary", boundary);
  }
}
