package io.carillon.aws;

import io.carillon.base.Arn;
import java.util.List;

/// Decides whether a caller may. Implemented by `iam` over the policy engine.
public interface Authorizer {

  /// Returns if every need is allowed.
  ///
  /// @throws AwsException AccessDenied, naming the action, the resource and the statement (or the
  ///   lack of one) that decided; the road maps the code to the service's own
  void require(Caller caller, List<Need> needs);

  /// Whether policies say no to a need, which is more than that none says yes. Services ask it of
  /// what they allow by themselves. An authorizer that cannot tell says that they do.
  default boolean denies(Caller caller, Need need) {
    return true;
  }

  /// Whether a service may act on `resource` for `source`: only the resource's own policy counts,
  /// bounded by `aws:SourceArn` and `aws:SourceAccount`.
  ///
  /// @param service the service principal, such as `s3.amazonaws.com`
  boolean allowsService(
      String service, String action, Arn resource, Arn source, String sourceAccount);
}
