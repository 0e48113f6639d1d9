package io.carillon.iam;

import io.carillon.aws.Caller;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The needs of IAM's operations: the ARN of the resource in the caller's account, and condition
/// keys.
final class IamNeeds {
  private final Identities identities;

  IamNeeds(Identities identities) {
    this.identities = identities;
  }

  Arn user(Caller caller, @Nullable String name) {
    if (name != null) {
      return arn(caller, IdentityType.USER, name);
    }
    return Arn.parse(
        caller.principal() instanceof Principal.User user
            ? user.arn()
            : Arn.iam(caller.account(), "root").toString());
  }

  Arn group(Caller caller, String name) {
    return arn(caller, IdentityType.GROUP, name);
  }

  Arn role(Caller caller, String name) {
    return arn(caller, IdentityType.ROLE, name);
  }

  /// The ARN of an identity. Requests do not contain the path, so it is looked up.
  private Arn arn(Caller caller, IdentityType kind, @Nullable String name) {
    String checked = IamConstraints.name(kind, name);
    return arn(caller, kind, checked, identities.find(caller.account().value(), kind, checked));
  }

  private static Arn arn(Caller caller, IdentityType kind, String name, Optional<Identity> found) {
    return found
        .map(identity -> Arn.parse(identity.arn()))
        .orElseGet(() -> Arn.iam(caller.account(), kind.word() + "/" + name));
  }

  static Arn arnToCreate(
      Caller caller, IdentityType kind, @Nullable String path, @Nullable String name) {
    return Arn.iam(
        caller.account(),
        kind.word() + IamConstraints.path(path) + IamConstraints.name(kind, name));
  }

  static Arn pathArn(Caller caller, IdentityType kind, @Nullable String pathPrefix) {
    return Arn.iam(caller.account(), kind.word() + IamConstraints.pathPrefix(pathPrefix));
  }

  static List<Need> onPolicy(String operation, String policyArn) {
    return List.of(new Need("iam:" + operation, IamConstraints.policyArn(policyArn), Map.of()));
  }

  static Arn policyArnToCreate(Caller caller, @Nullable String path, @Nullable String name) {
    return Arn.iam(
        caller.account(), "policy" + IamConstraints.path(path) + IamConstraints.policyName(name));
  }

  /// A need on a user, group or role, with its permissions boundary as a condition key, so that
  /// policies can require a boundary.
  Need onIdentity(Caller caller, String operation, IdentityType kind, @Nullable String name) {
    String checked = IamConstraints.name(kind, name);
    Optional<Identity> identity = identities.find(caller.account().value(), kind, checked);
    Need need = Need.of("iam:" + operation, arn(caller, kind, checked, identity));
    return identity.isPresent()
        ? need.with("iam:PermissionsBoundary", identity.get().boundary())
        : need;
  }

  List<Need> withPolicy(
      Caller caller, String operation, IdentityType kind, @Nullable String name, String policyArn) {
    return List.of(
        onIdentity(caller, operation, kind, name)
            .with("iam:PolicyARN", IamConstraints.policyArn(policyArn)));
  }

  static Need withBoundary(String operation, Arn resource, @Nullable String boundary) {
    return Need.of("iam:" + operation, resource).with("iam:PermissionsBoundary", boundary);
  }

  static Arn policyPathArn(Caller caller, @Nullable String pathPrefix) {
    return Arn.iam(caller.account(), "policy" + IamConstraints.pathPrefix(pathPrefix));
  }
}
