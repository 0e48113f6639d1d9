package io.carillon.outbox;

import io.carillon.aws.Caller;
import io.carillon.base.Arn;

/// Who hands something over, and so whose policies are asked.
public sealed interface Sender {

  /// What queues show as the message's sender.
  String id();

  /// A service for a resource of its own: the destination's policy has to let it in.
  ///
  /// @param principal such as `s3.amazonaws.com`
  /// @param source the resource that sends: a bucket, a topic
  /// @param sourceAccount whose that is
  record Service(String principal, Arn source, String sourceAccount) implements Sender {
    @Override
    public String id() {
      return principal;
    }
  }

  /// A service in a session of a role, as Lambda is for a function: it may what the role may.
  record Session(Caller caller) implements Sender {
    @Override
    public String id() {
      return caller.principal().uniqueId();
    }
  }
}
