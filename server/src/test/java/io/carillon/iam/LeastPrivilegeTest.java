package io.carillon.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.model.Credentials;

/// A Deny with a condition takes effect, for each supported condition key: real clients through the
/// request pipeline, with a user that is allowed everything else. Each row has a call that matches
/// the condition and one that does not.
///
/// Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ and
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
class LeastPrivilegeTest extends LeastPrivilegeFixture {
  @Test
  void aUserWithoutPoliciesIsDeniedEverything() {
    root.createUser(b -> b.userName("nobody"));
    AccessKey key = root.createAccessKey(b -> b.userName("nobody")).accessKey();
    AwsCredentials nobody = AwsBasicCredentials.create(key.accessKeyId(), key.secretAccessKey());
    SnsClient itsSns = client(SnsClient.builder(), nobody);
    SqsClient itsSqs = client(SqsClient.builder(), nobody);
    S3Client itsS3 = client(S3Client.builder().forcePathStyle(true), nobody);
    LambdaClient itsLambda = client(LambdaClient.builder(), nobody);
    IamClient itsIam = client(IamClient.builder(), nobody);
    String queue = sqs.getQueueUrl(b -> b.queueName("red")).queueUrl();
    Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
    calls.put(
        "SNS:Publish on resource: " + TOPIC + "red",
        () -> itsSns.publish(b -> b.topicArn(TOPIC + "red").message("m")));
    calls.put(
        "SNS:Publish on resource: +4912345678",
        () -> itsSns.publish(b -> b.phoneNumber("+4912345678").message("m")));
    calls.put(
        "SNS:Subscribe on resource: " + TOPIC + "red",
        () ->
            itsSns.subscribe(
                b -> b.topicArn(TOPIC + "red").protocol("sms").endpoint("+4912345678")));
    calls.put(
        "SNS:GetTopicAttributes on resource: " + TOPIC + "red",
        () -> itsSns.getTopicAttributes(b -> b.topicArn(TOPIC + "red")));
    calls.put(
        "SNS:DeleteTopic on resource: " + TOPIC + "red",
        () -> itsSns.deleteTopic(b -> b.topicArn(TOPIC + "red")));
    calls.put(
        "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:000000000000:red",
        () -> itsSqs.sendMessage(b -> b.queueUrl(queue).messageBody("m")));
    calls.put(
        "sqs:deletequeue on resource: arn:aws:sqs:us-east-1:000000000000:red",
        () -> itsSqs.deleteQueue(b -> b.queueUrl(queue)));
    calls.put(
        "s3:GetObject on resource: \"arn:aws:s3:::bucket/open\"",
        () -> itsS3.getObjectAsBytes(b -> b.bucket("bucket").key("open")));
    calls.put(
        "s3:ListBucket on resource: \"arn:aws:s3:::bucket\"",
        () -> itsS3.listObjectsV2(b -> b.bucket("bucket")));
    calls.put(
        "s3:DeleteBucket on resource: \"arn:aws:s3:::bucket\"",
        () -> itsS3.deleteBucket(b -> b.bucket("bucket")));
    calls.put(
        "lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:red",
        () -> itsLambda.invoke(b -> b.functionName("red")));
    calls.put(
        "lambda:DeleteFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:red",
        () -> itsLambda.deleteFunction(b -> b.functionName("red")));
    calls.put("iam:ListUsers on resource: arn:aws:iam::000000000000:", itsIam::listUsers);
    calls.forEach(
        (denied, call) ->
            assertThatThrownBy(call)
                .as(denied)
                .isInstanceOfSatisfying(
                    AwsServiceException.class,
                    e -> assertThat(e.awsErrorDetails().errorCode()).isIn(DENIALS))
                .hasMessageContaining("is not authorized to perform: " + denied));
  }

  private static void grant(String function, String principal) {
    lambda.addPermission(
        b ->
            b.functionName(function)
                .statementId(principal.replace('.', '-'))
                .action("lambda:InvokeFunction")
                .principal(principal));
  }

  private static void assume(String session, @Nullable String externalId) {
    sts.assumeRole(b -> b.roleArn(ROLE).roleSessionName(session).externalId(externalId));
  }

  @TestFactory
  Stream<DynamicTest> byCallerTimeAndOrigin() {
    return Stream.of(
        denies("IpAddress", "aws:SourceIp", "127.0.0.1/32", "10.0.0.0/8"),
        denies("Bool", "aws:SecureTransport", "false", "true"),
        denies("StringLike", "aws:UserAgent", "aws-sdk-java/*", "curl/*"),
        denies(
            "DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
        denies("NumericGreaterThan", "aws:EpochTime", "1000000000", "99999999999"),
        denies("StringEquals", "aws:RequestedRegion", "us-east-1", "eu-west-1"),
        denies("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/alice", "arn:aws:iam::*:user/b"),
        denies("StringEquals", "aws:PrincipalAccount", ACCOUNT, "111111111111"),
        denies("StringEquals", "aws:PrincipalType", "User", "AssumedRole"),
        denies("StringEquals", "aws:PrincipalTag/team", "red", "blue"),
        denies("StringEquals", "aws:userid", userId, "AIDA"),
        denies("StringEquals", "aws:username", "alice", "bob"),
        denies("Bool", "aws:ViaAWSService", "false", "true"),
        denies("Bool", "aws:PrincipalIsAWSService", "false", "true"),
        denies("StringEquals", "aws:ResourceAccount", ACCOUNT, "111111111111"),
        denies("StringEquals", "s3:ResourceAccount", ACCOUNT, "111111111111"),
        denies("StringEquals", "s3:authType", "REST-HEADER", "REST-QUERY-STRING"),
        denies("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", "AWS"),
        denies("NumericLessThan", "s3:signatureAge", "600000", "0"));
  }

  @TestFactory
  Stream<DynamicTest> inSnsAndSqs() {
    return Stream.of(
        denies(
            "StringEquals",
            "sns:Protocol",
            "sqs",
            () -> subscribe("sqs", "arn:aws:sqs:us-east-1:000000000000:red"),
            () -> subscribe("email", "a@example.com")),
        denies(
            "StringLike",
            "sns:Endpoint",
            "*@example.com",
            () -> subscribe("email", "a@example.com"),
            () -> subscribe("email", "a@example.org")),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> sns.createTopic(b -> b.name("t1").tags(topicTag("team", "red"))),
            () -> sns.createTopic(b -> b.name("t2").tags(topicTag("team", "blue")))),
        denies(
            "ForAnyValue:StringEquals",
            "aws:TagKeys",
            "team",
            () -> sns.untagResource(b -> b.resourceArn(TOPIC + "blue").tagKeys("team")),
            () -> sns.untagResource(b -> b.resourceArn(TOPIC + "blue").tagKeys("other"))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> sns.publish(b -> b.topicArn(TOPIC + "red").message("m")),
            () -> sns.publish(b -> b.topicArn(TOPIC + "blue").message("m"))),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> sqs.createQueue(b -> b.queueName("q1").tags(Map.of("team", "red"))),
            () -> sqs.createQueue(b -> b.queueName("q2").tags(Map.of("team", "blue")))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> sqs.sendMessage(b -> b.queueUrl(queue("red")).messageBody("m")),
            () -> sqs.sendMessage(b -> b.queueUrl(queue("blue")).messageBody("m"))));
  }

  private static void subscribe(String protocol, String endpoint) {
    sns.subscribe(b -> b.topicArn(TOPIC + "blue").protocol(protocol).endpoint(endpoint));
  }

  private static String queue(String name) {
    return server.endpoint() + "/" + ACCOUNT + "/" + name;
  }

  @TestFactory
  Stream<DynamicTest> inLambda() {
    return Stream.of(
        denies(
            "StringEquals",
            "lambda:Principal",
            "sns.amazonaws.com",
            () -> grant("blue", "sns.amazonaws.com"),
            () -> grant("blue", "s3.amazonaws.com")),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> function("f1", Map.of("team", "red")),
            () -> function("f2", Map.of("team", "blue"))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> lambda.getFunction(b -> b.functionName("red")),
            () -> lambda.getFunction(b -> b.functionName("blue"))),
        denies(
            "StringEquals",
            "iam:PassedToService",
            "lambda.amazonaws.com",
            () -> function("f3", Map.of()),
            () -> lambda.getFunction(b -> b.functionName("blue"))),
        denies(
            "ArnLike",
            "iam:AssociatedResourceArn",
            "arn:aws:lambda:*:*:function:f4",
            () -> function("f4", Map.of()),
            () -> function("f5", Map.of())));
  }

  @TestFactory
  Stream<DynamicTest> inIamAndSts() {
    return Stream.of(
        denies(
            "ArnEquals",
            "iam:PolicyARN",
            BOUNDARY,
            () -> iam.attachUserPolicy(b -> b.userName("free").policyArn(BOUNDARY)),
            () ->
                iam.attachUserPolicy(
                    b ->
                        b.userName("free").policyArn("arn:aws:iam::aws:policy/IAMReadOnlyAccess"))),
        denies(
            "StringEquals",
            "iam:PermissionsBoundary",
            BOUNDARY,
            () -> iam.createUser(b -> b.userName("u1").permissionsBoundary(BOUNDARY)),
            () -> iam.createUser(b -> b.userName("u2"))),
        denies(
            "StringEquals",
            "iam:PermissionsBoundary",
            BOUNDARY,
            () -> iam.deleteUserPermissionsBoundary(b -> b.userName("bounded")),
            () -> iam.getUser(b -> b.userName("bounded"))),
        denies(
            "StringNotEquals",
            "iam:PermissionsBoundary",
            BOUNDARY,
            () ->
                iam.putUserPolicy(
                    b -> b.userName("free").policyName("p").policyDocument(ALLOW_ALL)),
            () ->
                iam.putUserPolicy(
                    b -> b.userName("bounded").policyName("p").policyDocument(ALLOW_ALL))),
        denies(
            "StringEquals",
            "aws:RequestTag/team",
            "red",
            () -> iam.createUser(b -> b.userName("u3").tags(tag("team", "red"))),
            () -> iam.createUser(b -> b.userName("u4").tags(tag("team", "blue")))),
        denies(
            "StringEquals",
            "aws:ResourceTag/team",
            "red",
            () -> iam.getUser(b -> b.userName("alice")),
            () -> iam.getUser(b -> b.userName("free"))),
        denies(
            "StringEquals",
            "iam:ResourceTag/team",
            "red",
            () -> iam.getPolicy(b -> b.policyArn(BOUNDARY)),
            () -> iam.getUser(b -> b.userName("free"))),
        denies(
            "StringEquals",
            "sts:ExternalId",
            "one",
            () -> assume("session", "one"),
            () -> assume("session", "two")),
        denies(
            "StringEquals",
            "sts:RoleSessionName",
            "evil",
            () -> assume("evil", null),
            () -> assume("good", null)));
  }

  private static software.amazon.awssdk.services.sts.model.Tag sessionTag(
      String key, String value) {
    return software.amazon.awssdk.services.sts.model.Tag.builder().key(key).value(value).build();
  }

  private static void assumeTagged(String tag, String value, String... transitive) {
    sts.assumeRole(
        b ->
            b.roleArn(ROLE)
                .roleSessionName("session")
                .tags(sessionTag(tag, value))
                .transitiveTagKeys(transitive));
  }

  @TestFactory
  Stream<DynamicTest> bySessionTags() {
    return Stream.of(
        denies(
            "StringEquals",
            "aws:RequestTag/project",
            "red",
            () -> assumeTagged("project", "red"),
            () -> assumeTagged("project", "blue")),
        denies(
            "ForAnyValue:StringEquals",
            "sts:TransitiveTagKeys",
            "project",
            () -> assumeTagged("project", "red", "project"),
            () -> assumeTagged("project", "red")));
  }

  @Test
  void sessionTagsCountAsPrincipalTags() {
    root.putRolePolicy(
        b ->
            b.roleName("role")
                .policyName("deny")
                .policyDocument(denial("s3:*", "StringEquals", "aws:PrincipalTag/project", "red")));
    assertThatCode(() -> session("blue").listBuckets()).doesNotThrowAnyException();
    assertDenied(() -> session("red").listBuckets());
  }

  private static S3Client session(String project) {
    Credentials issued =
        sts.assumeRole(
                b ->
                    b.roleArn(ROLE).roleSessionName("session").tags(sessionTag("project", project)))
            .credentials();
    return client(
        S3Client.builder().forcePathStyle(true),
        AwsSessionCredentials.create(
            issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken()));
  }

  /// A caller limited to a path cannot move users out of it.
  @Test
  void renamingNeedsPermissionForTheNewName() {
    root.createUser(b -> b.userName("carl").path("/dev/"));
    root.putUserPolicy(
        b ->
            b.userName("alice")
                .policyName("deny")
                .policyDocument(
                    """
                    {"Version":"2012-10-17","Statement":{"Sid":"ThisOne","Effect":"Deny",
                     "Action":"*","NotResource":"arn:aws:iam::000000000000:user/dev/*"}}
                    """));
    try {
      assertThatCode(() -> iam.updateUser(b -> b.userName("carl").newUserName("charles")))
          .doesNotThrowAnyException();
      assertDenied(() -> iam.updateUser(b -> b.userName("charles").newPath("/admin/")));
    } finally {
      root.deleteUserPolicy(b -> b.userName("alice").policyName("deny"));
    }
  }

  /// A role may trust Lambda for one function only.
  @Test
  void aTrustPolicyCanTestTheFunction() {
    root.createRole(
        b ->
            b.roleName("picky")
                .assumeRolePolicyDocument(
                    """
                    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
                     "Principal":{"Service":"lambda.amazonaws.com"},"Condition":{"ArnLike":
                     {"aws:SourceArn":"arn:aws:lambda:us-east-1:000000000000:function:good"}}}}
                    """));
    String role = "arn:aws:iam::000000000000:role/picky";
    assertThatCode(() -> function("good", role, Map.of())).doesNotThrowAnyException();
    assertThat(
            catchThrowableOfType(AwsServiceException.class, () -> function("evil", role, Map.of()))
                .awsErrorDetails()
                .errorMessage())
        .contains("cannot be assumed by Lambda");
  }

  /// A request that creates a resource with tags needs both actions.
  @TestFactory
  Stream<DynamicTest> taggingOnCreationNeedsTheTagAction() {
    Map<String, String> red = Map.of("team", "red");
    Map<String, ThrowingCallable> calls =
        Map.of(
            "sns:TagResource",
            () -> sns.createTopic(b -> b.name("n1").tags(topicTag("team", "red"))),
            "sqs:TagQueue",
            () -> sqs.createQueue(b -> b.queueName("n1").tags(red)),
            "lambda:TagResource",
            () -> function("n1", red),
            "iam:TagUser",
            () -> iam.createUser(b -> b.userName("n1").tags(tag("team", "red"))),
            "iam:TagRole",
            () ->
                iam.createRole(
                    b -> b.roleName("n1").assumeRolePolicyDocument(TRUST).tags(tag("team", "red"))),
            "iam:TagPolicy",
            () ->
                iam.createPolicy(
                    b -> b.policyName("n1").policyDocument(ALLOW_ALL).tags(tag("team", "red"))));
    return calls.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(),
                    () -> {
                      deny(entry.getKey(), "StringEquals", "aws:username", "alice");
                      try {
                        assertDenied(entry.getValue());
                      } finally {
                        root.deleteUserPolicy(b -> b.userName("alice").policyName("deny"));
                      }
                    }));
  }
}
