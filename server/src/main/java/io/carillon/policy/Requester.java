package io.carillon.policy;

/// The requester, as `Principal` elements identify it.
public sealed interface Requester {

  /// A requester that belongs to an account, and so can have policies of its own.
  sealed interface Member extends Requester {
    String account();
  }

  record Root(String account) implements Member {}

  /// @param id the unique id, `AIDA…`
  record User(String account, String arn, String id) implements Member {}

  /// @param roleArn with its path: `arn:aws:iam::…:role/path/name`
  /// @param sessionArn `arn:aws:sts::…:assumed-role/name/session`
  /// @param roleId the unique id, `AROA…`
  record RoleSession(String account, String roleArn, String sessionArn, String roleId)
      implements Member {}

  /// @param name such as `s3.amazonaws.com`
  record Service(String name) implements Requester {}

  record Anonymous() implements Requester {}
}
