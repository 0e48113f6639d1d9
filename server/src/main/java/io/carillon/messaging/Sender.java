package io.carillon.messaging;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;

/// The sender of a message, whose permissions are checked.
public sealed interface Sender {

  /// What queues show as the message's sender id.
  String id();

  /// A service on behalf of one of its resources: the destination's resource policy has to allow
  /// it.
  ///
  /// @param principal such as `s3.amazonaws.com`
  /// @param source the sending resource: a bucket, a topic
  /// @param sourceAccount the account that owns it
  record Service(String principal, Arn source, String sourceAccount) implements Sender {
    @Override
    public String id() {
      return principal;
    }
  }

  /// A service in a role session, as Lambda for a function: the role's policies have to allow it.
  record Session(Caller caller) implements Sender {
    @Override
    public String id() {
      return caller.principal().uniqueId();
    }
  }
}
