package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.base.Arn;
import io.carillon.iam.Identity.RoleTerms;
import io.carillon.policy.PolicyDocument;
import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.iam.model.AttachedPermissionsBoundary;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleResponse;
import software.amazon.awssdk.services.iam.model.DeleteRoleRequest;
import software.amazon.awssdk.services.iam.model.DeleteRoleResponse;
import software.amazon.awssdk.services.iam.model.GetRoleRequest;
import software.amazon.awssdk.services.iam.model.GetRoleResponse;
import software.amazon.awssdk.services.iam.model.ListInstanceProfilesForRoleRequest;
import software.amazon.awssdk.services.iam.model.ListInstanceProfilesForRoleResponse;
import software.amazon.awssdk.services.iam.model.ListRoleTagsRequest;
import software.amazon.awssdk.services.iam.model.ListRoleTagsResponse;
import software.amazon.awssdk.services.iam.model.ListRolesRequest;
import software.amazon.awssdk.services.iam.model.ListRolesResponse;
import software.amazon.awssdk.services.iam.model.Role;
import software.amazon.awssdk.services.iam.model.RoleLastUsed;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.iam.model.TagRoleRequest;
import software.amazon.awssdk.services.iam.model.TagRoleResponse;
import software.amazon.awssdk.services.iam.model.UntagRoleRequest;
import software.amazon.awssdk.services.iam.model.UntagRoleResponse;
import software.amazon.awssdk.services.iam.model.UpdateAssumeRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.UpdateAssumeRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.UpdateRoleDescriptionRequest;
import software.amazon.awssdk.services.iam.model.UpdateRoleDescriptionResponse;
import software.amazon.awssdk.services.iam.model.UpdateRoleRequest;
import software.amazon.awssdk.services.iam.model.UpdateRoleResponse;

/// The operations on roles.
final class Roles {
  private static final int TRUST_LIMIT = 2_048;
  private static final int MIN_MAX_SESSION = 3_600;
  private static final int MAX_MAX_SESSION = 43_200;

  private final Database database;
  private final Identities identities;
  private final PermissionsBoundaries boundaries;
  private final NewIdentities newIdentities;

  Roles(
      Database database,
      Identities identities,
      PermissionsBoundaries boundaries,
      NewIdentities newIdentities) {
    this.database = database;
    this.identities = identities;
    this.boundaries = boundaries;
    this.newIdentities = newIdentities;
  }

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations, IamNeeds needs) {
    operations
        .needing(
            CreateRoleRequest.class,
            (c, r) ->
                IamNeeds.withBoundary(
                        "CreateRole",
                        IamNeeds.arnToCreate(c, IdentityType.ROLE, r.path(), r.roleName()),
                        r.permissionsBoundary())
                    .andTagging("iam:TagRole", IamTags.of(r.tags())),
            this::create)
        .on(GetRoleRequest.class, (c, r) -> needs.role(c, r.roleName()), this::get)
        .on(
            ListRolesRequest.class,
            (c, r) -> IamNeeds.pathArn(c, IdentityType.ROLE, r.pathPrefix()),
            this::list)
        .on(UpdateRoleRequest.class, (c, r) -> needs.role(c, r.roleName()), this::update)
        .on(
            UpdateRoleDescriptionRequest.class,
            (c, r) -> needs.role(c, r.roleName()),
            this::updateDescription)
        .on(
            UpdateAssumeRolePolicyRequest.class,
            (c, r) -> needs.role(c, r.roleName()),
            this::updateTrustPolicy)
        .on(DeleteRoleRequest.class, (c, r) -> needs.role(c, r.roleName()), this::delete)
        .needing(
            TagRoleRequest.class,
            (c, r) ->
                List.of(
                    Need.of("iam:TagRole", needs.role(c, r.roleName()))
                        .tagging(IamTags.of(r.tags()))),
            this::tag)
        .needing(
            UntagRoleRequest.class,
            (c, r) ->
                List.of(
                    Need.of("iam:UntagRole", needs.role(c, r.roleName())).untagging(r.tagKeys())),
            this::untag)
        .on(ListRoleTagsRequest.class, (c, r) -> needs.role(c, r.roleName()), this::listTags)
        .on(
            ListInstanceProfilesForRoleRequest.class,
            (c, r) -> needs.role(c, r.roleName()),
            this::listInstanceProfiles);
  }

  CreateRoleResponse create(Caller caller, CreateRoleRequest request) {
    int maxSession =
        request.maxSessionDuration() == null
            ? MIN_MAX_SESSION
            : maxSession(request.maxSessionDuration());
    Identity role =
        newIdentities
            .of(caller, IdentityType.ROLE, request.path(), request.roleName())
            .withTags(IamTags.of(request.tags()))
            .withRole(
                new RoleTerms(
                    trustPolicy("assumeRolePolicyDocument", request.assumeRolePolicyDocument()),
                    Map.of(),
                    IamConstraints.description(request.description()),
                    maxSession));
    Identity created =
        database.write(
            tx ->
                boundaries.insert(
                    tx,
                    withTrustPolicy(tx, role, role.roleTerms()),
                    request.permissionsBoundary()));
    // AWS omits the maximum from this response; GetRole returns it.
    return CreateRoleResponse.builder()
        .role(
            toDetailedModel(created).toBuilder()
                .maxSessionDuration(null)
                .roleLastUsed((RoleLastUsed) null)
                .build())
        .build();
  }

  GetRoleResponse get(Caller caller, GetRoleRequest request) {
    return GetRoleResponse.builder()
        .role(toDetailedModel(require(caller, request.roleName())))
        .build();
  }

  ListRolesResponse list(Caller caller, ListRolesRequest request) {
    IamPage<Identity> page =
        identities.page(
            caller.account().value(),
            IdentityType.ROLE,
            IamConstraints.pathPrefix(request.pathPrefix()),
            IamPage.Paging.of(request.marker(), request.maxItems()));
    return ListRolesResponse.builder()
        .roles(page.items().stream().map(role -> toModel(role).build()).toList())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  UpdateRoleResponse update(Caller caller, UpdateRoleRequest request) {
    String name = IamConstraints.name(IdentityType.ROLE, request.roleName());
    String description = IamConstraints.description(request.description());
    int maxSession =
        request.maxSessionDuration() == null
            ? MIN_MAX_SESSION
            : maxSession(request.maxSessionDuration());
    identities.update(
        caller.account().value(),
        IdentityType.ROLE,
        name,
        role -> {
          RoleTerms terms = role.roleTerms();
          if (request.description() != null) {
            terms = terms.withDescription(description);
          }
          if (request.maxSessionDuration() != null) {
            terms = terms.withMaxSession(maxSession);
          }
          return role.withRole(terms);
        });
    return UpdateRoleResponse.builder().build();
  }

  UpdateRoleDescriptionResponse updateDescription(
      Caller caller, UpdateRoleDescriptionRequest request) {
    String name = IamConstraints.name(IdentityType.ROLE, request.roleName());
    String description = IamConstraints.description(request.description());
    Identity updated =
        identities.update(
            caller.account().value(),
            IdentityType.ROLE,
            name,
            role -> role.withRole(role.roleTerms().withDescription(description)));
    return UpdateRoleDescriptionResponse.builder().role(toDetailedModel(updated)).build();
  }

  UpdateAssumeRolePolicyResponse updateTrustPolicy(
      Caller caller, UpdateAssumeRolePolicyRequest request) {
    String name = IamConstraints.name(IdentityType.ROLE, request.roleName());
    String trustPolicy = trustPolicy("policyDocument", request.policyDocument());
    database.write(
        tx -> {
          Identity role = identities.require(tx, caller.account().value(), IdentityType.ROLE, name);
          identities.put(
              tx, withTrustPolicy(tx, role, role.roleTerms().withTrust(trustPolicy, Map.of())));
          return name;
        });
    return UpdateAssumeRolePolicyResponse.builder().build();
  }

  DeleteRoleResponse delete(Caller caller, DeleteRoleRequest request) {
    String name = IamConstraints.name(IdentityType.ROLE, request.roleName());
    database.write(
        tx -> {
          boundaries.delete(
              tx, identities.require(tx, caller.account().value(), IdentityType.ROLE, name));
          return name;
        });
    return DeleteRoleResponse.builder().build();
  }

  TagRoleResponse tag(Caller caller, TagRoleRequest request) {
    String name = IamConstraints.name(IdentityType.ROLE, request.roleName());
    identities.update(
        caller.account().value(),
        IdentityType.ROLE,
        name,
        role -> role.withTags(IamTags.with(role.tags(), request.tags())));
    return TagRoleResponse.builder().build();
  }

  UntagRoleResponse untag(Caller caller, UntagRoleRequest request) {
    String name = IamConstraints.name(IdentityType.ROLE, request.roleName());
    identities.update(
        caller.account().value(),
        IdentityType.ROLE,
        name,
        role -> role.withTags(IamTags.without(role.tags(), request.tagKeys())));
    return UntagRoleResponse.builder().build();
  }

  ListRoleTagsResponse listTags(Caller caller, ListRoleTagsRequest request) {
    IamPage<Tag> page =
        IamPage.of(
            IamTags.toModel(require(caller, request.roleName()).tags()),
            Tag::key,
            IamPage.Paging.of(request.marker(), request.maxItems()));
    return ListRoleTagsResponse.builder()
        .tags(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  /// There are no instance profiles, but tools list them before they delete a role.
  ListInstanceProfilesForRoleResponse listInstanceProfiles(
      Caller caller, ListInstanceProfilesForRoleRequest request) {
    var _ = require(caller, request.roleName());
    return ListInstanceProfilesForRoleResponse.builder()
        .instanceProfiles(List.of())
        .isTruncated(false)
        .build();
  }

  private Identity require(Caller caller, String name) {
    return identities.require(
        caller.account().value(), IdentityType.ROLE, IamConstraints.name(IdentityType.ROLE, name));
  }

  private static int maxSession(int seconds) {
    return IamError.MEMBERS.range("maxSessionDuration", seconds, MIN_MAX_SESSION, MAX_MAX_SESSION);
  }

  private static String trustPolicy(String member, String document) {
    String trustPolicy = PolicyDocuments.require(member, document, Flavour.TRUST);
    if (PolicyDocuments.size(trustPolicy) > TRUST_LIMIT) {
      throw IamError.LIMIT_EXCEEDED.because(
          "Cannot exceed quota for ACLSizePerRole: " + TRUST_LIMIT);
    }
    return trustPolicy;
  }

  /// The role with a new trust policy. As on AWS, users and roles of its own account that the
  /// policy names must exist. Those of other accounts are not checked, since they may be on another
  /// server.
  private Identity withTrustPolicy(Tx tx, Identity role, RoleTerms terms) {
    PolicyDocument trustPolicy = PolicyDocument.parse(terms.trust(), Flavour.TRUST);
    Map<String, String> trusted = new HashMap<>();
    for (String principal : trustPolicy.namedIdentities()) {
      Arn arn = Arn.tryParse(principal).orElse(null);
      if (arn == null || !arn.service().equals("iam")) {
        continue;
      }
      Optional<Identity> named = identities.findByArn(tx, arn);
      if (named.isPresent()) {
        trusted.put(principal, named.get().id());
      } else if (arn.account().equals(role.account())) {
        throw IamError.MALFORMED_POLICY_DOCUMENT.because(
            "Invalid principal in policy: \"AWS\":\"" + principal + "\"");
      }
    }
    return role.withRole(terms.withTrust(terms.trust(), trusted));
  }

  private static Role toDetailedModel(Identity role) {
    Role.Builder model = toModel(role).roleLastUsed(RoleLastUsed.builder().build());
    if (!role.tags().isEmpty()) {
      model.tags(IamTags.toModel(role.tags()));
    }
    if (role.boundary() != null) {
      model.permissionsBoundary(
          AttachedPermissionsBoundary.builder()
              .permissionsBoundaryType("Policy")
              .permissionsBoundaryArn(role.boundary())
              .build());
    }
    return model.build();
  }

  private static Role.Builder toModel(Identity role) {
    RoleTerms terms = role.roleTerms();
    return Role.builder()
        .path(role.path())
        .roleName(role.name())
        .roleId(role.id())
        .arn(role.arn())
        .createDate(role.created())
        .assumeRolePolicyDocument(PolicyDocuments.encoded(terms.trust()))
        .description(terms.description().isEmpty() ? null : terms.description())
        .maxSessionDuration(terms.maxSessionSeconds());
  }
}
