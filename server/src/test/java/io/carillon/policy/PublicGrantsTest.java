package io.carillon.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.policy.PolicyDocument.Flavour;
import io.carillon.s3.BucketPolicyTerms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which policies S3 considers public.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
/// "The meaning of public"
class PublicGrantsTest {
  private static final String ANYONE = "\"*\"";

  private static boolean isPublic(String principal, String condition) {
    return isPublicPolicy(statement("Allow", "\"Principal\":" + principal, condition));
  }

  private static boolean isPublicPolicy(String... statements) {
    return BucketPolicyTerms.PUBLIC_GRANTS.areIn(
        PolicyDocument.parse(
            "{\"Version\":\"2012-10-17\",\"Statement\":[" + String.join(",", statements) + "]}",
            Flavour.RESOURCE));
  }

  private static String statement(String effect, String principal, String condition) {
    return "{\"Effect\":\""
        + effect
        + "\","
        + principal
        + ",\"Action\":\"s3:PutObject\",\"Resource\":\"*\""
        + (condition.isEmpty() ? "" : ",\"Condition\":{" + condition + "}")
        + "}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"*\"",
        "{\"AWS\":\"*\"}",
        "{\"AWS\":[\"111111111111\",\"*\"]}",
        "{\"Service\":\"*\"}",
        "{\"Federated\":\"graph.facebook.com\"}"
      })
  void principalsThatCanBeAnybodyArePublic(String principal) {
    assertThat(isPublic(principal, "")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"AWS\":\"111111111111\"}",
        "{\"AWS\":\"arn:aws:iam::111111111111:user/bob\"}",
        "{\"Service\":\"cloudtrail.amazonaws.com\"}",
        "{\"CanonicalUser\":\"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be\"}",
        "{\"Federated\":\"arn:aws:iam::111111111111:saml-provider/p\"}"
      })
  void namedPrincipalsAreNotPublic(String principal) {
    assertThat(isPublic(principal, "")).isFalse();
  }

  @Test
  void notPrincipalIsPublicUnlessItDenies() {
    String all = "\"NotPrincipal\":{\"AWS\":\"111111111111\"}";

    assertThat(isPublicPolicy(statement("Allow", all, ""))).isTrue();
    assertThat(isPublicPolicy(statement("Deny", all, ""))).isFalse();
    assertThat(isPublicPolicy(statement("Deny", "\"Principal\":\"*\"", ""))).isFalse();
  }

  @Test
  void onePublicStatementMakesAPolicyPublic() {
    String named = statement("Allow", "\"Principal\":{\"AWS\":\"111111111111\"}", "");

    assertThat(isPublicPolicy(named, named)).isFalse();
    assertThat(isPublicPolicy(named, statement("Allow", "\"Principal\":\"*\"", ""))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "StringEquals, aws:SourceVpc, vpc-91237329",
    "StringLike, aws:SourceVpce, vpce-1a2b3c4d",
    "StringEquals, aws:PrincipalOrgID, o-1234567890",
    "StringEquals, AWS:SourceAccount, 111111111111",
    "StringEquals, aws:SourceOwner, 111111111111",
    "ArnLike, aws:SourceArn, arn:aws:sns:us-east-1:111111111111:topic",
    "ArnEquals, aws:PrincipalArn, arn:aws:iam::111111111111:role/r",
    "StringEquals, aws:userid, AIDAEXAMPLE",
    "ForAnyValue:StringEquals, aws:PrincipalOrgPaths, o-1/r-1/",
    "StringEquals, s3:DataAccessPointAccount, 111111111111",
    "StringLike, s3:DataAccessPointArn, arn:aws:s3:us-west-2:111111111111:accesspoint/*",
    "IpAddress, aws:SourceIp, 203.0.113.0/24",
    "IpAddress, aws:SourceIp, 203.0.113.7",
    "IpAddress, aws:SourceIp, 10.0.0.0/8",
    "IpAddress, aws:SourceIp, 2001:db8::/32"
  })
  void aFixedValueIsNotPublic(String operator, String key, String value) {
    assertThat(isPublic(ANYONE, condition(operator, key, value))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "StringLike, aws:SourceVpc, vpc-*",
    "StringEquals, aws:SourceVpc, vpc-?",
    "StringEquals, aws:SourceVpc, ${aws:username}",
    "StringNotEquals, aws:SourceVpc, vpc-91237329",
    "StringEqualsIfExists, aws:SourceVpc, vpc-91237329",
    "ForAllValues:StringEquals, aws:PrincipalOrgPaths, o-1/r-1/",
    "Null, aws:SourceVpc, false",
    "StringEquals, aws:UserAgent, mine",
    "StringEquals, aws:Referer, https://example.com/",
    "StringEquals, s3:prefix, home",
    "Bool, aws:SecureTransport, true",
    "StringLike, aws:userid, AROAEXAMPLE:*",
    "StringLike, s3:DataAccessPointArn, arn:aws:s3:us-west-2:*:accesspoint/mine",
    "IpAddress, aws:SourceIp, 0.0.0.0/0",
    "IpAddress, aws:SourceIp, 0.0.0.0/1",
    "IpAddress, aws:SourceIp, 8.0.0.0/7",
    "IpAddress, aws:SourceIp, 2001::/16",
    "NotIpAddress, aws:SourceIp, 203.0.113.0/24"
  })
  void otherConditionsLeaveItPublic(String operator, String key, String value) {
    assertThat(isPublic(ANYONE, condition(operator, key, value))).isTrue();
  }

  @Test
  void oneLimitingConditionIsEnoughIfAllItsValuesAreFixed() {
    assertThat(
            isPublic(
                ANYONE,
                "\"Bool\":{\"aws:SecureTransport\":\"true\"},"
                    + "\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}"))
        .isFalse();
    assertThat(isPublic(ANYONE, "\"StringLike\":{\"aws:SourceVpc\":[\"vpc-1\",\"vpc-*\"]}"))
        .isTrue();
  }

  private static String condition(String operator, String key, String value) {
    return "\"" + operator + "\":{\"" + key + "\":\"" + value + "\"}";
  }
}
