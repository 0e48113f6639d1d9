package io.carillon.policy;

import io.carillon.policy.Policies.ResourceSide;
import io.carillon.policy.PolicyDocument.Flavour;
import java.util.List;
import java.util.Map;

/// Short forms of policies, requesters and requests for tests.
final class Documents {
  static final String ACCOUNT = "111111111111";
  static final String OTHER = "222222222222";
  static final Requester.Root ROOT = new Requester.Root(ACCOUNT);
  static final Requester.User BOB =
      new Requester.User(ACCOUNT, "arn:aws:iam::111111111111:user/bob", "AIDABOBBOBBOBBOBBOBB");
  static final Requester.RoleSession SESSION =
      new Requester.RoleSession(
          ACCOUNT,
          "arn:aws:iam::111111111111:role/app/worker",
          "arn:aws:sts::111111111111:assumed-role/worker/s1",
          "AROAWORKERWORKERWORKE");
  static final String OBJECT = "arn:aws:s3:::b/k";

  private Documents() {}

  static String statement(String effect, String action, String resource) {
    return "\"Effect\":\"%s\",\"Action\":\"%s\",\"Resource\":\"%s\""
        .formatted(effect, action, resource);
  }

  static String document(String... statements) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":[{" + String.join("},{", statements) + "}]}";
  }

  static NamedPolicy identity(String... statements) {
    return new NamedPolicy(
        "policy p", PolicyDocument.parse(document(statements), Flavour.IDENTITY));
  }

  static NamedPolicy allow(String action, String resource) {
    return identity(statement("Allow", action, resource));
  }

  static NamedPolicy deny(String action, String resource) {
    return identity(statement("Deny", action, resource));
  }

  /// A policy on a resource of [#ACCOUNT].
  ///
  /// @param principal as JSON
  static ResourceSide resource(String effect, String principal, String action) {
    return ResourceSide.of(
        ACCOUNT,
        new NamedPolicy(
            "bucket policy",
            PolicyDocument.parse(
                document(statement(effect, action, "*") + ",\"Principal\":" + principal),
                Flavour.RESOURCE)));
  }

  static ResourceSide trust(String principal) {
    return ResourceSide.trust(
        ACCOUNT,
        new NamedPolicy(
            "trust policy",
            PolicyDocument.parse(
                document(
                    "\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":"
                        + principal),
                Flavour.TRUST)));
  }

  static AuthorizationRequest request(Requester requester) {
    return new AuthorizationRequest("s3:GetObject", OBJECT, requester, Context.EMPTY);
  }

  static AuthorizationRequest request(Requester requester, Map<String, List<String>> context) {
    return new AuthorizationRequest("s3:GetObject", OBJECT, requester, Context.of(context));
  }

  static String aws(String principal) {
    return "{\"AWS\":\"" + principal + "\"}";
  }
}
