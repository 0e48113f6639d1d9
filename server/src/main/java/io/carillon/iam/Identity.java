package io.carillon.iam;

import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A row: a user, group or role with its policies. The three differ little, so they share a table
/// and the code for policies, tags and boundaries.
///
/// @param path begins and ends with a slash
/// @param id the unique id, such as `AROA…`
/// @param inline policy documents by name
/// @param attached ARNs of managed policies, in the order they were attached
/// @param boundary ARN of its permissions boundary
/// @param role properties of roles only
/// @param user properties of users only
record Identity(
    IdentityType kind,
    String account,
    String path,
    String name,
    String id,
    Instant created,
    Map<String, String> tags,
    Map<String, String> inline,
    List<String> attached,
    @Nullable String boundary,
    @Nullable RoleTerms role,
    @Nullable UserTerms user) {

  /// @param trust the trust policy document
  /// @param trusted unique ids of the users and roles that the trust policy names, by ARN, as of
  ///   when it was written: one that is deleted and recreated is not trusted, as on AWS
  record RoleTerms(
      String trust, Map<String, String> trusted, String description, int maxSessionSeconds) {
    RoleTerms withTrust(String other, Map<String, String> otherTrusted) {
      return new RoleTerms(other, otherTrusted, description, maxSessionSeconds);
    }

    RoleTerms withDescription(String other) {
      return new RoleTerms(trust, trusted, other, maxSessionSeconds);
    }

    RoleTerms withMaxSession(int seconds) {
      return new RoleTerms(trust, trusted, description, seconds);
    }
  }

  /// @param keys ids of its access keys
  /// @param groups names of the groups it belongs to
  record UserTerms(List<String> keys, List<String> groups) {
    UserTerms withKeys(UnaryOperator<List<String>> change) {
      return new UserTerms(change.apply(new ArrayList<>(keys)), groups);
    }

    UserTerms withGroups(UnaryOperator<List<String>> change) {
      return new UserTerms(keys, change.apply(new ArrayList<>(groups)));
    }
  }

  String arn() {
    return Arn.iam(new AccountId(account), kind.word() + path + name).toString();
  }

  /// Only for roles.
  RoleTerms roleTerms() {
    return role == null ? new RoleTerms("", Map.of(), "", 0) : role;
  }

  /// Only for users.
  UserTerms userTerms() {
    return user == null ? new UserTerms(List.of(), List.of()) : user;
  }

  Identity withTags(Map<String, String> other) {
    return new Identity(
        kind, account, path, name, id, created, other, inline, attached, boundary, role, user);
  }

  Identity withInline(UnaryOperator<Map<String, String>> change) {
    return new Identity(
        kind,
        account,
        path,
        name,
        id,
        created,
        tags,
        change.apply(new TreeMap<>(inline)),
        attached,
        boundary,
        role,
        user);
  }

  Identity withAttached(UnaryOperator<List<String>> change) {
    return new Identity(
        kind,
        account,
        path,
        name,
        id,
        created,
        tags,
        inline,
        change.apply(new ArrayList<>(attached)),
        boundary,
        role,
        user);
  }

  Identity withBoundary(@Nullable String other) {
    return new Identity(
        kind, account, path, name, id, created, tags, inline, attached, other, role, user);
  }

  Identity withRole(RoleTerms other) {
    return new Identity(
        kind, account, path, name, id, created, tags, inline, attached, boundary, other, user);
  }

  Identity withUser(UserTerms other) {
    return new Identity(
        kind, account, path, name, id, created, tags, inline, attached, boundary, role, other);
  }

  Identity withPathAndName(String otherPath, String otherName) {
    return new Identity(
        kind, account, otherPath, otherName, id, created, tags, inline, attached, boundary, role,
        user);
  }
}
