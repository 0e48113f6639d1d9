package io.carillon.sts;

import static io.carillon.iam.IamFixture.ACCOUNT;
import static io.carillon.iam.IamFixture.LAMBDA_TRUST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.aws.AwsException;
import io.carillon.aws.Caller;
import io.carillon.aws.CommonError;
import io.carillon.aws.ErrorCode;
import io.carillon.aws.Need;
import io.carillon.aws.Principal;
import io.carillon.base.Arn;
import io.carillon.iam.IamFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.CreateAccessKeyResponse;
import software.amazon.awssdk.services.iam.model.CreateRoleRequest;
import software.amazon.awssdk.services.iam.model.CreateUserRequest;
import software.amazon.awssdk.services.iam.model.DeleteAccessKeyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.DeleteRoleRequest;
import software.amazon.awssdk.services.iam.model.DeleteUserRequest;
import software.amazon.awssdk.services.iam.model.PutRolePolicyRequest;
import software.amazon.awssdk.services.iam.model.PutUserPolicyRequest;
import software.amazon.awssdk.services.iam.model.TagRoleRequest;
import software.amazon.awssdk.services.iam.model.UpdateAssumeRolePolicyRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleResponse;
import software.amazon.awssdk.services.sts.model.Credentials;
import software.amazon.awssdk.services.sts.model.GetAccessKeyInfoRequest;
import software.amazon.awssdk.services.sts.model.GetAccessKeyInfoResponse;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityRequest;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityResponse;
import software.amazon.awssdk.services.sts.model.GetSessionTokenRequest;
import software.amazon.awssdk.services.sts.model.GetSessionTokenResponse;
import software.amazon.awssdk.services.sts.model.PolicyDescriptorType;
import software.amazon.awssdk.services.sts.model.Tag;

/// Source of the expectations:
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and its siblings.
class StsServiceTest {
  private static final String BOB = "arn:aws:iam::000000000000:user/bob";
  private static final String TRUST_BOB = trust("{\"AWS\":\"" + BOB + "\"}", "{}");
  private static final Need PUT = Need.of("s3:PutObject", Arn.object("b", "k"));
  private static final String ALLOW_S3 =
      "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\","
          + "\"Resource\":\"*\"}}";

  private final IamFixture fixture = new IamFixture();
  private AccessKey bobsKey = AccessKey.builder().build();

  @BeforeEach
  void bobAndARole() {
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("bob").build());
    bobsKey =
        fixture
            .call(
                fixture.root(),
                CreateAccessKeyRequest.builder().userName("bob").build(),
                CreateAccessKeyResponse.class)
            .accessKey();
    createRole("worker", TRUST_BOB);
  }

  private void createRole(String name, String trust) {
    fixture.call(
        fixture.root(),
        CreateRoleRequest.builder()
            .roleName(name)
            .maxSessionDuration(7_200)
            .assumeRolePolicyDocument(trust)
            .build());
    fixture.call(
        fixture.root(),
        PutRolePolicyRequest.builder()
            .roleName(name)
            .policyName("s3")
            .policyDocument(ALLOW_S3)
            .build());
  }

  private static String trust(String principal, String condition) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
        + "\"Action\":\"sts:AssumeRole\",\"Principal\":"
        + principal
        + ",\"Condition\":"
        + condition
        + "}]}";
  }

  private void setTrust(String trust) {
    fixture.call(
        fixture.root(),
        UpdateAssumeRolePolicyRequest.builder().roleName("worker").policyDocument(trust).build());
  }

  private Caller bob() {
    return fixture.caller(fixture.find(bobsKey.accessKeyId(), "").orElseThrow());
  }

  private AssumeRoleRequest.Builder worker() {
    return AssumeRoleRequest.builder()
        .roleArn(fixture.role("worker").toString())
        .roleSessionName("s1");
  }

  private AssumeRoleResponse assume(Caller caller, AssumeRoleRequest.Builder request) {
    return fixture.call(caller, request.build(), AssumeRoleResponse.class);
  }

  private Caller as(Credentials credentials) {
    return fixture.caller(
        fixture.find(credentials.accessKeyId(), credentials.sessionToken()).orElseThrow());
  }

  private GetCallerIdentityResponse identity(Caller caller) {
    return fixture.call(
        caller, GetCallerIdentityRequest.builder().build(), GetCallerIdentityResponse.class);
  }

  private static void refused(ThrowingCallable call, ErrorCode error, String part) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsException.class, e -> assertThat(e.error().code()).isEqualTo(error.code()))
        .hasMessageContaining(part);
  }

  @Test
  void everyCallerCanGetItsIdentity() {
    assertThat(identity(fixture.root()).userId()).isEqualTo("000000000000");
    assertThat(identity(fixture.root()).arn()).isEqualTo("arn:aws:iam::000000000000:root");
    assertThat(identity(bob()).arn()).isEqualTo(BOB);
    assertThat(identity(bob()).userId()).startsWith("AIDA");
    GetCallerIdentityResponse session = identity(as(assume(bob(), worker()).credentials()));
    assertThat(session.arn()).isEqualTo("arn:aws:sts::000000000000:assumed-role/worker/s1");
    assertThat(session.account()).isEqualTo("000000000000");
    refused(
        () -> identity(fixture.anonymous()), CommonError.MISSING_AUTHENTICATION_TOKEN, "missing");
  }

  @Test
  void anAssumedRoleHasCredentialsThatWork() {
    AssumeRoleResponse answer = assume(bob(), worker());
    assertThat(answer.credentials().accessKeyId()).startsWith("ASIA").hasSize(20);
    assertThat(answer.credentials().expiration()).isEqualTo(Instant.parse("2026-05-04T04:02:01Z"));
    assertThat(answer.assumedRoleUser().assumedRoleId()).startsWith("AROA").endsWith(":s1");
    assertThat(packedPolicySize(answer)).isNull();

    io.carillon.aws.Credentials found =
        fixture
            .find(answer.credentials().accessKeyId(), answer.credentials().sessionToken())
            .orElseThrow();
    assertThat(found.secret().reveal()).isEqualTo(answer.credentials().secretAccessKey());
    assertThat(found.expires()).isEqualTo(answer.credentials().expiration());
    assertThat(fixture.decide(fixture.caller(found), PUT).isAllowed()).isTrue();
  }

  @Test
  void foreignChangedAndSwappedTokensAreNotFound() {
    Credentials one = assume(bob(), worker()).credentials();
    Credentials two = assume(bob(), worker()).credentials();
    assertThat(fixture.find(one.accessKeyId(), two.sessionToken())).isEmpty();
    assertThat(fixture.find(one.accessKeyId(), one.sessionToken().substring(4))).isEmpty();
    assertThat(fixture.find(one.accessKeyId(), "c2VhbGVk")).isEmpty();
    assertThat(fixture.find(one.accessKeyId(), "no base64!")).isEmpty();
    assertThat(fixture.sts.credentials().find(one.accessKeyId(), "")).isEmpty();
    assertThat(fixture.find("AKIA" + one.accessKeyId().substring(4), one.sessionToken())).isEmpty();
    String otherSecret =
        java.util.Base64.getEncoder()
            .encodeToString(
                new IamFixture.ReversingSealer()
                    .seal(new io.carillon.base.Secret("an access key's secret")));
    assertThat(fixture.find(one.accessKeyId(), otherSecret)).isEmpty();
  }

  @Test
  void anExpiredSessionIsFoundWithItsExpiration() {
    Credentials session = assume(bob(), worker()).credentials();
    fixture.advance(Duration.ofHours(3));
    assertThat(fixture.find(session.accessKeyId(), session.sessionToken()).orElseThrow().expires())
        .isBefore(fixture.now);
  }

  @Test
  void theTrustPolicyDecidesWhoAssumesARole() {
    setTrust(LAMBDA_TRUST);
    refused(
        () -> assume(bob(), worker()),
        CommonError.ACCESS_DENIED,
        "User: "
            + BOB
            + " is not authorized to perform: sts:AssumeRole on resource:"
            + " arn:aws:iam::000000000000:role/worker because no resource-based policy allows");
    setTrust(trust("{\"AWS\":\"000000000000\"}", "{}"));
    refused(
        () -> assume(bob(), worker()),
        CommonError.ACCESS_DENIED,
        "because no identity-based policy allows the sts:AssumeRole action");
    fixture.call(
        fixture.root(),
        PutUserPolicyRequest.builder()
            .userName("bob")
            .policyName("assume")
            .policyDocument(ALLOW_S3.replace("s3:*", "sts:AssumeRole"))
            .build());
    assertThat(assume(bob(), worker()).credentials()).isNotNull();
  }

  @Test
  void aTrustedUserThatIsDeletedAndRecreatedIsNotTrusted() {
    fixture.call(
        fixture.root(),
        DeleteAccessKeyRequest.builder()
            .userName("bob")
            .accessKeyId(bobsKey.accessKeyId())
            .build());
    fixture.call(fixture.root(), DeleteUserRequest.builder().userName("bob").build());
    fixture.call(fixture.root(), CreateUserRequest.builder().userName("bob").build());
    bobsKey =
        fixture
            .call(
                fixture.root(),
                CreateAccessKeyRequest.builder().userName("bob").build(),
                CreateAccessKeyResponse.class)
            .accessKey();
    assertThat(bob().principal().arn()).isEqualTo(BOB);
    refused(
        () -> assume(bob(), worker()),
        CommonError.ACCESS_DENIED,
        "no resource-based policy allows");
    setTrust(TRUST_BOB);
    assertThat(assume(bob(), worker()).credentials()).isNotNull();
  }

  @Test
  void aRoleThatDoesNotExistIsDeniedWithTheSameMessage() {
    refused(
        () -> assume(bob(), worker().roleArn("arn:aws:iam::000000000000:role/nobody")),
        CommonError.ACCESS_DENIED,
        "is not authorized to perform: sts:AssumeRole on resource:"
            + " arn:aws:iam::000000000000:role/nobody");
  }

  @Test
  void aTrustPolicyCanRequireAnExternalId() {
    setTrust(
        trust("{\"AWS\":\"" + BOB + "\"}", "{\"StringEquals\":{\"sts:ExternalId\":\"secret-1\"}}"));
    refused(() -> assume(bob(), worker()), CommonError.ACCESS_DENIED, "sts:AssumeRole");
    refused(
        () -> assume(bob(), worker().externalId("other")),
        CommonError.ACCESS_DENIED,
        "sts:AssumeRole");
    assertThat(assume(bob(), worker().externalId("secret-1")).credentials()).isNotNull();
  }

  @Test
  void rootUsersCannotAssumeRoles() {
    setTrust(trust("{\"AWS\":\"*\"}", "{}"));
    refused(
        () -> assume(fixture.root(), worker()),
        StsError.ACCESS_DENIED,
        "Roles may not be assumed by root accounts.");
  }

  @Test
  void membersAreValidatedAsOnAws() {
    refused(
        () -> assume(bob(), worker().roleSessionName("a b")),
        StsError.VALIDATION,
        "Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy"
            + " regular expression pattern: [\\w+=,.@-]*");
    refused(
        () -> assume(bob(), worker().roleSessionName("a")),
        StsError.VALIDATION,
        "greater than or equal to 2");
    refused(() -> assume(bob(), worker().roleSessionName(null)), StsError.VALIDATION, "Value null");
    refused(
        () -> assume(bob(), worker().roleArn("arn:aws:iam::000000000000:user/bob")),
        StsError.VALIDATION,
        "is invalid");
    refused(
        () -> assume(bob(), worker().roleArn("no role but long enough").roleSessionName("a b")),
        StsError.VALIDATION,
        "at 'roleSessionName'");
    refused(
        () -> assume(bob(), worker().durationSeconds(899)),
        StsError.VALIDATION,
        "greater than or equal to 900");
    refused(
        () -> assume(bob(), worker().durationSeconds(7_201)),
        StsError.VALIDATION,
        "exceeds the MaxSessionDuration set for this role");
    refused(
        () -> assume(bob(), worker().policy("{}")),
        StsError.MALFORMED_POLICY_DOCUMENT,
        "Statement");
    refused(
        () ->
            assume(
                bob(),
                worker()
                    .policyArns(
                        PolicyDescriptorType.builder()
                            .arn("arn:aws:iam::aws:policy/NoSuchPolicy")
                            .build())),
        StsError.VALIDATION,
        "NoSuchPolicy does not exist");
  }

  @Test
  void unsupportedMembersAreRefusedByName() {
    refused(
        () -> assume(bob(), worker().sourceIdentity("bob").serialNumber("123456789")),
        CommonError.INVALID_PARAMETER_VALUE,
        "SerialNumber, SourceIdentity");
  }

  private static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }

  private static String trustTagging(String principal) {
    return trust(principal, "{}")
        .replace("\"sts:AssumeRole\"", "[\"sts:AssumeRole\",\"sts:TagSession\"]");
  }

  private boolean mayPutIf(Caller session, String key, String value) {
    fixture.call(
        fixture.root(),
        PutRolePolicyRequest.builder()
            .roleName(((Principal.AssumedRole) session.principal()).roleName())
            .policyName("s3")
            .policyDocument(
                ALLOW_S3.replace(
                    "\"Resource\"",
                    "\"Condition\":{\"StringEquals\":{\"%s\":\"%s\"}},\"Resource\""
                        .formatted(key, value)))
            .build());
    return fixture.decide(session, PUT).isAllowed();
  }

  @Test
  void sessionTagsOverrideTheTagsOfTheRole() {
    setTrust(trustTagging("{\"AWS\":\"" + BOB + "\"}"));
    fixture.call(
        fixture.root(),
        TagRoleRequest.builder()
            .roleName("worker")
            .tags(
                software.amazon.awssdk.services.iam.model.Tag.builder()
                    .key("Team")
                    .value("role")
                    .build(),
                software.amazon.awssdk.services.iam.model.Tag.builder()
                    .key("floor")
                    .value("1")
                    .build())
            .build());
    AssumeRoleResponse answer = assume(bob(), worker().tags(tag("team", "session")));
    Caller session = as(answer.credentials());
    assertThat(mayPutIf(session, "aws:PrincipalTag/team", "session")).isTrue();
    assertThat(mayPutIf(session, "aws:PrincipalTag/team", "role")).isFalse();
    assertThat(mayPutIf(session, "aws:PrincipalTag/floor", "1")).isTrue();
    assertThat(packedPolicySize(answer)).isPositive();
    assertThat(mayPutIf(as(assume(bob(), worker()).credentials()), "aws:PrincipalTag/team", "role"))
        .isTrue();
  }

  @Test
  void taggingASessionNeedsTagSessionInTheTrustPolicy() {
    refused(
        () -> assume(bob(), worker().tags(tag("team", "red"))),
        CommonError.ACCESS_DENIED,
        "sts:TagSession");
    setTrust(
        trust("{\"AWS\":\"" + BOB + "\"}", "{\"StringEquals\":{\"aws:RequestTag/team\":\"red\"}}")
            .replace("\"sts:AssumeRole\"", "[\"sts:AssumeRole\",\"sts:TagSession\"]"));
    assertThat(assume(bob(), worker().tags(tag("team", "red"))).credentials()).isNotNull();
    refused(
        () -> assume(bob(), worker().tags(tag("team", "blue"))),
        CommonError.ACCESS_DENIED,
        "sts:AssumeRole");
  }

  @Test
  void transitiveTagsAreInheritedAndCannotBeChanged() {
    setTrust(trustTagging("{\"AWS\":\"" + BOB + "\"}"));
    createRole("second", trust("{\"AWS\":\"arn:aws:iam::000000000000:role/worker\"}", "{}"));
    createRole("third", trustTagging("{\"AWS\":\"arn:aws:iam::000000000000:role/worker\"}"));
    Caller first =
        as(
            assume(
                    bob(),
                    worker().tags(tag("Team", "red"), tag("here", "1")).transitiveTagKeys("team"))
                .credentials());
    AssumeRoleRequest.Builder third =
        AssumeRoleRequest.builder().roleArn(fixture.role("third").toString()).roleSessionName("s3");
    Caller second = as(assume(first, third).credentials());
    assertThat(mayPutIf(second, "aws:PrincipalTag/team", "red")).isTrue();
    assertThat(mayPutIf(second, "aws:PrincipalTag/here", "1")).isFalse();
    assertThat(second.session().transitive()).containsExactly("Team");
    refused(
        () -> assume(first, third.tags(tag("team", "blue"))),
        CommonError.INVALID_PARAMETER_VALUE,
        "conflicts with a transitive tag key from the calling session");
    refused(
        () ->
            assume(
                first,
                AssumeRoleRequest.builder()
                    .roleArn(fixture.role("second").toString())
                    .roleSessionName("s2")),
        CommonError.ACCESS_DENIED,
        "sts:TagSession");
  }

  @Test
  void sessionTagsAreLimitedAsOnAws() {
    setTrust(trustTagging("{\"AWS\":\"" + BOB + "\"}"));
    refused(
        () -> assume(bob(), worker().tags(tag("a", "1"), tag("A", "2"))),
        CommonError.INVALID_PARAMETER_VALUE,
        "Duplicate tag keys");
    refused(
        () -> assume(bob(), worker().tags(tag("aws:a", "1"))),
        CommonError.INVALID_PARAMETER_VALUE,
        "reserved");
    refused(
        () -> assume(bob(), worker().tags(tag("a", "x".repeat(257)))),
        StsError.VALIDATION,
        "tags.member.value");
    refused(
        () -> assume(bob(), worker().tags(tag("a", "1")).transitiveTagKeys("b")),
        CommonError.INVALID_PARAMETER_VALUE,
        "must be included in the requested tags");
    List<Tag> many = new ArrayList<>();
    for (int i = 0; i < 51; i++) {
      many.add(tag("k" + i, "v"));
    }
    refused(() -> assume(bob(), worker().tags(many)), StsError.VALIDATION, "at most 50 tags");
    List<Tag> large = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      large.add(tag("k" + i, "v".repeat(256)));
    }
    refused(() -> assume(bob(), worker().tags(large)), StsError.PACKED_POLICY_TOO_LARGE, "tags");
  }

  @Test
  void sessionPoliciesNarrowTheSession() {
    String gets = ALLOW_S3.replace("s3:*", "s3:Get*");
    AssumeRoleResponse answer = assume(bob(), worker().policy(gets));
    assertThat(packedPolicySize(answer)).isPositive();
    Caller narrow = as(answer.credentials());
    assertThat(narrow.session().policies()).containsExactly(gets);
    assertThat(fixture.decide(narrow, PUT).isAllowed()).isFalse();

    PolicyDescriptorType read =
        PolicyDescriptorType.builder()
            .arn("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
            .build();
    Caller reader = as(assume(bob(), worker().policyArns(read)).credentials());
    assertThat(fixture.decide(reader, PUT).isAllowed()).isFalse();
    assertThat(fixture.decide(reader, Need.of("s3:GetObject", Arn.object("b", "k"))).isAllowed())
        .isTrue();
  }

  @Test
  void sessionPoliciesAreLimitedInSize() {
    String policy = ALLOW_S3.replace("\"*\"", "\"arn:aws:s3:::" + "x".repeat(1_900) + "\"");
    PolicyDescriptorType arn =
        PolicyDescriptorType.builder()
            .arn("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
            .build();
    refused(
        () -> assume(bob(), worker().policy(policy).policyArns(arn, arn)),
        StsError.PACKED_POLICY_TOO_LARGE,
        "%");
    refused(
        () -> assume(bob(), worker().policyArns(java.util.Collections.nCopies(11, arn))),
        StsError.VALIDATION,
        "policyArns");
  }

  @Test
  void aChainedSessionLastsAnHourAtMost() {
    createRole("second", trust("{\"AWS\":\"arn:aws:iam::000000000000:role/worker\"}", "{}"));
    Caller worker = as(assume(bob(), worker()).credentials());
    AssumeRoleRequest.Builder second =
        AssumeRoleRequest.builder()
            .roleArn(fixture.role("second").toString())
            .roleSessionName("s2");
    refused(
        () -> assume(worker, second.durationSeconds(3_601)),
        StsError.VALIDATION,
        "1 hour session limit for roles assumed by role chaining");
    Caller chained = as(assume(worker, second.durationSeconds(3_600)).credentials());
    assertThat(chained.principal().arn())
        .isEqualTo("arn:aws:sts::000000000000:assumed-role/second/s2");
  }

  @Test
  void aDeletedOrReplacedRolesSessionsAreNotFound() {
    Credentials session = assume(bob(), worker()).credentials();
    fixture.call(
        fixture.root(),
        DeleteRolePolicyRequest.builder().roleName("worker").policyName("s3").build());
    fixture.call(fixture.root(), DeleteRoleRequest.builder().roleName("worker").build());
    assertThat(fixture.find(session.accessKeyId(), session.sessionToken())).isEmpty();
    createRole("worker", TRUST_BOB);
    assertThat(fixture.find(session.accessKeyId(), session.sessionToken())).isEmpty();
  }

  @Test
  void oldSessionsAreRevokedByTheirIssueTime() {
    Caller old = as(assume(bob(), worker()).credentials());
    fixture.advance(Duration.ofSeconds(10));
    String revoke =
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\","
            + "\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\""
            + fixture.now
            + "\"}}}}";
    fixture.call(
        fixture.root(),
        PutRolePolicyRequest.builder()
            .roleName("worker")
            .policyName("revoke")
            .policyDocument(revoke)
            .build());
    fixture.advance(Duration.ofSeconds(1));
    Caller fresh = as(assume(bob(), worker()).credentials());
    assertThat(fixture.decide(old, PUT).isAllowed()).isFalse();
    assertThat(fixture.decide(fresh, PUT).isAllowed()).isTrue();
  }

  @Test
  void aSessionTokenActsAsItsUser() {
    GetSessionTokenResponse answer =
        fixture.call(
            bob(), GetSessionTokenRequest.builder().build(), GetSessionTokenResponse.class);
    assertThat(answer.credentials().expiration()).isEqualTo(Instant.parse("2026-05-04T15:02:01Z"));
    Caller session = as(answer.credentials());
    assertThat(identity(session).arn()).isEqualTo(BOB);
    refused(
        () -> fixture.call(session, GetSessionTokenRequest.builder().build()),
        StsError.ACCESS_DENIED,
        "Cannot call GetSessionToken with session credentials");
    GetSessionTokenResponse root =
        fixture.call(
            fixture.root(),
            GetSessionTokenRequest.builder().durationSeconds(129_600).build(),
            GetSessionTokenResponse.class);
    assertThat(root.credentials().expiration()).isEqualTo(Instant.parse("2026-05-04T04:02:01Z"));
    refused(
        () -> fixture.call(bob(), GetSessionTokenRequest.builder().durationSeconds(1).build()),
        StsError.VALIDATION,
        "durationSeconds");
  }

  /// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
  @Test
  void iamRefusesSessionTokensOfUsersAndRoots() {
    for (Caller caller : List.of(bob(), fixture.root())) {
      Caller session =
          as(
              fixture
                  .call(
                      caller,
                      GetSessionTokenRequest.builder().build(),
                      GetSessionTokenResponse.class)
                  .credentials());
      refused(
          () -> fixture.call(session, CreateUserRequest.builder().userName("eve").build()),
          CommonError.INVALID_CLIENT_TOKEN_ID,
          "security token");
    }
  }

  @Test
  void theAccountOfAnAccessKeyIsFound() {
    GetAccessKeyInfoRequest request =
        GetAccessKeyInfoRequest.builder().accessKeyId(bobsKey.accessKeyId()).build();
    assertThat(fixture.call(fixture.root(), request, GetAccessKeyInfoResponse.class).account())
        .isEqualTo(ACCOUNT.value());
    refused(
        () ->
            fixture.call(
                fixture.root(), request.toBuilder().accessKeyId("AKIANOBODYNOBODYNOBO").build()),
        StsError.VALIDATION,
        "does not belong to an account");
    refused(() -> fixture.call(bob(), request), CommonError.ACCESS_DENIED, "GetAccessKeyInfo");
  }

  @Test
  void aServiceAssumesARoleThatTrustsIt() {
    createRole("function", LAMBDA_TRUST);
    Arn function = Arn.parse("arn:aws:lambda:eu-west-1:000000000000:function:f");
    RoleSessions sessions = fixture.sts.roleSessions();
    io.carillon.aws.Credentials credentials =
        sessions
            .assume(
                "lambda.amazonaws.com",
                fixture.role("function"),
                "f",
                Duration.ofHours(12),
                function)
            .orElseThrow();
    assertThat(credentials.principal())
        .isInstanceOf(Principal.AssumedRole.class)
        .extracting(Principal::arn)
        .isEqualTo("arn:aws:sts::000000000000:assumed-role/function/f");
    assertThat(credentials.expires()).isEqualTo(Instant.parse("2026-05-04T05:02:01Z"));
    assertThat(
            fixture.find(
                credentials.accessKeyId(), credentials.sessionToken().orElseThrow().reveal()))
        .isPresent();
    assertThat(session("lambda.amazonaws.com", fixture.role("function"), "f", function))
        .contains((Principal.AssumedRole) credentials.principal());
    assertThat(session("lambda.amazonaws.com", fixture.role("worker"), "f", function)).isEmpty();
    assertThat(session("ec2.amazonaws.com", fixture.role("function"), "f", function)).isEmpty();
    assertThat(session("lambda.amazonaws.com", fixture.role("nobody"), "f", function)).isEmpty();
    assertThat(
            sessions.assume(
                "lambda.amazonaws.com", fixture.role("worker"), "f", Duration.ofHours(1), function))
        .isEmpty();
  }

  @Test
  void policiesCanTestTheFunctionOfTheSession() {
    createRole("function", trust("{\"Service\":\"lambda.amazonaws.com\"}", "{}"));
    Arn function = Arn.parse("arn:aws:lambda:eu-west-1:000000000000:function:f");
    Caller session =
        fixture.caller(
            fixture
                .sts
                .roleSessions()
                .assume(
                    "lambda.amazonaws.com",
                    fixture.role("function"),
                    "f",
                    Duration.ofHours(1),
                    function)
                .orElseThrow());
    assertThat(mayPutIf(session, "lambda:SourceFunctionArn", function.toString())).isTrue();
    assertThat(mayPutIf(session, "lambda:SourceFunctionArn", function + "2")).isFalse();
  }

  @Test
  void aTrustPolicyCanTestTheFunctionOfTheService() {
    createRole(
        "function",
        trust(
            "{\"Service\":\"lambda.amazonaws.com\"}",
            "{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:lambda:*:*:function:good\"}}"));
    List<String> trusted =
        List.of("good", "evil").stream()
            .filter(
                name ->
                    session(
                            "lambda.amazonaws.com",
                            fixture.role("function"),
                            "f",
                            Arn.parse("arn:aws:lambda:eu-west-1:000000000000:function:" + name))
                        .isPresent())
            .toList();
    assertThat(trusted).containsExactly("good");
  }

  private Optional<Principal.AssumedRole> session(
      String service, Arn role, String name, Arn source) {
    return fixture.database.read(
        snapshot -> fixture.sts.roleSessions().principal(snapshot, service, role, name, source));
  }

  @SuppressWarnings("deprecation") // AWS deprecated PackedPolicySize, and still sends it
  private static @Nullable Integer packedPolicySize(AssumeRoleResponse answer) {
    return answer.packedPolicySize();
  }
}
