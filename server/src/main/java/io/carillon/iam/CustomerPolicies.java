package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.base.Ids;
import io.carillon.iam.Attachments.Attachment;
import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.iam.model.CreatePolicyRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyResponse;
import software.amazon.awssdk.services.iam.model.DeletePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeletePolicyResponse;
import software.amazon.awssdk.services.iam.model.EntityType;
import software.amazon.awssdk.services.iam.model.GetPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetPolicyResponse;
import software.amazon.awssdk.services.iam.model.ListEntitiesForPolicyRequest;
import software.amazon.awssdk.services.iam.model.ListEntitiesForPolicyResponse;
import software.amazon.awssdk.services.iam.model.ListPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListPoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListPolicyTagsRequest;
import software.amazon.awssdk.services.iam.model.ListPolicyTagsResponse;
import software.amazon.awssdk.services.iam.model.Policy;
import software.amazon.awssdk.services.iam.model.PolicyGroup;
import software.amazon.awssdk.services.iam.model.PolicyRole;
import software.amazon.awssdk.services.iam.model.PolicyScopeType;
import software.amazon.awssdk.services.iam.model.PolicyUsageType;
import software.amazon.awssdk.services.iam.model.PolicyUser;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.iam.model.TagPolicyRequest;
import software.amazon.awssdk.services.iam.model.TagPolicyResponse;
import software.amazon.awssdk.services.iam.model.UntagPolicyRequest;
import software.amazon.awssdk.services.iam.model.UntagPolicyResponse;

/// The operations on managed policies; those on their versions are in [PolicyVersions].
final class CustomerPolicies {
  static final int SIZE_LIMIT = 6_144;
  private static final int QUOTA_PER_ACCOUNT = 1_500;

  private final Database database;
  private final ManagedPolicies policies;
  private final Attachments attachments;
  private final Ids ids;
  private final InstantSource clock;

  CustomerPolicies(
      Database database,
      ManagedPolicies policies,
      Attachments attachments,
      Ids ids,
      InstantSource clock) {
    this.database = database;
    this.policies = policies;
    this.attachments = attachments;
    this.ids = ids;
    this.clock = clock;
  }

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations) {
    operations
        .needing(
            CreatePolicyRequest.class,
            (c, r) ->
                Need.of("iam:CreatePolicy", IamNeeds.policyArnToCreate(c, r.path(), r.policyName()))
                    .andTagging("iam:TagPolicy", IamTags.of(r.tags())),
            this::create)
        .needing(
            GetPolicyRequest.class,
            (_, r) -> IamNeeds.onPolicy("GetPolicy", r.policyArn()),
            this::get)
        .on(
            ListPoliciesRequest.class,
            (c, r) -> IamNeeds.policyPathArn(c, r.pathPrefix()),
            this::list)
        .needing(
            DeletePolicyRequest.class,
            (_, r) -> IamNeeds.onPolicy("DeletePolicy", r.policyArn()),
            this::delete)
        .needing(
            ListEntitiesForPolicyRequest.class,
            (_, r) -> IamNeeds.onPolicy("ListEntitiesForPolicy", r.policyArn()),
            this::listEntities)
        .needing(
            TagPolicyRequest.class,
            (_, r) ->
                List.of(
                    IamNeeds.onPolicy("TagPolicy", r.policyArn())
                        .getFirst()
                        .tagging(IamTags.of(r.tags()))),
            this::tag)
        .needing(
            UntagPolicyRequest.class,
            (_, r) ->
                List.of(
                    IamNeeds.onPolicy("UntagPolicy", r.policyArn())
                        .getFirst()
                        .untagging(r.tagKeys())),
            this::untag)
        .needing(
            ListPolicyTagsRequest.class,
            (_, r) -> IamNeeds.onPolicy("ListPolicyTags", r.policyArn()),
            this::listTags);
  }

  CreatePolicyResponse create(Caller caller, CreatePolicyRequest request) {
    String account = caller.account().value();
    String document = document(request.policyDocument());
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    ManagedPolicy policy =
        new ManagedPolicy(
            account,
            IamConstraints.path(request.path()),
            IamConstraints.policyName(request.policyName()),
            ids.unique("ANPA"),
            IamConstraints.description(request.description()),
            now,
            now,
            "v1",
            1,
            List.of(new ManagedPolicy.Version("v1", document, now)),
            IamTags.of(request.tags()));
    database.write(
        tx -> {
          if (policies.findNamed(tx, account, policy.name()).isPresent()) {
            throw IamError.ENTITY_ALREADY_EXISTS.because(
                "A policy called "
                    + policy.name()
                    + " already exists. Duplicate names are not allowed.");
          }
          if (policies.ofAccount(tx, account).size() >= QUOTA_PER_ACCOUNT) {
            throw IamError.LIMIT_EXCEEDED.because(
                "Cannot exceed quota for PoliciesPerAccount: " + QUOTA_PER_ACCOUNT);
          }
          policies.put(tx, policy);
          return policy;
        });
    Policy model = database.read(snapshot -> toDetailedModel(snapshot, account, policy));
    return CreatePolicyResponse.builder()
        .policy(model.toBuilder().description(null).build())
        .build();
  }

  GetPolicyResponse get(Caller caller, GetPolicyRequest request) {
    String account = caller.account().value();
    return database.read(
        snapshot ->
            GetPolicyResponse.builder()
                .policy(
                    toDetailedModel(
                        snapshot,
                        account,
                        policies.require(snapshot, account, request.policyArn())))
                .build());
  }

  ListPoliciesResponse list(Caller caller, ListPoliciesRequest request) {
    String account = caller.account().value();
    String prefix = IamConstraints.pathPrefix(request.pathPrefix());
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    PolicyScopeType scope =
        request.scopeAsString() == null
            ? PolicyScopeType.ALL
            : IamError.MEMBERS.oneOf(
                "scope",
                request.scopeAsString(),
                request.scope(),
                PolicyScopeType.UNKNOWN_TO_SDK_VERSION,
                "AWS, Local, All");
    List<Attachments.Use> uses =
        uses(request.policyUsageFilterAsString(), request.policyUsageFilter());
    boolean onlyAttached =
        Boolean.TRUE.equals(request.onlyAttached()) || request.policyUsageFilterAsString() != null;
    return database.read(
        snapshot -> {
          List<ManagedPolicy> all = new ArrayList<>();
          if (scope != PolicyScopeType.AWS) {
            all.addAll(policies.ofAccount(snapshot, account));
          }
          if (scope != PolicyScopeType.LOCAL) {
            all.addAll(policies.ofAws());
          }
          all.removeIf(
              policy ->
                  !policy.path().startsWith(prefix)
                      || (onlyAttached
                          && uses.stream()
                              .allMatch(
                                  use ->
                                      attachments
                                          .of(snapshot, account, policy.arn(), use)
                                          .isEmpty())));
          all.sort(Comparator.comparing(ManagedPolicy::arn));
          IamPage<Policy> page =
              IamPage.of(all, ManagedPolicy::arn, paging)
                  .map(policy -> toModel(snapshot, account, policy).build());
          return ListPoliciesResponse.builder()
              .policies(page.items())
              .isTruncated(page.isTruncated())
              .marker(page.marker())
              .build();
        });
  }

  DeletePolicyResponse delete(Caller caller, DeletePolicyRequest request) {
    String account = caller.account().value();
    database.write(
        tx -> {
          ManagedPolicy policy = policies.require(tx, account, request.policyArn());
          refuseAwsPolicy(policy);
          for (Attachments.Use use : Attachments.Use.values()) {
            if (!attachments.of(tx, account, policy.arn(), use).isEmpty()) {
              throw IamError.DELETE_CONFLICT.because(
                  "Cannot delete a policy attached to entities.");
            }
          }
          if (policy.versions().size() > 1) {
            throw IamError.DELETE_CONFLICT.because(
                "This policy has more than one version. Before you delete a policy, you must"
                    + " delete the policy's versions. The default version is deleted with the"
                    + " policy.");
          }
          policies.delete(tx, policy);
          return policy;
        });
    return DeletePolicyResponse.builder().build();
  }

  ListEntitiesForPolicyResponse listEntities(Caller caller, ListEntitiesForPolicyRequest request) {
    String account = caller.account().value();
    String prefix = IamConstraints.pathPrefix(request.pathPrefix());
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    List<Attachments.Use> uses =
        uses(request.policyUsageFilterAsString(), request.policyUsageFilter());
    List<IdentityType> kinds = kinds(request);
    return database.read(
        snapshot -> {
          ManagedPolicy policy = policies.require(snapshot, account, request.policyArn());
          List<Attachment> all = new ArrayList<>();
          for (Attachments.Use use : uses) {
            all.addAll(attachments.of(snapshot, account, policy.arn(), use));
          }
          all.removeIf(a -> !kinds.contains(a.kind()) || !a.path().startsWith(prefix));
          all.sort(Comparator.comparing(Attachment::id));
          return entities(IamPage.of(all.stream().distinct().toList(), Attachment::id, paging));
        });
  }

  private static ListEntitiesForPolicyResponse entities(IamPage<Attachment> page) {
    List<PolicyUser> users = new ArrayList<>();
    List<PolicyGroup> groups = new ArrayList<>();
    List<PolicyRole> roles = new ArrayList<>();
    for (Attachment entity : page.items()) {
      switch (entity.kind()) {
        case USER ->
            users.add(PolicyUser.builder().userName(entity.name()).userId(entity.id()).build());
        case GROUP ->
            groups.add(PolicyGroup.builder().groupName(entity.name()).groupId(entity.id()).build());
        case ROLE ->
            roles.add(PolicyRole.builder().roleName(entity.name()).roleId(entity.id()).build());
      }
    }
    return ListEntitiesForPolicyResponse.builder()
        .policyUsers(users)
        .policyGroups(groups)
        .policyRoles(roles)
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  TagPolicyResponse tag(Caller caller, TagPolicyRequest request) {
    String account = caller.account().value();
    database.write(
        tx -> {
          ManagedPolicy policy = policies.require(tx, account, request.policyArn());
          refuseAwsPolicy(policy);
          policies.put(tx, policy.withTags(IamTags.with(policy.tags(), request.tags())));
          return policy;
        });
    return TagPolicyResponse.builder().build();
  }

  UntagPolicyResponse untag(Caller caller, UntagPolicyRequest request) {
    String account = caller.account().value();
    database.write(
        tx -> {
          ManagedPolicy policy = policies.require(tx, account, request.policyArn());
          refuseAwsPolicy(policy);
          policies.put(tx, policy.withTags(IamTags.without(policy.tags(), request.tagKeys())));
          return policy;
        });
    return UntagPolicyResponse.builder().build();
  }

  ListPolicyTagsResponse listTags(Caller caller, ListPolicyTagsRequest request) {
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    ManagedPolicy policy =
        database.read(
            snapshot -> policies.require(snapshot, caller.account().value(), request.policyArn()));
    IamPage<Tag> page = IamPage.of(IamTags.toModel(policy.tags()), Tag::key, paging);
    return ListPolicyTagsResponse.builder()
        .tags(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  static String document(String json) {
    String document = PolicyDocuments.require("policyDocument", json, Flavour.IDENTITY);
    if (PolicyDocuments.size(document) > SIZE_LIMIT) {
      throw IamError.LIMIT_EXCEEDED.because("Cannot exceed quota for PolicySize: " + SIZE_LIMIT);
    }
    return document;
  }

  /// Only policies of the account can be changed, not AWS's.
  static void refuseAwsPolicy(ManagedPolicy policy) {
    if (policy.isOfAws()) {
      throw CommonError.ACCESS_DENIED.because(
          "Policy " + policy.arn() + " belongs to AWS and cannot be changed.");
    }
  }

  private static List<Attachments.Use> uses(
      @Nullable String text, @Nullable PolicyUsageType filter) {
    if (text == null) {
      return List.of(Attachments.Use.values());
    }
    PolicyUsageType use =
        IamError.MEMBERS.oneOf(
            "policyUsageFilter",
            text,
            filter,
            PolicyUsageType.UNKNOWN_TO_SDK_VERSION,
            "PermissionsPolicy, PermissionsBoundary");
    return List.of(
        use == PolicyUsageType.PERMISSIONS_POLICY
            ? Attachments.Use.PERMISSIONS
            : Attachments.Use.BOUNDARY);
  }

  private static List<IdentityType> kinds(ListEntitiesForPolicyRequest request) {
    if (request.entityFilterAsString() == null) {
      return List.of(IdentityType.values());
    }
    EntityType type =
        IamError.MEMBERS.oneOf(
            "entityFilter",
            request.entityFilterAsString(),
            request.entityFilter(),
            EntityType.UNKNOWN_TO_SDK_VERSION,
            "User, Role, Group, LocalManagedPolicy, AWSManagedPolicy");
    return switch (type) {
      case USER -> List.of(IdentityType.USER);
      case GROUP -> List.of(IdentityType.GROUP);
      case ROLE -> List.of(IdentityType.ROLE);
      default -> List.of();
    };
  }

  private Policy toDetailedModel(Snapshot snapshot, String account, ManagedPolicy policy) {
    Policy.Builder model =
        toModel(snapshot, account, policy)
            .description(policy.description().isEmpty() ? null : policy.description());
    if (!policy.isOfAws()) {
      model.tags(IamTags.toModel(policy.tags()));
    }
    return model.build();
  }

  private Policy.Builder toModel(Snapshot snapshot, String account, ManagedPolicy policy) {
    return Policy.builder()
        .policyName(policy.name())
        .policyId(policy.id())
        .arn(policy.arn())
        .path(policy.path())
        .defaultVersionId(policy.defaultVersion())
        .attachmentCount(
            attachments.of(snapshot, account, policy.arn(), Attachments.Use.PERMISSIONS).size())
        .permissionsBoundaryUsageCount(
            attachments.of(snapshot, account, policy.arn(), Attachments.Use.BOUNDARY).size())
        .isAttachable(true)
        .createDate(policy.created())
        .updateDate(policy.updated());
  }
}
