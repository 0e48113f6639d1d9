package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Operations;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.iam.Identity.UserTerms;
import io.carillon.store.Database;
import io.carillon.store.Tx;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.iam.model.AttachedPermissionsBoundary;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.CreateUserResponse;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserResponse;
import software.amazon.awssdk.services.iam.model.GetUserRequest;
import software.amazon.awssdk.services.iam.model.GetUserResponse;
import software.amazon.awssdk.services.iam.model.ListUserTagsRequest;
import software.amazon.awssdk.services.iam.model.ListUserTagsResponse;
import software.amazon.awssdk.services.iam.model.ListUsersRequest;
import software.amazon.awssdk.services.iam.model.ListUsersResponse;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.iam.model.TagUserRequest;
import software.amazon.awssdk.services.iam.model.TagUserResponse;
import software.amazon.awssdk.services.iam.model.UntagUserRequest;
import software.amazon.awssdk.services.iam.model.UntagUserResponse;
import software.amazon.awssdk.services.iam.model.UpdateUserRequest;
import software.amazon.awssdk.services.iam.model.UpdateUserResponse;
import software.amazon.awssdk.services.iam.model.User;

/// The operations on users.
final class Users {
  private final Database database;
  private final Identities identities;
  private final PermissionsBoundaries boundaries;
  private final AttachedPolicies attached;
  private final AccessKeyRows keys;
  private final NewIdentities newIdentities;

  Users(
      Database database,
      Identities identities,
      PermissionsBoundaries boundaries,
      AttachedPolicies attached,
      AccessKeyRows keys,
      NewIdentities newIdentities) {
    this.database = database;
    this.identities = identities;
    this.boundaries = boundaries;
    this.attached = attached;
    this.keys = keys;
    this.newIdentities = newIdentities;
  }

  /// Adds the operations of this class to IAM's.
  void addTo(Operations operations, IamNeeds needs) {
    operations
        .needing(
            CreateUserRequest.class,
            (c, r) ->
                IamNeeds.withBoundary(
                        "CreateUser",
                        IamNeeds.arnToCreate(c, IdentityType.USER, r.path(), r.userName()),
                        r.permissionsBoundary())
                    .andTagging("iam:TagUser", IamTags.of(r.tags())),
            this::create)
        .on(GetUserRequest.class, (c, r) -> needs.user(c, r.userName()), this::get)
        .on(
            ListUsersRequest.class,
            (c, r) -> IamNeeds.pathArn(c, IdentityType.USER, r.pathPrefix()),
            this::list)
        .needing(UpdateUserRequest.class, (c, r) -> needsForUpdate(needs, c, r), this::update)
        .on(DeleteUserRequest.class, (c, r) -> needs.user(c, r.userName()), this::delete)
        .needing(
            TagUserRequest.class,
            (c, r) ->
                List.of(
                    Need.of("iam:TagUser", needs.user(c, r.userName()))
                        .tagging(IamTags.of(r.tags()))),
            this::tag)
        .needing(
            UntagUserRequest.class,
            (c, r) ->
                List.of(
                    Need.of("iam:UntagUser", needs.user(c, r.userName())).untagging(r.tagKeys())),
            this::untag)
        .on(ListUserTagsRequest.class, (c, r) -> needs.user(c, r.userName()), this::listTags);
  }

  /// To rename or move a user, both the old and the new ARN must be allowed. Otherwise a caller
  /// limited to a path could move users out of it.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
  private static List<Need> needsForUpdate(IamNeeds needs, Caller caller, UpdateUserRequest r) {
    Arn before = needs.user(caller, r.userName());
    String name = before.resource().substring(before.resource().lastIndexOf('/') + 1);
    String path =
        before.resource().substring("user".length(), before.resource().length() - name.length());
    Arn after =
        IamNeeds.arnToCreate(
            caller,
            IdentityType.USER,
            r.newPath() == null ? path : r.newPath(),
            r.newUserName() == null ? name : r.newUserName());
    Need update = Need.of("iam:UpdateUser", before);
    return after.equals(before)
        ? List.of(update)
        : List.of(update, Need.of("iam:UpdateUser", after));
  }

  /// The user that a request names, or else the caller.
  ///
  /// @throws io.carillon.aws.AwsException if no user is named and the caller is not a user
  static String userName(Caller caller, @Nullable String name) {
    if (name != null) {
      return IamConstraints.name(IdentityType.USER, name);
    }
    if (caller.principal() instanceof Principal.User user) {
      return user.name();
    }
    throw IamError.VALIDATION.because(
        "Must specify userName when calling with non-User credentials");
  }

  CreateUserResponse create(Caller caller, CreateUserRequest request) {
    Identity user =
        newIdentities
            .of(caller, IdentityType.USER, request.path(), request.userName())
            .withTags(IamTags.of(request.tags()))
            .withUser(new UserTerms(List.of(), List.of()));
    Identity created =
        database.write(tx -> boundaries.insert(tx, user, request.permissionsBoundary()));
    return CreateUserResponse.builder().user(toDetailedModel(created)).build();
  }

  /// Without a name: the caller, who may be the root user.
  GetUserResponse get(Caller caller, GetUserRequest request) {
    if (request.userName() == null && caller.principal() instanceof Principal.Root root) {
      return GetUserResponse.builder()
          .user(
              User.builder()
                  .userId(root.uniqueId())
                  .arn(root.arn())
                  .path("/")
                  .createDate(Instant.EPOCH)
                  .build())
          .build();
    }
    Identity user =
        identities.require(
            caller.account().value(), IdentityType.USER, userName(caller, request.userName()));
    return GetUserResponse.builder().user(toDetailedModel(user)).build();
  }

  ListUsersResponse list(Caller caller, ListUsersRequest request) {
    IamPage<Identity> page =
        identities.page(
            caller.account().value(),
            IdentityType.USER,
            IamConstraints.pathPrefix(request.pathPrefix()),
            IamPage.Paging.of(request.marker(), request.maxItems()));
    return ListUsersResponse.builder()
        .users(page.items().stream().map(user -> toModel(user).build()).toList())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  /// Changes name and path. Keys and attachments contain the name, so they are rewritten.
  UpdateUserResponse update(Caller caller, UpdateUserRequest request) {
    String name = IamConstraints.name(IdentityType.USER, request.userName());
    String newName =
        request.newUserName() == null
            ? null
            : IamConstraints.name(
                "newUserName", request.newUserName(), IdentityType.USER.nameLimit());
    String newPath = request.newPath() == null ? null : IamConstraints.path(request.newPath());
    database.write(
        tx -> {
          Identity user = identities.require(tx, caller.account().value(), IdentityType.USER, name);
          rename(
              tx,
              user,
              user.withPathAndName(
                  newPath == null ? user.path() : newPath,
                  newName == null ? user.name() : newName));
          return name;
        });
    return UpdateUserResponse.builder().build();
  }

  private void rename(Tx tx, Identity before, Identity after) {
    attached.rewriteAttachments(tx, before, after);
    if (Identities.fold(before.name()).equals(Identities.fold(after.name()))) {
      identities.put(tx, after);
    } else {
      identities.delete(tx, before);
      identities.insert(tx, after);
    }
    for (String id : after.userTerms().keys()) {
      keys.find(tx, id).ifPresent(key -> keys.put(tx, id, key.ofUser(after.name())));
    }
  }

  DeleteUserResponse delete(Caller caller, DeleteUserRequest request) {
    String name = IamConstraints.name(IdentityType.USER, request.userName());
    database.write(
        tx -> {
          Identity user = identities.require(tx, caller.account().value(), IdentityType.USER, name);
          if (!user.userTerms().keys().isEmpty()) {
            throw IamError.DELETE_CONFLICT.because(
                "Cannot delete entity, must delete access keys first.");
          }
          if (!user.userTerms().groups().isEmpty()) {
            throw IamError.DELETE_CONFLICT.because(
                "Cannot delete entity, must remove users from group first.");
          }
          boundaries.delete(tx, user);
          return name;
        });
    return DeleteUserResponse.builder().build();
  }

  TagUserResponse tag(Caller caller, TagUserRequest request) {
    String name = IamConstraints.name(IdentityType.USER, request.userName());
    identities.update(
        caller.account().value(),
        IdentityType.USER,
        name,
        user -> user.withTags(IamTags.with(user.tags(), request.tags())));
    return TagUserResponse.builder().build();
  }

  UntagUserResponse untag(Caller caller, UntagUserRequest request) {
    String name = IamConstraints.name(IdentityType.USER, request.userName());
    identities.update(
        caller.account().value(),
        IdentityType.USER,
        name,
        user -> user.withTags(IamTags.without(user.tags(), request.tagKeys())));
    return UntagUserResponse.builder().build();
  }

  ListUserTagsResponse listTags(Caller caller, ListUserTagsRequest request) {
    Identity user =
        identities.require(
            caller.account().value(),
            IdentityType.USER,
            IamConstraints.name(IdentityType.USER, request.userName()));
    IamPage<Tag> page =
        IamPage.of(
            IamTags.toModel(user.tags()),
            Tag::key,
            IamPage.Paging.of(request.marker(), request.maxItems()));
    return ListUserTagsResponse.builder()
        .tags(page.items())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  private static User toDetailedModel(Identity user) {
    User.Builder model = toModel(user);
    if (!user.tags().isEmpty()) {
      model.tags(IamTags.toModel(user.tags()));
    }
    if (user.boundary() != null) {
      model.permissionsBoundary(
          AttachedPermissionsBoundary.builder()
              .permissionsBoundaryType("Policy")
              .permissionsBoundaryArn(user.boundary())
              .build());
    }
    return model.build();
  }

  static User.Builder toModel(Identity user) {
    return User.builder()
        .path(user.path())
        .userName(user.name())
        .userId(user.id())
        .arn(user.arn())
        .createDate(user.created());
  }
}
