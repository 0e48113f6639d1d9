package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.iam.model.AttachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachGroupPolicyResponse;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.AttachUserPolicyResponse;
import software.amazon.awssdk.services.iam.model.AttachedPolicy;
import software.amazon.awssdk.services.iam.model.DetachGroupPolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachGroupPolicyResponse;
import software.amazon.awssdk.services.iam.model.DetachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachRolePolicyResponse;
import software.amazon.awssdk.services.iam.model.DetachUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.DetachUserPolicyResponse;
import software.amazon.awssdk.services.iam.model.ListAttachedGroupPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedGroupPoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListAttachedRolePoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedRolePoliciesResponse;
import software.amazon.awssdk.services.iam.model.ListAttachedUserPoliciesRequest;
import software.amazon.awssdk.services.iam.model.ListAttachedUserPoliciesResponse;

/// The attached managed policies of users, groups and roles: three operations for each.
final class AttachedPolicies {
  private final Database database;
  private final Identities identities;
  private final ManagedPolicies policies;
  private final Attachments attachments;

  AttachedPolicies(
      Database database, Identities identities, ManagedPolicies policies, Attachments attachments) {
    this.database = database;
    this.identities = identities;
    this.policies = policies;
    this.attachments = attachments;
  }

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations, IamNeeds needs) {
    operations
        .needing(
            AttachUserPolicyRequest.class,
            (c, r) ->
                needs.withPolicy(
                    c, "AttachUserPolicy", IdentityType.USER, r.userName(), r.policyArn()),
            this::attachUser)
        .needing(
            DetachUserPolicyRequest.class,
            (c, r) ->
                needs.withPolicy(
                    c, "DetachUserPolicy", IdentityType.USER, r.userName(), r.policyArn()),
            this::detachUser)
        .on(
            ListAttachedUserPoliciesRequest.class,
            (c, r) -> needs.user(c, r.userName()),
            this::listUser)
        .needing(
            AttachGroupPolicyRequest.class,
            (c, r) ->
                needs.withPolicy(
                    c, "AttachGroupPolicy", IdentityType.GROUP, r.groupName(), r.policyArn()),
            this::attachGroup)
        .needing(
            DetachGroupPolicyRequest.class,
            (c, r) ->
                needs.withPolicy(
                    c, "DetachGroupPolicy", IdentityType.GROUP, r.groupName(), r.policyArn()),
            this::detachGroup)
        .on(
            ListAttachedGroupPoliciesRequest.class,
            (c, r) -> needs.group(c, r.groupName()),
            this::listGroup)
        .needing(
            AttachRolePolicyRequest.class,
            (c, r) ->
                needs.withPolicy(
                    c, "AttachRolePolicy", IdentityType.ROLE, r.roleName(), r.policyArn()),
            this::attachRole)
        .needing(
            DetachRolePolicyRequest.class,
            (c, r) ->
                needs.withPolicy(
                    c, "DetachRolePolicy", IdentityType.ROLE, r.roleName(), r.policyArn()),
            this::detachRole)
        .on(
            ListAttachedRolePoliciesRequest.class,
            (c, r) -> needs.role(c, r.roleName()),
            this::listRole);
  }

  AttachUserPolicyResponse attachUser(Caller caller, AttachUserPolicyRequest r) {
    attach(caller, IdentityType.USER, r.userName(), r.policyArn());
    return AttachUserPolicyResponse.builder().build();
  }

  AttachGroupPolicyResponse attachGroup(Caller caller, AttachGroupPolicyRequest r) {
    attach(caller, IdentityType.GROUP, r.groupName(), r.policyArn());
    return AttachGroupPolicyResponse.builder().build();
  }

  AttachRolePolicyResponse attachRole(Caller caller, AttachRolePolicyRequest r) {
    attach(caller, IdentityType.ROLE, r.roleName(), r.policyArn());
    return AttachRolePolicyResponse.builder().build();
  }

  DetachUserPolicyResponse detachUser(Caller caller, DetachUserPolicyRequest r) {
    detach(caller, IdentityType.USER, r.userName(), r.policyArn());
    return DetachUserPolicyResponse.builder().build();
  }

  DetachGroupPolicyResponse detachGroup(Caller caller, DetachGroupPolicyRequest r) {
    detach(caller, IdentityType.GROUP, r.groupName(), r.policyArn());
    return DetachGroupPolicyResponse.builder().build();
  }

  DetachRolePolicyResponse detachRole(Caller caller, DetachRolePolicyRequest r) {
    detach(caller, IdentityType.ROLE, r.roleName(), r.policyArn());
    return DetachRolePolicyResponse.builder().build();
  }

  ListAttachedUserPoliciesResponse listUser(Caller caller, ListAttachedUserPoliciesRequest r) {
    IamPage<AttachedPolicy> page =
        list(caller, IdentityType.USER, r.userName(), r.pathPrefix(), r.marker(), r.maxItems());
    return ListAttachedUserPoliciesResponse.builder()
        .attachedPolicies(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  ListAttachedGroupPoliciesResponse listGroup(Caller caller, ListAttachedGroupPoliciesRequest r) {
    IamPage<AttachedPolicy> page =
        list(caller, IdentityType.GROUP, r.groupName(), r.pathPrefix(), r.marker(), r.maxItems());
    return ListAttachedGroupPoliciesResponse.builder()
        .attachedPolicies(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  ListAttachedRolePoliciesResponse listRole(Caller caller, ListAttachedRolePoliciesRequest r) {
    IamPage<AttachedPolicy> page =
        list(caller, IdentityType.ROLE, r.roleName(), r.pathPrefix(), r.marker(), r.maxItems());
    return ListAttachedRolePoliciesResponse.builder()
        .attachedPolicies(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  /// Rewrites the attachments of an identity whose name or path changed.
  void rewriteAttachments(Tx tx, Identity before, Identity after) {
    for (String arn : before.attached()) {
      attachments.remove(tx, arn, Attachments.Use.PERMISSIONS, before);
      attachments.add(tx, arn, Attachments.Use.PERMISSIONS, after);
    }
    if (before.boundary() != null) {
      attachments.remove(tx, before.boundary(), Attachments.Use.BOUNDARY, before);
      attachments.add(tx, before.boundary(), Attachments.Use.BOUNDARY, after);
    }
  }

  private void attach(Caller caller, IdentityType kind, String name, String policyArn) {
    IamConstraints.name(kind, name);
    database.write(
        tx -> {
          String account = caller.account().value();
          Identity identity = identities.require(tx, account, kind, name);
          String arn = policies.requireAttachable(tx, account, policyArn).arn();
          if (!identity.attached().contains(arn)) {
            if (identity.attached().size() >= kind.attachedLimit()) {
              throw IamError.LIMIT_EXCEEDED.because(
                  "Cannot exceed quota for PoliciesPer"
                      + kind.title()
                      + ": "
                      + kind.attachedLimit());
            }
            identities.put(
                tx,
                identity.withAttached(
                    list -> {
                      list.add(arn);
                      return list;
                    }));
            attachments.add(tx, arn, Attachments.Use.PERMISSIONS, identity);
          }
          return arn;
        });
  }

  private void detach(Caller caller, IdentityType kind, String name, String policyArn) {
    IamConstraints.name(kind, name);
    ManagedPolicies.checkArn(policyArn);
    database.write(
        tx -> {
          Identity identity = identities.require(tx, caller.account().value(), kind, name);
          if (!identity.attached().contains(policyArn)) {
            throw IamError.NO_SUCH_ENTITY.because("Policy " + policyArn + " was not found.");
          }
          identities.put(
              tx,
              identity.withAttached(
                  list -> {
                    list.remove(policyArn);
                    return list;
                  }));
          attachments.remove(tx, policyArn, Attachments.Use.PERMISSIONS, identity);
          return policyArn;
        });
  }

  private IamPage<AttachedPolicy> list(
      Caller caller,
      IdentityType kind,
      String name,
      @Nullable String pathPrefix,
      @Nullable String marker,
      @Nullable Integer maxItems) {
    IamConstraints.name(kind, name);
    String prefix = IamConstraints.pathPrefix(pathPrefix);
    IamPage.Paging paging = IamPage.Paging.of(marker, maxItems);
    return database.read(
        snapshot -> {
          Identity identity = identities.require(snapshot, caller.account().value(), kind, name);
          List<AttachedPolicy> all = new ArrayList<>();
          for (String arn : identity.attached().stream().sorted().toList()) {
            // From the ARN alone: a policy that no longer exists must be listed to be detached.
            int at = arn.lastIndexOf('/') + 1;
            if (arn.substring(arn.indexOf('/'), at).startsWith(prefix)) {
              all.add(
                  AttachedPolicy.builder().policyName(arn.substring(at)).policyArn(arn).build());
            }
          }
          return IamPage.of(all, AttachedPolicy::policyArn, paging);
        });
  }
}
