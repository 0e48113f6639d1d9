package io.carillon.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.aws.AwsException;
import io.carillon.base.Arn;
import io.carillon.s3.model.S3Error;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.model.DeletePublicAccessBlockRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyRequest;
import software.amazon.awssdk.services.s3.model.GetBucketPolicyResponse;
import software.amazon.awssdk.services.s3.model.PutBucketPolicyRequest;

/// Which bucket policies are valid, and to which principals they apply.
///
/// Source: https://repost.aws/knowledge-center/s3-invalid-principal-in-policy-error,
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
class BucketPolicyTest {
  private static final String BOB = "arn:aws:iam::111111111111:user/bob";
  private static final String BOBS_ID = "AIDABOBBOBBOBBOBBOBBO";
  private static final String ANYONE = "\"*\"";
  private static final String OBJECTS = "[\"arn:aws:s3:::bucket/*\"]";
  private static final String BOTH = "[\"arn:aws:s3:::bucket\",\"arn:aws:s3:::bucket/*\"]";

  private final S3Fixture fixture = new S3Fixture();

  @BeforeEach
  void createBucketAndUser() {
    fixture.createBucket("bucket");
    fixture.call(fixture.alice, DeletePublicAccessBlockRequest.builder().bucket("bucket").build());
    fixture.principals.idsByArn.put(BOB, BOBS_ID);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"*\"",
        "{\"AWS\":\"*\"}",
        "{\"AWS\":\"111111111111\"}",
        "{\"AWS\":[\"arn:aws:iam::111111111111:root\",\"" + BOB + "\"]}",
        "{\"AWS\":\"" + BOBS_ID + "\"}",
        "{\"AWS\":\"arn:aws:sts::111111111111:assumed-role/any/session\"}",
        "{\"AWS\":\"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1\"}",
        "{\"Service\":[\"s3.amazonaws.com\",\"delivery.logs.amazonaws.com\"]}",
        "{\"CanonicalUser\":\"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be\"}",
        "{\"Federated\":\"cognito-identity.amazonaws.com\"}"
      })
  void existingPrincipalsAreAccepted(String principal) {
    put(statement("\"Principal\":" + principal, "\"s3:*\"", BOTH));
    put(statement("\"NotPrincipal\":" + principal, "\"s3:*\"", BOTH));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "AWS, arn:aws:iam::111111111111:user/nobody",
        "AWS, arn:aws:iam::111111111111:role/nobody",
        "AWS, arn:aws:iam::111111111111:user/path/bob",
        "AWS, arn:aws:iam::222222222222:user/bob",
        "AWS, arn:aws:sts::222222222222:assumed-role/any/session",
        "AWS, 222222222222",
        "AWS, AIDANOBODYNOBODYNOBOD",
        "AWS, bob",
        "Service, s3.example.com"
      })
  void missingPrincipalsAreRefused(String type, String value) {
    AwsException refused =
        refusal(
            statement("\"Principal\":{\"" + type + "\":[\"" + value + "\"]}", "\"s3:*\"", BOTH));

    assertThat(refused).hasMessage("Invalid principal in policy");
    assertThat(refused.members()).containsEntry("Detail", "\"" + type + "\" : \"" + value + "\"");
  }

  @Test
  void rootOfAMissingAccountIsRefused() {
    assertThat(
            refusal(
                statement(
                    "\"NotPrincipal\":{\"AWS\":\"arn:aws:iam::222222222222:root\"}",
                    "\"s3:*\"",
                    BOTH)))
        .hasMessage("Invalid principal in policy");
  }

  @Test
  void refusedPolicyChangesNothing() {
    String policy = statement("\"Principal\":" + ANYONE, "\"s3:GetObject\"", OBJECTS);
    put(policy);

    refusal(statement("\"Principal\":{\"AWS\":\"222222222222\"}", "\"s3:*\"", BOTH));

    assertThat(get()).isEqualTo(policy);
  }

  /// Source:
  /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  @Test
  void policyDoesNotApplyToARecreatedUser() {
    String policy = statement("\"Principal\":{\"AWS\":\"" + BOB + "\"}", "\"s3:*\"", BOTH);
    put(policy);

    assertThat(get()).isEqualTo(policy);
    assertThat(fixture.policy(Arn.bucket("bucket")).orElseThrow().pinned())
        .containsExactly(java.util.Map.entry(BOB, BOBS_ID));

    fixture.principals.idsByArn.put(BOB, "AIDAOTHEROTHEROTHEROT");
    assertThat(get()).contains("\"AWS\":\"" + BOBS_ID + "\"").doesNotContain(BOB);
    assertThat(fixture.policy(Arn.bucket("bucket")).orElseThrow().pinned())
        .containsExactly(java.util.Map.entry(BOB, BOBS_ID));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "s3:*",
        "S3:getobject",
        "s3:Get*",
        "s3:*Object?agging",
        "s3:GetBucketWebsite",
        "s3:RestoreObject"
      })
  void s3ActionsAreAccepted(String action) {
    put(statement("\"Principal\":" + ANYONE, "\"" + action + "\"", BOTH));
    put(
        "{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"NotAction\":\""
            + action
            + "\",\"Resource\":\"arn:aws:s3:::bucket\"}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3:GetObjects", "s3:Frob*", "sqs:SendMessage", "iam:*", "s3x:GetObject"})
  void unknownActionsAreRefused(String action) {
    for (String element : new String[] {"Action", "NotAction"}) {
      AwsException refused =
          refusal(
              "{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\""
                  + element
                  + "\":[\"s3:GetObject\",\""
                  + action
                  + "\"],\"Resource\":\"arn:aws:s3:::bucket/*\"}}");
      assertThat(refused).hasMessage("Policy has invalid action");
      assertThat(refused.members()).containsEntry("Detail", action);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "s3:GetObject, arn:aws:s3:::bucket/*",
    "s3:GetObject, arn:aws:s3:::bucket*",
    "s3:GetObject, arn:aws:s3:::b?cket/x",
    "s3:GetObject, arn:aws:s3:::*",
    "s3:ListBucket, arn:aws:s3:::bucket",
    "s3:ListBucket, arn:aws:s3:::bucket*",
    "s3:ListBucket, arn:aws:s3:::b?cket",
    "s3:Get*, arn:aws:s3:::bucket",
    "s3:Get*, arn:aws:s3:::bucket/a",
    "*, arn:aws:s3:::bucket/a",
  })
  void actionsThatApplyToAResourceAreAccepted(String action, String resource) {
    put(statement("\"Principal\":" + ANYONE, "\"" + action + "\"", "\"" + resource + "\""));
  }

  @ParameterizedTest
  @CsvSource({
    "s3:GetObject, arn:aws:s3:::bucket",
    "s3:*Object, arn:aws:s3:::bucket",
    "s3:ListBucket, arn:aws:s3:::bucket/*",
    "s3:ListBucket, arn:aws:s3:::bu*/*",
    "s3:*Bucket, arn:aws:s3:::bucket/a",
    "s3:ListAllMyBuckets, arn:aws:s3:::bucket"
  })
  void actionsThatApplyToNoResourceAreRefused(String action, String resource) {
    String text = "\"" + resource + "\"";
    assertThat(refusal(statement("\"Principal\":\"*\"", "\"" + action + "\"", text)))
        .hasMessage("Action does not apply to any resource(s) in statement");
    assertThat(refusal(statement("\"Principal\":\"*\"", "[\"s3:*\",\"" + action + "\"]", text)))
        .as("every action must apply")
        .hasMessage("Action does not apply to any resource(s) in statement");
  }

  @Test
  void notActionAndNotResourceAreNotMatched() {
    put(
        "{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\","
            + "\"NotResource\":\"arn:aws:s3:::bucket\"}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"*", "arn:aws:s3:::other/*", "arn:aws:s3:::b?ckets", "arn:aws:sqs:::bucket"})
  void resourcesOutsideTheBucketAreRefused(String resource) {
    assertThat(refusal(statement("\"Principal\":\"*\"", "\"s3:*\"", "\"" + resource + "\"")))
        .hasMessage("Policy has invalid resource");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3:prefix",
        "S3:X-Amz-ACL",
        "s3:ExistingObjectTag/team",
        "aws:SourceIp",
        "saml:sub",
        "www.example.com:sub"
      })
  void conditionKeysOfS3AndOtherServicesAreAccepted(String key) {
    put(conditional(key));
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3:prefixes", "s3:ExistingObjectTag", "s3:prefix/"})
  void unknownS3ConditionKeysAreRefused(String key) {
    AwsException refused = refusal(conditional(key));
    assertThat(refused).hasMessage("Policy has an invalid condition key");
    assertThat(refused.members()).containsEntry("Detail", key);
  }

  private static String conditional(String key) {
    return """
    {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
     "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
     "Condition": {"StringEquals": {"%s": "x"}}}}\
    """
        .formatted(key);
  }

  private static String statement(String principal, String action, String resource) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
        + principal
        + ",\"Action\":"
        + action
        + ",\"Resource\":"
        + resource
        + "}]}";
  }

  private void put(String policy) {
    fixture.call(
        fixture.alice, PutBucketPolicyRequest.builder().bucket("bucket").policy(policy).build());
  }

  private String get() {
    GetBucketPolicyResponse read =
        fixture.call(fixture.alice, GetBucketPolicyRequest.builder().bucket("bucket").build());
    return read.policy();
  }

  private AwsException refusal(String policy) {
    AwsException refused = catchThrowableOfType(AwsException.class, () -> put(policy));
    assertThat(refused).as(policy).isNotNull();
    assertThat(refused.error()).isEqualTo(S3Error.MALFORMED_POLICY);
    return refused;
  }
}
