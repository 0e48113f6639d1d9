package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Operations;
import io.carillon.store.Database;
import io.carillon.store.Snapshot;
import io.carillon.store.Tx;
import java.util.Comparator;
import java.util.List;
import software.amazon.awssdk.services.iam.model.AddUserToGroupRequest;
import software.amazon.awssdk.services.iam.model.AddUserToGroupResponse;
import software.amazon.awssdk.services.iam.model.CreateGroupRequest;
import software.amazon.awssdk.services.iam.model.CreateGroupResponse;
import software.amazon.awssdk.services.iam.model.DeleteGroupRequest;
import software.amazon.awssdk.services.iam.model.DeleteGroupResponse;
import software.amazon.awssdk.services.iam.model.GetGroupRequest;
import software.amazon.awssdk.services.iam.model.GetGroupResponse;
import software.amazon.awssdk.services.iam.model.Group;
import software.amazon.awssdk.services.iam.model.ListGroupsForUserRequest;
import software.amazon.awssdk.services.iam.model.ListGroupsForUserResponse;
import software.amazon.awssdk.services.iam.model.ListGroupsRequest;
import software.amazon.awssdk.services.iam.model.ListGroupsResponse;
import software.amazon.awssdk.services.iam.model.RemoveUserFromGroupRequest;
import software.amazon.awssdk.services.iam.model.RemoveUserFromGroupResponse;

/// The operations on groups and their members. A user's row has the names of its groups.
final class Groups {
  private static final int GROUPS_PER_USER = 10;

  private final Database database;
  private final Identities identities;
  private final PermissionsBoundaries boundaries;
  private final NewIdentities newIdentities;

  Groups(
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
        .on(
            CreateGroupRequest.class,
            (c, r) -> IamNeeds.arnToCreate(c, IdentityType.GROUP, r.path(), r.groupName()),
            this::create)
        .on(GetGroupRequest.class, (c, r) -> needs.group(c, r.groupName()), this::get)
        .on(
            ListGroupsRequest.class,
            (c, r) -> IamNeeds.pathArn(c, IdentityType.GROUP, r.pathPrefix()),
            this::list)
        .on(DeleteGroupRequest.class, (c, r) -> needs.group(c, r.groupName()), this::delete)
        .on(AddUserToGroupRequest.class, (c, r) -> needs.group(c, r.groupName()), this::addUser)
        .on(
            RemoveUserFromGroupRequest.class,
            (c, r) -> needs.group(c, r.groupName()),
            this::removeUser)
        .on(
            ListGroupsForUserRequest.class,
            (c, r) -> needs.user(c, r.userName()),
            this::listForUser);
  }

  CreateGroupResponse create(Caller caller, CreateGroupRequest request) {
    Identity group =
        newIdentities.of(caller, IdentityType.GROUP, request.path(), request.groupName());
    Identity created = database.write(tx -> boundaries.insert(tx, group, null));
    return CreateGroupResponse.builder().group(toModel(created)).build();
  }

  GetGroupResponse get(Caller caller, GetGroupRequest request) {
    String name = IamConstraints.name(IdentityType.GROUP, request.groupName());
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    return database.read(
        snapshot -> {
          Identity group =
              identities.require(snapshot, caller.account().value(), IdentityType.GROUP, name);
          IamPage<Identity> page =
              IamPage.of(members(snapshot, group), user -> Identities.fold(user.name()), paging);
          return GetGroupResponse.builder()
              .group(toModel(group))
              .users(page.items().stream().map(user -> Users.toModel(user).build()).toList())
              .isTruncated(page.isTruncated())
              .marker(page.marker())
              .build();
        });
  }

  ListGroupsResponse list(Caller caller, ListGroupsRequest request) {
    IamPage<Identity> page =
        identities.page(
            caller.account().value(),
            IdentityType.GROUP,
            IamConstraints.pathPrefix(request.pathPrefix()),
            IamPage.Paging.of(request.marker(), request.maxItems()));
    return ListGroupsResponse.builder()
        .groups(page.items().stream().map(Groups::toModel).toList())
        .isTruncated(page.isTruncated())
        .marker(page.marker())
        .build();
  }

  DeleteGroupResponse delete(Caller caller, DeleteGroupRequest request) {
    String name = IamConstraints.name(IdentityType.GROUP, request.groupName());
    database.write(
        tx -> {
          Identity group =
              identities.require(tx, caller.account().value(), IdentityType.GROUP, name);
          if (!members(tx, group).isEmpty()) {
            throw IamError.DELETE_CONFLICT.because(
                "Cannot delete entity, must remove users from group first.");
          }
          boundaries.delete(tx, group);
          return name;
        });
    return DeleteGroupResponse.builder().build();
  }

  AddUserToGroupResponse addUser(Caller caller, AddUserToGroupRequest request) {
    String groupName = IamConstraints.name(IdentityType.GROUP, request.groupName());
    String userName = IamConstraints.name(IdentityType.USER, request.userName());
    database.write(
        tx -> {
          String account = caller.account().value();
          Identity group = identities.require(tx, account, IdentityType.GROUP, groupName);
          Identity user = identities.require(tx, account, IdentityType.USER, userName);
          List<String> groups = user.userTerms().groups();
          if (!groups.contains(group.name())) {
            if (groups.size() >= GROUPS_PER_USER) {
              throw IamError.LIMIT_EXCEEDED.because(
                  "Cannot exceed quota for GroupsPerUser: " + GROUPS_PER_USER);
            }
            setMember(tx, user, group, true);
          }
          return groupName;
        });
    return AddUserToGroupResponse.builder().build();
  }

  RemoveUserFromGroupResponse removeUser(Caller caller, RemoveUserFromGroupRequest request) {
    String groupName = IamConstraints.name(IdentityType.GROUP, request.groupName());
    String userName = IamConstraints.name(IdentityType.USER, request.userName());
    database.write(
        tx -> {
          String account = caller.account().value();
          Identity group = identities.require(tx, account, IdentityType.GROUP, groupName);
          Identity user = identities.require(tx, account, IdentityType.USER, userName);
          if (!user.userTerms().groups().contains(group.name())) {
            throw IamError.NO_SUCH_ENTITY.because(
                "User " + userName + " not in group " + groupName);
          }
          setMember(tx, user, group, false);
          return groupName;
        });
    return RemoveUserFromGroupResponse.builder().build();
  }

  ListGroupsForUserResponse listForUser(Caller caller, ListGroupsForUserRequest request) {
    String userName = IamConstraints.name(IdentityType.USER, request.userName());
    IamPage.Paging paging = IamPage.Paging.of(request.marker(), request.maxItems());
    return database.read(
        snapshot -> {
          Identity user =
              identities.require(snapshot, caller.account().value(), IdentityType.USER, userName);
          IamPage<Group> page =
              IamPage.of(groupsOf(snapshot, user), group -> Identities.fold(group.name()), paging)
                  .map(Groups::toModel);
          return ListGroupsForUserResponse.builder()
              .groups(page.items())
              .isTruncated(page.isTruncated())
              .marker(page.marker())
              .build();
        });
  }

  /// The groups of a user, sorted by name.
  private List<Identity> groupsOf(Snapshot snapshot, Identity user) {
    return user.userTerms().groups().stream()
        .flatMap(
            name -> identities.find(snapshot, user.account(), IdentityType.GROUP, name).stream())
        .sorted(Comparator.comparing(group -> Identities.fold(group.name())))
        .toList();
  }

  private List<Identity> members(Snapshot snapshot, Identity group) {
    return identities.all(snapshot, group.account(), IdentityType.USER).stream()
        .filter(user -> user.userTerms().groups().contains(group.name()))
        .toList();
  }

  private void setMember(Tx tx, Identity user, Identity group, boolean member) {
    identities.put(
        tx,
        user.withUser(
            user.userTerms()
                .withGroups(
                    groups -> {
                      groups.remove(group.name());
                      if (member) {
                        groups.add(group.name());
                      }
                      return groups;
                    })));
  }

  private static Group toModel(Identity group) {
    return Group.builder()
        .path(group.path())
        .groupName(group.name())
        .groupId(group.id())
        .arn(group.arn())
        .createDate(group.created())
        .build();
  }
}
