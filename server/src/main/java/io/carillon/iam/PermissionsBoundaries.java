package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.iam.model.DeleteRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePermissionsBoundaryResponse;
import software.amazon.awssdk.services.iam.model.DeleteUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserPermissionsBoundaryResponse;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryResponse;
import software.amazon.awssdk.services.iam.model.PutUserPermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutUserPermissionsBoundaryResponse;

/// Permissions boundaries of users and roles, including their creation and deletion.
final class PermissionsBoundaries {
  private final Database database;
  private final Identities identities;
  private final ManagedPolicies policies;
  private final Attachments attachments;

  PermissionsBoundaries(
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
            PutUserPermissionsBoundaryRequest.class,
            (c, r) ->
                List.of(
                    IamNeeds.withBoundary(
                        "PutUserPermissionsBoundary",
                        needs.user(c, r.userName()),
                        r.permissionsBoundary())),
            this::putUser)
        .needing(
            DeleteUserPermissionsBoundaryRequest.class,
            (c, r) ->
                List.of(
                    needs.onIdentity(
                        c, "DeleteUserPermissionsBoundary", IdentityType.USER, r.userName())),
            this::deleteUser)
        .needing(
            PutRolePermissionsBoundaryRequest.class,
            (c, r) ->
                List.of(
                    IamNeeds.withBoundary(
                        "PutRolePermissionsBoundary",
                        needs.role(c, r.roleName()),
                        r.permissionsBoundary())),
            this::putRole)
        .needing(
            DeleteRolePermissionsBoundaryRequest.class,
            (c, r) ->
                List.of(
                    needs.onIdentity(
                        c, "DeleteRolePermissionsBoundary", IdentityType.ROLE, r.roleName())),
            this::deleteRole);
  }

  /// Inserts `identity` with the boundary of the request, if any.
  Identity insert(Tx tx, Identity identity, @Nullable String boundary) {
    identities.insert(tx, identity);
    return boundary == null ? identity : set(tx, identity, boundary);
  }

  /// Deletes an identity without policies, together with its boundary.
  void delete(Tx tx, Identity identity) {
    if (!identity.attached().isEmpty()) {
      throw IamError.DELETE_CONFLICT.because(
          "Cannot delete entity, must detach all policies first.");
    }
    if (!identity.inline().isEmpty()) {
      throw IamError.DELETE_CONFLICT.because("Cannot delete entity, must delete policies first.");
    }
    if (identity.boundary() != null) {
      attachments.remove(tx, identity.boundary(), Attachments.Use.BOUNDARY, identity);
    }
    identities.delete(tx, identity);
  }

  PutRolePermissionsBoundaryResponse putRole(
      Caller caller, PutRolePermissionsBoundaryRequest request) {
    put(caller, IdentityType.ROLE, request.roleName(), request.permissionsBoundary());
    return PutRolePermissionsBoundaryResponse.builder().build();
  }

  PutUserPermissionsBoundaryResponse putUser(
      Caller caller, PutUserPermissionsBoundaryRequest request) {
    put(caller, IdentityType.USER, request.userName(), request.permissionsBoundary());
    return PutUserPermissionsBoundaryResponse.builder().build();
  }

  DeleteRolePermissionsBoundaryResponse deleteRole(
      Caller caller, DeleteRolePermissionsBoundaryRequest request) {
    remove(caller, IdentityType.ROLE, request.roleName());
    return DeleteRolePermissionsBoundaryResponse.builder().build();
  }

  DeleteUserPermissionsBoundaryResponse deleteUser(
      Caller caller, DeleteUserPermissionsBoundaryRequest request) {
    remove(caller, IdentityType.USER, request.userName());
    return DeleteUserPermissionsBoundaryResponse.builder().build();
  }

  private void put(Caller caller, IdentityType kind, String name, String boundary) {
    IamConstraints.name(kind, name);
    IamError.MEMBERS.length("permissionsBoundary", boundary, 20, 2_048);
    database.write(
        tx -> set(tx, identities.require(tx, caller.account().value(), kind, name), boundary));
  }

  private Identity set(Tx tx, Identity identity, String boundary) {
    String arn = policies.requireAttachable(tx, identity.account(), boundary).arn();
    if (identity.boundary() != null) {
      attachments.remove(tx, identity.boundary(), Attachments.Use.BOUNDARY, identity);
    }
    Identity bounded = identity.withBoundary(arn);
    identities.put(tx, bounded);
    attachments.add(tx, arn, Attachments.Use.BOUNDARY, bounded);
    return bounded;
  }

  private void remove(Caller caller, IdentityType kind, String name) {
    IamConstraints.name(kind, name);
    database.write(
        tx -> {
          Identity identity = identities.require(tx, caller.account().value(), kind, name);
          if (identity.boundary() == null) {
            throw IamError.NO_SUCH_ENTITY.because(
                "The " + kind.word() + " with name " + name + " has no permissions boundary.");
          }
          attachments.remove(tx, identity.boundary(), Attachments.Use.BOUNDARY, identity);
          identities.put(tx, identity.withBoundary(null));
          return name;
        });
  }
}
