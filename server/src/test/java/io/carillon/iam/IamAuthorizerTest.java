package io.carillon.iam;

import static io.carillon.iam.IamFixture.ACCOUNT;
import static io.carillon.iam.IamFixture.LAMBDA_TRUST;
import static io.carillon.iam.RolesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.aws.ResourcePolicies.Owned;
import io.carillon.aws.SessionTerms;
import io.carillon.base.AccountId;
import io.carillon.base.Arn;
import io.carillon.base.Region;
import io.carillon.s3.BucketPolicyTerms;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.iam.model.AttachRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyRequest;
import software.amazon.awssdk.services.iam.model.CreatePolicyResponse;
import software.amazon.awssdk.services.iam.model.CreatePolicyVersionRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateRoleResponse;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRoleRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.PutRolePermissionsBoundaryRequest;
import software.amazon.awssdk.services.iam.model.PutRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.Role;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.iam.model.TagRoleRequest;

class IamAuthorizerTest {
  private static final AccountId OTHER = new AccountId("222222222222");
  private static final Arn OBJECT = Arn.object("b", "k");
  private static final Need PUT = Need.of("s3:PutObject", OBJECT);

  private final IamFixture fixture = new IamFixture();
  private final Role role = createRole();
  private final Caller session = session(role, List.of());

  private Role createRole() {
    return fixture
        .call(
            fixture.root(),
            CreateRoleRequest.builder()
                .roleName("r")
                .path("/app/")
                .assumeRolePolicyDocument(LAMBDA_TRUST)
                .build(),
            CreateRoleResponse.class)
        .role();
  }

  private Caller session(Role of, List<String> sessionPolicies) {
    Principal principal =
        new Principal.AssumedRole(ACCOUNT, of.path(), of.roleName(), of.roleId(), "s1");
    return fixture.caller(principal, ACCOUNT, SessionTerms.ofPolicies(sessionPolicies), "");
  }

  private void inline(String name, String statement) {
    fixture.call(
        fixture.root(),
        PutRolePolicyRequest.builder()
            .roleName("r")
            .policyName(name)
            .policyDocument(document(statement))
            .build());
  }

  private static String document(String statement) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":[{" + statement + "}]}";
  }

  private static String allow(String action, String resource) {
    return "\"Effect\":\"Allow\",\"Action\":\"" + action + "\",\"Resource\":\"" + resource + "\"";
  }

  private void require(Caller caller, Need... needs) {
    var _ = fixture.authorizer.authorize(caller, List.of(needs));
  }

  private boolean allows(Caller caller, Need need) {
    return fixture.decide(caller, need).isAllowed();
  }

  private void owned(Arn resource, AccountId owner, String policy) {
    fixture.resources.put(resource.toString(), new Owned(owner, Optional.of(policy)));
  }

  private void restricted(Arn resource, AccountId owner, String policy) {
    fixture.resources.put(
        resource.toString(),
        new Owned(
            owner,
            Optional.of(policy),
            Map.of(),
            Map.of(),
            Optional.of(BucketPolicyTerms.RESTRICT_PUBLIC_BUCKETS)));
  }

  @Test
  void anImplicitDenialNamesTheMissingPolicyType() {
    refused(
        () -> require(session, PUT),
        CommonError.ACCESS_DENIED,
        "User: arn:aws:sts::000000000000:assumed-role/r/s1 is not authorized to perform:"
            + " s3:PutObject on resource: \"arn:aws:s3:::b/k\" because no identity-based policy"
            + " allows the s3:PutObject action");
    inline("p", allow("s3:*", "*"));
    fixture.call(
        fixture.root(),
        PutRolePermissionsBoundaryRequest.builder()
            .roleName("r")
            .permissionsBoundary("arn:aws:iam::aws:policy/AmazonSNSFullAccess")
            .build());
    refused(
        () -> require(session, PUT),
        CommonError.ACCESS_DENIED,
        "because no permissions boundary allows the s3:PutObject action");
  }

  @Test
  void anExplicitDenialNamesTheStatement() {
    inline(
        "p", "\"Sid\":\"NoWrites\",\"Effect\":\"Deny\",\"Action\":\"s3:Put*\",\"Resource\":\"*\"");
    refused(
        () -> require(session, PUT),
        CommonError.ACCESS_DENIED,
        "with an explicit deny in an identity-based policy: statement NoWrites of inline policy p"
            + " of role r");
    owned(
        OBJECT,
        ACCOUNT,
        document("\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\""));
    refused(
        () -> require(fixture.root(), PUT),
        CommonError.ACCESS_DENIED,
        "with an explicit deny in a resource-based policy: statement 1 of the policy of"
            + " arn:aws:s3:::b");
  }

  @Test
  void everyNeedMustBeAllowed() {
    inline("p", allow("s3:PutObject", "*"));
    assertThatCode(() -> require(session, PUT)).doesNotThrowAnyException();
    refused(
        () -> require(session, PUT, Need.of("s3:GetObject", OBJECT)),
        CommonError.ACCESS_DENIED,
        "s3:GetObject");
  }

  @Test
  void policyChangesTakeEffectAtOnce() {
    assertThat(allows(session, PUT)).isFalse();
    inline("p", allow("s3:*", "*"));
    assertThat(allows(session, PUT)).isTrue();
    fixture.call(
        fixture.root(), DeleteRolePolicyRequest.builder().roleName("r").policyName("p").build());
    assertThat(allows(session, PUT)).isFalse();

    String arn =
        fixture
            .call(
                fixture.root(),
                CreatePolicyRequest.builder()
                    .policyName("m")
                    .policyDocument(document(allow("s3:*", "*")))
                    .build(),
                CreatePolicyResponse.class)
            .policy()
            .arn();
    fixture.call(
        fixture.root(), AttachRolePolicyRequest.builder().roleName("r").policyArn(arn).build());
    assertThat(allows(session, PUT)).isTrue();
    fixture.call(
        fixture.root(),
        CreatePolicyVersionRequest.builder()
            .policyArn(arn)
            .policyDocument(document(allow("sns:*", "*")))
            .setAsDefault(true)
            .build());
    assertThat(allows(session, PUT)).isFalse();
  }

  @Test
  void sessionsOfADeletedOrRecreatedRoleEndAtOnce() {
    inline("p", allow("s3:*", "*"));
    assertThat(allows(session, PUT)).isTrue();
    fixture.call(
        fixture.root(), DeleteRolePolicyRequest.builder().roleName("r").policyName("p").build());
    fixture.call(fixture.root(), DeleteRoleRequest.builder().roleName("r").build());
    refused(() -> require(session, PUT), CommonError.INVALID_CLIENT_TOKEN_ID);
    createRole();
    inline("p", allow("s3:*", "*"));
    refused(() -> require(session, PUT), CommonError.INVALID_CLIENT_TOKEN_ID);
  }

  @Test
  void aSessionPolicyNarrowsTheRole() {
    inline("p", allow("s3:*", "*"));
    Caller narrow = session(role, List.of(document(allow("s3:Get*", "*"))));
    assertThat(allows(narrow, Need.of("s3:GetObject", OBJECT))).isTrue();
    refused(
        () -> require(narrow, PUT),
        CommonError.ACCESS_DENIED,
        "because no session policy allows the s3:PutObject action");
  }

  @Test
  void anUnreadableSessionPolicyAllowsNothing() {
    inline("p", allow("s3:*", "*"));
    assertThat(allows(session(role, List.of("")), PUT)).isFalse();
    assertThat(allows(session(role, List.of("{broken")), PUT)).isFalse();
  }

  @Test
  void anUnreadableResourcePolicyDeniesEverybody() {
    inline("p", allow("s3:*", "*"));
    owned(OBJECT, ACCOUNT, "{broken");
    refused(() -> require(session, PUT), CommonError.ACCESS_DENIED, "statement UnreadableDocument");
  }

  @Test
  void theRootUserCanAlwaysChangeABucketPolicy() {
    Arn bucket = Arn.bucket("b");
    inline("p", allow("s3:*", "*"));
    owned(
        bucket,
        ACCOUNT,
        document("\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\""));
    for (String action : List.of("Get", "Put", "Delete")) {
      Need policy = need("s3:" + action + "BucketPolicy", bucket.toString());
      assertThat(allows(fixture.root(), policy)).as(action).isTrue();
      assertThat(allows(session, policy)).as("a role is denied " + action).isFalse();
    }
    assertThat(allows(fixture.root(), need("s3:DeleteBucket", bucket.toString()))).isFalse();
  }

  @Test
  void crossAccountAccessNeedsBothPolicies() {
    String open =
        document(
            "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"000000000000\"},\"Action\":\"s3:*\","
                + "\"Resource\":\"*\"");
    inline("p", allow("s3:*", "*"));
    fixture.resources.put(OBJECT.toString(), new Owned(OTHER, Optional.empty()));
    refused(
        () -> require(session, PUT), CommonError.ACCESS_DENIED, "no resource-based policy allows");
    refused(() -> require(fixture.root(), PUT), CommonError.ACCESS_DENIED);
    owned(OBJECT, OTHER, open);
    assertThat(allows(session, PUT)).isTrue();
    assertThat(allows(fixture.root(), PUT)).isTrue();
    fixture.call(
        fixture.root(), DeleteRolePolicyRequest.builder().roleName("r").policyName("p").build());
    assertThat(allows(session, PUT)).isFalse();
  }

  /// Source:
  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
  /// "RestrictPublicBuckets" and its example
  @Test
  void aRestrictedPublicPolicyGrantsOnlyToItsAccountAndServices() {
    String toMany =
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"},"
            + "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"000000000000\"},\"Action\":\"s3:*\","
            + "\"Resource\":\"*\"}]}";
    inline("p", allow("s3:*", "*"));
    Caller anyone = fixture.caller(new Principal.Anonymous(), ACCOUNT, SessionTerms.NONE, "");

    owned(OBJECT, OTHER, toMany);
    assertThat(allows(session, PUT)).isTrue();
    assertThat(allows(anyone, PUT)).isTrue();

    restricted(OBJECT, OTHER, toMany);
    assertThat(allows(session, PUT)).as("denied even to a named account").isFalse();
    assertThat(allows(fixture.root(), PUT)).isFalse();
    refused(
        () -> require(anyone, PUT),
        CommonError.ACCESS_DENIED,
        "RestrictPublicBuckets in its public");
    assertThat(
            fixture.allowsService(
                "cloudtrail.amazonaws.com", "s3:PutObject", OBJECT, OBJECT, OTHER.value()))
        .isTrue();

    restricted(OBJECT, ACCOUNT, toMany);
    fixture.call(
        fixture.root(), DeleteRolePolicyRequest.builder().roleName("r").policyName("p").build());
    assertThat(allows(session, PUT)).as("in the bucket's account").isTrue();
    assertThat(allows(anyone, PUT)).isFalse();
  }

  @Test
  void aRestrictedPolicyStillGrantsToNamedAccounts() {
    inline("p", allow("s3:*", "*"));
    restricted(
        OBJECT,
        OTHER,
        document(
            "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"000000000000\"},\"Action\":\"s3:*\","
                + "\"Resource\":\"*\""));

    assertThat(allows(session, PUT)).isTrue();
  }

  @Test
  void denialsOnUnknownAccountsSayHowToChangeTheAccountId() {
    refused(
        () -> require(fixture.root(), need("sns:Publish", "arn:aws:sns:eu-west-1:999999999999:t")),
        CommonError.ACCESS_DENIED,
        "This server has no account 999999999999; yours is 000000000000",
        "--account-id 999999999999");
    AccountId other = fixture.iam.accounts().create("other").id();
    assertThatThrownBy(
            () ->
                require(
                    fixture.root(), need("sns:Publish", "arn:aws:sns:eu-west-1:" + other + ":t")))
        .message()
        .doesNotContain("--account-id");
  }

  @Test
  void anUnknownResourceBelongsToTheAccountOfItsArn() {
    assertThat(allows(fixture.root(), need("sns:Publish", "arn:aws:sns:eu-west-1:000000000000:t")))
        .isTrue();
    assertThat(allows(fixture.root(), need("sns:Publish", "arn:aws:sns:eu-west-1:222222222222:t")))
        .isFalse();
    assertThat(allows(fixture.root(), need("s3:ListBucket", "arn:aws:s3:::no-such-bucket")))
        .isTrue();
    assertThat(allows(fixture.root(), Need.anywhere("s3:ListAllMyBuckets"))).isTrue();
  }

  private static Need need(String action, String resource) {
    return new Need(action, resource, Map.of());
  }

  @Test
  void onlyTheResourcePolicyDecidesForAnonymousCallers() {
    refused(
        () -> require(fixture.anonymous(), PUT),
        CommonError.ACCESS_DENIED,
        "User: anonymous is not authorized",
        "no resource-based policy allows");
    owned(
        OBJECT,
        ACCOUNT,
        document(
            "\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:PutObject\","
                + "\"Resource\":\"*\""));
    assertThat(allows(fixture.anonymous(), PUT)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          StringEquals | aws:PrincipalArn      | arn:aws:iam::000000000000:role/app/r
          StringEquals | aws:PrincipalAccount  | 000000000000
          StringEquals | aws:PrincipalType     | AssumedRole
          StringLike   | aws:userid            | AROA*:s1
          Null         | aws:username          | true
          IpAddress    | aws:SourceIp          | 127.0.0.0/8
          Bool         | aws:SecureTransport   | false
          StringEquals | aws:RequestedRegion   | eu-west-1
          StringEquals | aws:UserAgent         | test-agent
          DateGreaterThan | aws:CurrentTime    | 2026-05-04T03:02:00Z
          NumericEquals | aws:EpochTime        | 1777863721
          StringEquals | aws:ResourceAccount   | 222222222222
          StringEquals | aws:PrincipalTag/team | red
          StringEquals | s3:prefix             | home/
          Bool         | aws:PrincipalIsAWSService | false
          """)
  void conditionsCanTestTheRequest(String operator, String key, String value) {
    fixture.call(
        fixture.root(),
        TagRoleRequest.builder()
            .roleName("r")
            .tags(Tag.builder().key("Team").value("red").build())
            .build());
    owned(
        OBJECT,
        OTHER,
        document(
            "\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\""));
    Need need = PUT.with("s3:prefix", "home/");
    String condition = ",\"Condition\":{\"" + operator + "\":{\"" + key + "\":\"" + value + "\"}}";
    inline("p", allow("s3:*", "*") + condition);
    assertThat(fixture.decide(session, need))
        .isInstanceOf(io.carillon.policy.Decision.Allowed.class);
  }

  @Test
  void servicesAreLimitedByResourcePolicyAndSource() {
    Arn topic = Arn.parse("arn:aws:sns:eu-west-1:000000000000:t");
    Arn bucket = Arn.bucket("b");
    String statement =
        "\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"},"
            + "\"Action\":\"SNS:Publish\",\"Resource\":\""
            + topic
            + "\",\"Condition\":{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:*:*:b\"},"
            + "\"StringEquals\":{\"aws:SourceAccount\":\"000000000000\"}}";
    assertThat(allowsS3(topic, bucket, "000000000000")).isFalse();
    owned(topic, ACCOUNT, document(statement));
    assertThat(allowsS3(topic, bucket, "000000000000")).isTrue();
    assertThat(allowsS3(topic, bucket, "222222222222")).isFalse();
    assertThat(allowsS3(topic, Arn.bucket("c"), "000000000000")).isFalse();
    assertThat(
            fixture.allowsService(
                "sns.amazonaws.com", "sns:Publish", topic, bucket, "000000000000"))
        .isFalse();
  }

  private boolean allowsS3(Arn topic, Arn bucket, String account) {
    return fixture.allowsService("s3.amazonaws.com", "sns:Publish", topic, bucket, account);
  }

  @Test
  void passRoleCanBeLimitedToAService() {
    inline(
        "p",
        allow("iam:PassRole", role.arn())
            + ",\"Condition\":{\"StringEquals\":{\"iam:PassedToService\":\"lambda.amazonaws.com\"}}");
    Need pass = need("iam:PassRole", role.arn());
    assertThat(allows(session, pass.with("iam:PassedToService", "lambda.amazonaws.com"))).isTrue();
    assertThat(allows(session, pass.with("iam:PassedToService", "ec2.amazonaws.com"))).isFalse();
    assertThatThrownBy(() -> require(session, pass)).hasMessageContaining("iam:PassRole");
  }

  @Test
  void aRoleOfAnotherAccountCannotBePassed() {
    AccountId theirs = fixture.iam.accounts().create("Second").id();
    String foreign = Arn.iam(theirs, "role/r").toString();
    inline("p", allow("iam:PassRole", foreign));
    assertThatThrownBy(() -> require(session, need("iam:PassRole", foreign)))
        .hasMessage("Cross-account pass role is not allowed.");
  }

  @Test
  void conditionsCanTestRequestAndResourceTags() {
    inline(
        "create",
        allow("iam:*User", "*")
            + ",\"Condition\":{\"StringEquals\":{\"aws:RequestTag/team\":\"red\"},"
            + "\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"team\"]}}");
    inline(
        "delete",
        allow("iam:DeleteUser", "*")
            + ",\"Condition\":{\"StringEquals\":{\"aws:ResourceTag/team\":\"red\"}}");
    CreateUserRequest.Builder create = CreateUserRequest.builder().userName("bob");
    refused(() -> fixture.call(session, create.build()), CommonError.ACCESS_DENIED, "CreateUser");
    refused(
        () -> fixture.call(session, create.tags(tag("team", "red"), tag("x", "1")).build()),
        CommonError.ACCESS_DENIED,
        "CreateUser");
    fixture.call(session, create.tags(tag("team", "red")).build());
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("eve").build());
    refused(
        () -> fixture.call(session, DeleteUserRequest.builder().userName("eve").build()),
        CommonError.ACCESS_DENIED,
        "DeleteUser");
    fixture.call(session, DeleteUserRequest.builder().userName("bob").build());
  }

  /// `iam:ResourceTag/…` is a key of IAM's resources, `aws:ResourceTag/…` of those of most
  /// services.
  @Test
  void resourceTagsHaveTheConditionKeysOfTheirService() {
    Arn topic = Arn.of("sns", Region.US_EAST_1, ACCOUNT, "topic");
    Arn object = Arn.object("bucket", "key");
    Map<String, String> tags = Map.of("team", "red");
    fixture.resources.put(topic.toString(), new Owned(ACCOUNT, Optional.empty(), tags));
    fixture.resources.put(object.toString(), new Owned(ACCOUNT, Optional.empty(), tags));
    fixture.call(
        fixture.root(),
        CreateUserRequest.builder().userName("bob").tags(tag("team", "red")).build());
    List<Need> needs =
        List.of(
            Need.of("iam:GetUser", Arn.iam(ACCOUNT, "user/bob")),
            Need.of("sns:Publish", topic),
            Need.of("s3:GetObject", object));
    Map<String, List<Boolean>> allowed =
        Map.of(
            "aws:ResourceTag/team", List.of(true, true, false),
            "iam:ResourceTag/team", List.of(true, false, false),
            "s3:ExistingObjectTag/team", List.of(false, false, true),
            "sns:ResourceTag/team", List.of(false, false, false),
            "nowhere:ResourceTag/team", List.of(false, false, false));
    allowed.forEach(
        (key, expected) -> {
          inline(
              "p", allow("*", "*") + ",\"Condition\":{\"StringEquals\":{\"" + key + "\":\"red\"}}");
          assertThat(needs.stream().map(need -> allows(session, need)).toList())
              .as(key)
              .isEqualTo(expected);
        });
  }

  private static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }

  @Test
  void commonPoliciesLetAFunctionPublishAndLog() {
    for (String policy :
        List.of("AWSLambda_FullAccess", "AmazonSNSFullAccess", "CloudWatchLogsFullAccess")) {
      fixture.call(
          fixture.root(),
          AttachRolePolicyRequest.builder()
              .roleName("r")
              .policyArn("arn:aws:iam::aws:policy/" + policy)
              .build());
    }
    assertThat(allows(session, need("sns:Publish", "arn:aws:sns:eu-west-1:000000000000:t")))
        .isTrue();
    assertThat(
            allows(
                session,
                need(
                    "logs:PutLogEvents",
                    "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/f:*")))
        .isTrue();
    assertThat(allows(session, PUT)).isFalse();
    assertThat(allows(session, need("iam:CreateUser", "arn:aws:iam::000000000000:user/x")))
        .isFalse();
  }
}
