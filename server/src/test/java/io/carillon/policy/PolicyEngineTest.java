package io.carillon.policy;

import static io.carillon.policy.Documents.ACCOUNT;
import static io.carillon.policy.Documents.BOB;
import static io.carillon.policy.Documents.OBJECT;
import static io.carillon.policy.Documents.OTHER;
import static io.carillon.policy.Documents.ROOT;
import static io.carillon.policy.Documents.SESSION;
import static io.carillon.policy.Documents.allow;
import static io.carillon.policy.Documents.aws;
import static io.carillon.policy.Documents.deny;
import static io.carillon.policy.Documents.identity;
import static io.carillon.policy.Documents.request;
import static io.carillon.policy.Documents.resource;
import static io.carillon.policy.Documents.statement;
import static io.carillon.policy.Documents.trust;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.policy.Decision.Allowed;
import io.carillon.policy.Decision.ExplicitlyDenied;
import io.carillon.policy.Decision.ImplicitlyDenied;
import io.carillon.policy.Policies.ResourceSide;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The evaluation order. Source of the expectations:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
class PolicyEngineTest {
  private static final NamedPolicy READ = allow("s3:Get*", "arn:aws:s3:::b/*");

  private static Decision decide(Requester requester, Policies policies) {
    return PolicyEngine.evaluate(request(requester), policies);
  }

  @Test
  void nothingIsAllowedByDefault() {
    assertThat(decide(BOB, Policies.NONE)).isEqualTo(new ImplicitlyDenied(PolicyKind.IDENTITY));
  }

  @Test
  void theDecisionNamesTheStatement() {
    NamedPolicy policy =
        identity(
            "\"Sid\":\"AllowRead\"," + statement("Allow", "s3:GetObject", "*"),
            statement("Deny", "s3:DeleteObject", "*"));
    assertThat(decide(BOB, Policies.ofIdentity(policy)))
        .isEqualTo(new Allowed("statement AllowRead of policy p"));
    assertThat(
            PolicyEngine.evaluate(
                new AuthorizationRequest("s3:DeleteObject", OBJECT, BOB, Context.EMPTY),
                Policies.ofIdentity(policy)))
        .isEqualTo(new ExplicitlyDenied(PolicyKind.IDENTITY, "statement 2 of policy p"));
  }

  @Test
  void anExplicitDenyInAnyPolicyDenies() {
    Policies all =
        Policies.ofIdentity(READ)
            .withBoundary(READ)
            .withSession(List.of(READ))
            .withResource(resource("Allow", "\"*\"", "s3:*"));
    assertThat(decide(SESSION, all).isAllowed()).isTrue();

    NamedPolicy no = deny("s3:GetObject", "*");
    assertThat(decide(SESSION, new Policies(List.of(READ, no), READ, all.session(), null)))
        .isEqualTo(new ExplicitlyDenied(PolicyKind.IDENTITY, "statement 1 of policy p"));
    assertThat(decide(SESSION, all.withBoundary(no)))
        .isEqualTo(new ExplicitlyDenied(PolicyKind.BOUNDARY, "statement 1 of policy p"));
    assertThat(decide(SESSION, all.withSession(List.of(READ, no))))
        .isEqualTo(new ExplicitlyDenied(PolicyKind.SESSION, "statement 1 of policy p"));
    assertThat(decide(SESSION, all.withResource(resource("Deny", "\"*\"", "s3:*"))))
        .isEqualTo(new ExplicitlyDenied(PolicyKind.RESOURCE, "statement 1 of bucket policy"));
  }

  @Test
  void aBoundaryAndASessionPolicyMustAllowToo() {
    NamedPolicy other = allow("sqs:*", "*");
    Policies own = Policies.ofIdentity(READ);
    assertThat(decide(BOB, own.withBoundary(other)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.BOUNDARY));
    assertThat(decide(SESSION, own.withSession(List.of(other))))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.SESSION));
    assertThat(decide(SESSION, own.withSession(List.of(other, READ))).isAllowed()).isTrue();
  }

  @Test
  void aBoundaryAloneGrantsNothing() {
    assertThat(decide(BOB, Policies.NONE.withBoundary(READ)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.IDENTITY));
  }

  @Test
  void theRootUserIsAllowedUnlessTheResourceDenies() {
    assertThat(decide(ROOT, Policies.NONE).isAllowed()).isTrue();
    Policies denied = Policies.ofResource(resource("Deny", aws(ACCOUNT), "s3:*"));
    assertThat(decide(ROOT, denied)).isInstanceOf(ExplicitlyDenied.class);
  }

  @Test
  void aResourcePolicyThatNamesTheUserOrSessionIsSufficient() {
    NamedPolicy silent = allow("sqs:*", "*");
    Policies user = Policies.ofResource(resource("Allow", aws(BOB.arn()), "s3:GetObject"));
    assertThat(decide(BOB, user.withBoundary(silent)))
        .isEqualTo(new Allowed("statement 1 of bucket policy"));
    Policies session = Policies.ofResource(resource("Allow", aws(SESSION.sessionArn()), "s3:*"));
    assertThat(decide(SESSION, session.withSession(List.of(silent))).isAllowed()).isTrue();
    Policies everyone = Policies.ofResource(resource("Allow", "\"*\"", "s3:*"));
    assertThat(decide(BOB, everyone).isAllowed()).isTrue();
  }

  @Test
  void aResourcePolicyThatNamesTheRoleIsLimitedByBoundaryAndSession() {
    NamedPolicy silent = allow("sqs:*", "*");
    Policies role = Policies.ofResource(resource("Allow", aws(SESSION.roleArn()), "s3:*"));
    assertThat(decide(SESSION, role).isAllowed()).isTrue();
    assertThat(decide(SESSION, role.withBoundary(silent)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.BOUNDARY));
    assertThat(decide(SESSION, role.withSession(List.of(silent))))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.SESSION));
  }

  @Test
  void aResourcePolicyThatNamesTheAccountDelegatesToIdentityPolicies() {
    for (String account : List.of(ACCOUNT, "arn:aws:iam::111111111111:root")) {
      Policies policies = Policies.ofResource(resource("Allow", aws(account), "s3:*"));
      assertThat(decide(BOB, policies)).isEqualTo(new ImplicitlyDenied(PolicyKind.IDENTITY));
      assertThat(decide(ROOT, policies).isAllowed()).isTrue();
    }
  }

  @Test
  void crossAccountAccessNeedsBothPolicies() {
    ResourceSide theirs =
        new ResourceSide(OTHER, resource("Allow", aws(ACCOUNT), "s3:*").policy(), false);
    assertThat(decide(BOB, Policies.ofIdentity(READ).withResource(theirs)).isAllowed()).isTrue();
    assertThat(decide(BOB, Policies.ofResource(theirs)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.IDENTITY));
    assertThat(decide(ROOT, Policies.ofResource(theirs)).isAllowed()).isTrue();
    ResourceSide silent = ResourceSide.withoutPolicy(OTHER);
    assertThat(decide(BOB, Policies.ofIdentity(READ).withResource(silent)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.RESOURCE));
    assertThat(decide(ROOT, Policies.ofResource(silent)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.RESOURCE));
  }

  @Test
  void crossAccountUsersNeedTheirOwnPoliciesEvenIfNamed() {
    ResourceSide theirs =
        new ResourceSide(OTHER, resource("Allow", aws(BOB.arn()), "s3:*").policy(), false);
    assertThat(decide(BOB, Policies.ofResource(theirs)))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.IDENTITY));
  }

  @Test
  void onlyTheResourcePolicyDecidesForServicesAndAnonymousRequesters() {
    Requester service = new Requester.Service("s3.amazonaws.com");
    Requester nobody = new Requester.Anonymous();
    Policies identityOnly = Policies.ofIdentity(allow("*", "*"));
    assertThat(decide(nobody, identityOnly)).isEqualTo(new ImplicitlyDenied(PolicyKind.RESOURCE));

    String principal = "{\"Service\":\"s3.amazonaws.com\"}";
    Policies named = Policies.ofResource(resource("Allow", principal, "s3:*"));
    assertThat(decide(service, named).isAllowed()).isTrue();
    assertThat(decide(new Requester.Service("sns.amazonaws.com"), named).isAllowed()).isFalse();
    assertThat(decide(nobody, named).isAllowed()).isFalse();

    Policies open = Policies.ofResource(resource("Allow", aws("*"), "s3:*"));
    assertThat(decide(service, open).isAllowed()).isTrue();
    assertThat(decide(nobody, open).isAllowed()).isTrue();
  }

  @Test
  void aRoleIsAssumedOnlyIfItsTrustPolicyAllows() {
    AuthorizationRequest assume =
        new AuthorizationRequest(
            "sts:AssumeRole", "arn:aws:iam::111111111111:role/r", BOB, Context.EMPTY);
    NamedPolicy all = allow("sts:AssumeRole", "*");
    Policies service =
        Policies.ofIdentity(all).withResource(trust("{\"Service\":\"lambda.amazonaws.com\"}"));
    assertThat(PolicyEngine.evaluate(assume, service))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.RESOURCE));
    assertThat(PolicyEngine.evaluate(assume, Policies.ofResource(trust(aws(BOB.arn())))))
        .isInstanceOf(Allowed.class);
    Policies account = Policies.ofResource(trust(aws(ACCOUNT)));
    assertThat(PolicyEngine.evaluate(assume, account))
        .isEqualTo(new ImplicitlyDenied(PolicyKind.IDENTITY));
    assertThat(
            PolicyEngine.evaluate(
                assume, Policies.ofIdentity(all).withResource(account.resource())))
        .isInstanceOf(Allowed.class);
  }

  @Test
  void aNotPrincipalDenyExemptsOnlyFullyNamedRequesters() {
    String half = "{\"AWS\":[\"" + BOB.arn() + "\"]}";
    String full = "{\"AWS\":[\"" + BOB.arn() + "\",\"" + ACCOUNT + "\"]}";
    assertThat(decide(BOB, notPrincipal(half))).isInstanceOf(ExplicitlyDenied.class);
    assertThat(decide(BOB, notPrincipal(full)).isAllowed()).isTrue();
    assertThat(decide(SESSION, notPrincipal(full))).isInstanceOf(ExplicitlyDenied.class);
  }

  private static Policies notPrincipal(String principals) {
    NamedPolicy policy =
        new NamedPolicy(
            "bucket policy",
            PolicyDocument.parse(
                Documents.document(
                    statement("Deny", "s3:*", "*") + ",\"NotPrincipal\":" + principals),
                PolicyDocument.Flavour.RESOURCE));
    return Policies.ofIdentity(READ).withResource(ResourceSide.of(ACCOUNT, policy));
  }

  @Test
  void notActionAndNotResourceMatchAllOthers() {
    NamedPolicy all =
        identity("\"Effect\":\"Allow\",\"NotAction\":\"iam:*\",\"NotResource\":\"arn:aws:sqs\"");
    assertThat(decide(BOB, Policies.ofIdentity(all)).isAllowed()).isTrue();
    assertThat(
            PolicyEngine.evaluate(
                    new AuthorizationRequest("iam:GetUser", "*", BOB, Context.EMPTY),
                    Policies.ofIdentity(all))
                .isAllowed())
        .isFalse();
    assertThat(
            PolicyEngine.evaluate(
                    new AuthorizationRequest(
                        "sqs:SendMessage",
                        "arn:aws:sqs:eu-west-1:111111111111:q",
                        BOB,
                        Context.EMPTY),
                    Policies.ofIdentity(all))
                .isAllowed())
        .isFalse();
  }

  @Test
  void actionsAreComparedWithoutCaseAndResourcesWithCase() {
    assertThat(decide(BOB, Policies.ofIdentity(allow("S3:getobject", OBJECT))).isAllowed())
        .isTrue();
    assertThat(decide(BOB, Policies.ofIdentity(allow("s3:*", "arn:aws:s3:::B/k"))).isAllowed())
        .isFalse();
  }

  @Test
  void anActionWithoutResourceNeedsAStar() {
    AuthorizationRequest list =
        new AuthorizationRequest("s3:ListAllMyBuckets", "*", BOB, Context.EMPTY);
    assertThat(
            PolicyEngine.evaluate(list, Policies.ofIdentity(allow("s3:*", "arn:aws:s3:::*")))
                .isAllowed())
        .isFalse();
    assertThat(PolicyEngine.evaluate(list, Policies.ofIdentity(allow("s3:*", "*"))).isAllowed())
        .isTrue();
  }

  @Test
  void theValueOfAVariableInAResourceIsLiteral() {
    NamedPolicy home = allow("s3:*", "arn:aws:s3:::b/${aws:username}");
    assertThat(decideWith(home, Map.of("aws:username", List.of("k"))).isAllowed()).isTrue();
    assertThat(decideWith(home, Map.of("aws:username", List.of("*"))).isAllowed()).isFalse();
    assertThat(decideWith(home, Map.of()).isAllowed()).isFalse();
    assertThat(decideWith(home, Map.of("aws:username", List.of("k", "l"))).isAllowed()).isFalse();
    NamedPolicy withDefault = allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/dir, 'k'}");
    assertThat(decideWith(withDefault, Map.of()).isAllowed()).isTrue();
  }

  @Test
  void notResourceWithAnUnknownVariableAllowsNothingAndDeniesEverything() {
    String scope = "\"Action\":\"s3:*\",\"NotResource\":\"arn:aws:s3:::b/${aws:username}\"";
    assertThat(decideWith(identity("\"Effect\":\"Allow\"," + scope), Map.of()).isAllowed())
        .isFalse();
    assertThat(decideWith(identity("\"Effect\":\"Deny\"," + scope), Map.of()))
        .isInstanceOf(ExplicitlyDenied.class);
  }

  @Test
  void theOldVersionHasNoVariables() {
    NamedPolicy old =
        new NamedPolicy(
            "old",
            PolicyDocument.parse(
                "{\"Version\":\"2008-10-17\",\"Statement\":{"
                    + statement("Allow", "s3:*", "arn:aws:s3:::b/${aws:username}")
                    + "}}",
                PolicyDocument.Flavour.IDENTITY));
    assertThat(decideWith(old, Map.of("aws:username", List.of("k"))).isAllowed()).isFalse();
  }

  @Test
  void anUnreadableDocumentDeniesEverything() {
    NamedPolicy broken =
        new NamedPolicy("p", PolicyDocument.unreadable(PolicyDocument.Flavour.IDENTITY));
    assertThat(decide(BOB, Policies.ofIdentity(READ, broken)))
        .isEqualTo(new ExplicitlyDenied(PolicyKind.IDENTITY, "statement UnreadableDocument of p"));
  }

  private static Decision decideWith(NamedPolicy policy, Map<String, List<String>> context) {
    return PolicyEngine.evaluate(request(BOB, context), Policies.ofIdentity(policy));
  }
}
