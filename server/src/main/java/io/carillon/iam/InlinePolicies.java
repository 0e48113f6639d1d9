package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.policy.PolicyDocument.Flavour;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.iam.model.DeleteGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteGroupPolicyResponse;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.DeleteUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserPolicyResponse;
import software.amazon.awssdk.services.iam.model.GetGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetGroupPolicyResponse;
import software.amazon.awssdk.services.iam.model.GetRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.GetRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.GetUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.GetUserPolicyResponse;
import software.amazon.awssdk.services.iam.model.ListGroupPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListGroupPoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListRolePoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListRolePoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListUserPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListUserPoliciesResponse;
import software.amazon.awssdk.services.iam.model.PutGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.PutGroupPolicyResponse;
import software.amazon.awssdk.services.iam.model.PutRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.PutRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.PutUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.PutUserPolicyResponse;

/// The inline policies of users, groups and roles: four operations for each.
final class InlinePolicies {
  private final Identities identities;

  InlinePolicies(Identities identities) {
    this.identities = identities;
  }

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations, IamNeeds needs) {
    operations
        .needing(
            PutUserPolicyRequest.class,
            (c, r) ->
                List.of(needs.onIdentity(c, "PutUserPolicy", IdentityType.USER, r.userName())),
            this::putUser)
        .on(GetUserPolicyRequest.class, (c, r) -> needs.user(c, r.userName()), this::getUser)
        .needing(
            DeleteUserPolicyRequest.class,
            (c, r) ->
                List.of(needs.onIdentity(c, "DeleteUserPolicy", IdentityType.USER, r.userName())),
            this::deleteUser)
        .on(ListUserPoliciesRequest.class, (c, r) -> needs.user(c, r.userName()), this::listUser)
        .on(PutGroupPolicyRequest.class, (c, r) -> needs.group(c, r.groupName()), this::putGroup)
        .on(GetGroupPolicyRequest.class, (c, r) -> needs.group(c, r.groupName()), this::getGroup)
        .on(
            DeleteGroupPolicyRequest.class,
            (c, r) -> needs.group(c, r.groupName()),
            this::deleteGroup)
        .on(
            ListGroupPoliciesRequest.class,
            (c, r) -> needs.group(c, r.groupName()),
            this::listGroup)
        .needing(
            PutRolePolicyRequest.class,
            (c, r) ->
                List.of(needs.onIdentity(c, "PutRolePolicy", IdentityType.ROLE, r.roleName())),
            this::putRole)
        .on(GetRolePolicyRequest.class, (c, r) -> needs.role(c, r.roleName()), this::getRole)
        .needing(
            DeleteRolePolicyRequest.class,
            (c, r) ->
                List.of(needs.onIdentity(c, "DeleteRolePolicy", IdentityType.ROLE, r.roleName())),
            this::deleteRole)
        .on(ListRolePoliciesRequest.class, (c, r) -> needs.role(c, r.roleName()), this::listRole);
  }

  PutUserPolicyResponse putUser(Caller caller, PutUserPolicyRequest r) {
    put(caller, IdentityType.USER, r.userName(), r.policyName(), r.policyDocument());
    return PutUserPolicyResponse.builder().build();
  }

  PutGroupPolicyResponse putGroup(Caller caller, PutGroupPolicyRequest r) {
    put(caller, IdentityType.GROUP, r.groupName(), r.policyName(), r.policyDocument());
    return PutGroupPolicyResponse.builder().build();
  }

  PutRolePolicyResponse putRole(Caller caller, PutRolePolicyRequest r) {
    put(caller, IdentityType.ROLE, r.roleName(), r.policyName(), r.policyDocument());
    return PutRolePolicyResponse.builder().build();
  }

  GetUserPolicyResponse getUser(Caller caller, GetUserPolicyRequest r) {
    Inline inline = get(caller, IdentityType.USER, r.userName(), r.policyName());
    return GetUserPolicyResponse.builder()
        .userName(inline.name())
        .policyName(r.policyName())
        .policyDocument(inline.encoded())
        .build();
  }

  GetGroupPolicyResponse getGroup(Caller caller, GetGroupPolicyRequest r) {
    Inline inline = get(caller, IdentityType.GROUP, r.groupName(), r.policyName());
    return GetGroupPolicyResponse.builder()
        .groupName(inline.name())
        .policyName(r.policyName())
        .policyDocument(inline.encoded())
        .build();
  }

  GetRolePolicyResponse getRole(Caller caller, GetRolePolicyRequest r) {
    Inline inline = get(caller, IdentityType.ROLE, r.roleName(), r.policyName());
    return GetRolePolicyResponse.builder()
        .roleName(inline.name())
        .policyName(r.policyName())
        .policyDocument(inline.encoded())
        .build();
  }

  DeleteUserPolicyResponse deleteUser(Caller caller, DeleteUserPolicyRequest r) {
    delete(caller, IdentityType.USER, r.userName(), r.policyName());
    return DeleteUserPolicyResponse.builder().build();
  }

  DeleteGroupPolicyResponse deleteGroup(Caller caller, DeleteGroupPolicyRequest r) {
    delete(caller, IdentityType.GROUP, r.groupName(), r.policyName());
    return DeleteGroupPolicyResponse.builder().build();
  }

  DeleteRolePolicyResponse deleteRole(Caller caller, DeleteRolePolicyRequest r) {
    delete(caller, IdentityType.ROLE, r.roleName(), r.policyName());
    return DeleteRolePolicyResponse.builder().build();
  }

  ListUserPoliciesResponse listUser(Caller caller, ListUserPoliciesRequest r) {
    IamPage<String> page = list(caller, IdentityType.USER, r.userName(), r.marker(), r.maxItems());
    return ListUserPoliciesResponse.builder()
        .policyNames(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  ListGroupPoliciesResponse listGroup(Caller caller, ListGroupPoliciesRequest r) {
    IamPage<String> page =
        list(caller, IdentityType.GROUP, r.groupName(), r.marker(), r.maxItems());
    return ListGroupPoliciesResponse.builder()
        .policyNames(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  ListRolePoliciesResponse listRole(Caller caller, ListRolePoliciesRequest r) {
    IamPage<String> page = list(caller, IdentityType.ROLE, r.roleName(), r.marker(), r.maxItems());
    return ListRolePoliciesResponse.builder()
        .policyNames(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  private void put(
      Caller caller, IdentityType kind, String name, String policyName, String document) {
    IamConstraints.name(kind, name);
    IamConstraints.policyName(policyName);
    String checked = PolicyDocuments.require("policyDocument", document, Flavour.IDENTITY);
    identities.update(
        caller.account().value(),
        kind,
        name,
        identity -> {
          Identity changed =
              identity.withInline(
                  inline -> {
                    inline.put(policyName, checked);
                    return inline;
                  });
          int size = changed.inline().values().stream().mapToInt(PolicyDocuments::size).sum();
          if (size > kind.inlineLimit()) {
            throw IamError.LIMIT_EXCEEDED.because(
                "Maximum policy size of "
                    + kind.inlineLimit()
                    + " bytes exceeded for "
                    + kind.word()
                    + " "
                    + identity.name());
          }
          return changed;
        });
  }

  private record Inline(String name, String encoded) {}

  private Inline get(Caller caller, IdentityType kind, String name, String policyName) {
    IamConstraints.name(kind, name);
    IamConstraints.policyName(policyName);
    Identity identity = identities.require(caller.account().value(), kind, name);
    return new Inline(
        identity.name(), PolicyDocuments.encoded(require(kind, identity.inline(), policyName)));
  }

  private void delete(Caller caller, IdentityType kind, String name, String policyName) {
    IamConstraints.name(kind, name);
    IamConstraints.policyName(policyName);
    identities.update(
        caller.account().value(),
        kind,
        name,
        identity ->
            identity.withInline(
                inline -> {
                  var _ = require(kind, inline, policyName);
                  inline.remove(policyName);
                  return inline;
                }));
  }

  private IamPage<String> list(
      Caller caller,
      IdentityType kind,
      String name,
      @Nullable String marker,
      @Nullable Integer maxItems) {
    IamConstraints.name(kind, name);
    IamPage.Paging paging = IamPage.Paging.of(marker, maxItems);
    Identity identity = identities.require(caller.account().value(), kind, name);
    return IamPage.of(identity.inline().keySet().stream().sorted().toList(), n -> n, paging);
  }

  private static String require(IdentityType kind, Map<String, String> inline, String policyName) {
    String document = inline.get(policyName);
    if (document == null) {
      throw IamError.NO_SUCH_ENTITY.because(
          "The " + kind.word() + " policy with name " + policyName + " cannot be found.");
    }
    return document;
  }
}
