package io.carillon.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.policy.PolicyDocument.Flavour;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyParserTest {
  private static final String ALLOW = "\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\"";

  private static String document(String statement) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":[{" + statement + "}]}";
  }

  private static void refused(String json, Flavour flavour, String... parts) {
    assertThatThrownBy(() -> PolicyDocument.parse(json, flavour))
        .isInstanceOf(MalformedPolicyException.class)
        .message()
        .contains(parts);
  }

  @Test
  void aSingleStatementNeedsNoArray() {
    String json = "{\"Statement\":{" + ALLOW + ",\"Resource\":\"*\"}}";
    assertThat(PolicyDocument.parse(json, Flavour.IDENTITY).statements()).hasSize(1);
  }

  @Test
  void aStatementIsNamedByItsSidOrPosition() {
    String json =
        "{\"Statement\":[{\"Sid\":\"Read\","
            + ALLOW
            + ",\"Resource\":\"*\"},{\"Sid\":\"\","
            + ALLOW
            + ",\"Resource\":\"*\"}]}";
    assertThat(PolicyDocument.parse(json, Flavour.IDENTITY).statements())
        .extracting(Statement::name)
        .containsExactly("Read", "2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "\"Allow\"",
        "{",
        "{}",
        "{\"Statement\":[]}",
        "{\"Statement\":[[]]}",
        "{\"Statement\":[\"x\"]}",
        "{\"Statement\":{}} trailing",
        "{\"Version\":\"2012-10-17\",\"Version\":\"2012-10-17\",\"Statement\":{}}",
      })
  void otherJsonIsRefused(String json) {
    assertThatThrownBy(() -> PolicyDocument.parse(json, Flavour.IDENTITY))
        .isInstanceOf(MalformedPolicyException.class);
  }

  @Test
  void aSyntaxErrorIsReportedWithItsPlace() {
    refused("{\n  \"Version\": oops}", Flavour.IDENTITY, "invalid Json", "line 2");
  }

  @Test
  void anUnknownVersionIsRefused() {
    refused(
        "{\"Version\":\"2020-01-01\",\"Statement\":{" + ALLOW + ",\"Resource\":\"*\"}}",
        Flavour.IDENTITY,
        "version");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "Effect":"Allow","Resource":"*"                                          | must contain actions
          "Effect":"Allow","Action":[],"Resource":"*"                              | must contain actions
          "Effect":"Allow","Action":"s3:*"                                         | must contain resources
          "Effect":"Allow","Action":"s3:*","Resource":[]                           | must contain resources
          "Action":"s3:*","Resource":"*"                                           | Missing required field Effect (at Statement[0])
          "Effect":"allow","Action":"s3:*","Resource":"*"                          | Invalid effect: allow
          "Effect":true,"Action":"s3:*","Resource":"*"                             | Invalid effect
          "Effect":"Allow","Action":"GetObject","Resource":"*"                     | prefaced by a vendor
          "Effect":"Allow","Action":"s3:","Resource":"*"                           | prefaced by a vendor
          "Effect":"Allow","Action":"*:Get","Resource":"*"                         | prefaced by a vendor
          "Effect":"Allow","Action":[1],"Resource":"*"                             | Syntax errors
          "Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"       | both Action and NotAction
          "Effect":"Allow","Action":"s3:*","Resource":"my-bucket"                  | must be in ARN format
          "Effect":"Allow","Action":"s3:*","Resource":"arn:aws"                    | must be in ARN format
          "Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:userid"  | not closed
          "Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"          | should not specify a principal
          "Effect":"Allow","Action":"s3:*","Resource":"*","Sid":"a b"              | alpha-numeric
          "Effect":"Allow","Action":"s3:*","Resource":"*","Sid":1                  | Syntax errors
          "Effect":"Allow","Action":"s3:*","Resource":"*","Comment":"x"            | Unknown field Comment (at Statement[0])
          "Effect":"Allow","Action":"s3:*","Resource":"*","resource":"*"           | Unknown field resource
          "Effect":"Allow","Action":"s3:*","Resource":"*","Condition":"x"          | Syntax errors
          """)
  void anInvalidStatementIsRefused(String statement, String message) {
    refused(document(statement), Flavour.IDENTITY, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"StringEqualz":{"aws:userid":"x"}}                 | Invalid Condition type : StringEqualz
          {"NullIfExists":{"aws:userid":"true"}}              | Invalid Condition type : NullIfExists
          {"ForAnyValue:Null":{"aws:userid":"true"}}          | Invalid Condition type : ForAnyValue:Null
          {"StringEquals":"x"}                                | Syntax errors
          {"StringEquals":{"aws:userid":{"a":"b"}}}           | Syntax errors
          {"StringEquals":{"aws:userid":null}}                | Syntax errors
          {"StringEquals":{"userid":"x"}}                     | prefaced by a vendor
          {"NumericEquals":{"s3:max-keys":"ten"}}             | Invalid value
          {"DateLessThan":{"aws:CurrentTime":"tomorrow"}}     | Invalid value
          {"Bool":{"aws:SecureTransport":"maybe"}}            | Invalid value
          {"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}        | Invalid value
          {"IpAddress":{"aws:SourceIp":"example.com"}}        | Invalid value
          {"IpAddress":{"aws:SourceIp":"10.0.0/8"}}           | Invalid value
          {"BinaryEquals":{"s3:x":"***"}}                     | Invalid value
          """)
  void anInvalidConditionIsRefusedWithItsPlace(String condition, String message) {
    refused(
        document(ALLOW + ",\"Resource\":\"*\",\"Condition\":" + condition),
        Flavour.IDENTITY,
        message,
        "Statement[0].Condition");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "\"123456789012\"",
        "{\"AWS\":\"bob\"}",
        "{\"AWS\":\"arn:aws:iam::123456789012:user/*\"}",
        "{\"AWS\":\"arn:aws:iam::12345:root\"}",
        "{\"AWS\":7}",
        "{\"Service\":\"lambda\"}",
        "{\"Cat\":\"Tom\"}",
      })
  void anInvalidPrincipalIsRefused(String principal) {
    refused(
        document(ALLOW + ",\"Resource\":\"*\",\"Principal\":" + principal),
        Flavour.RESOURCE,
        "at Statement[0].Principal");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"*\"",
        "{\"AWS\":\"*\"}",
        "{\"AWS\":[\"123456789012\",\"arn:aws:iam::123456789012:root\"]}",
        "{\"AWS\":\"arn:aws:iam::123456789012:role/a/path/name\"}",
        "{\"AWS\":\"arn:aws:sts::123456789012:assumed-role/name/session\"}",
        "{\"AWS\":\"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1\"}",
        "{\"AWS\":\"AIDAJQABLZS4A3QDU576Q\"}",
        "{\"Service\":[\"s3.amazonaws.com\",\"delivery.logs.amazonaws.com\"]}",
        "{\"Federated\":\"cognito-identity.amazonaws.com\"}",
        "{\"CanonicalUser\":\"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be\"}",
      })
  void principalsOfEveryTypeAreAccepted(String principal) {
    assertThatCode(
            () ->
                PolicyDocument.parse(
                    document(ALLOW + ",\"Resource\":\"*\",\"Principal\":" + principal),
                    Flavour.RESOURCE))
        .doesNotThrowAnyException();
  }

  @Test
  void aResourcePolicyNamesItsPrincipals() {
    refused(document(ALLOW + ",\"Resource\":\"*\""), Flavour.RESOURCE, "Missing", "Principal");
    refused(
        document(ALLOW + ",\"Resource\":\"*\",\"Principal\":\"*\",\"NotPrincipal\":\"*\""),
        Flavour.RESOURCE,
        "both Principal and NotPrincipal");
  }

  @Test
  void aTrustPolicyHasStsActionsAndNoResource() {
    String principal = "\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}";
    String assume = "\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",";
    assertThatCode(() -> PolicyDocument.parse(document(assume + principal), Flavour.TRUST))
        .doesNotThrowAnyException();
    refused(
        document(assume + principal + ",\"Resource\":\"*\""),
        Flavour.TRUST,
        "Has prohibited field Resource");
    refused(
        document("\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\"," + principal),
        Flavour.TRUST,
        "may only specify STS AssumeRole actions");
  }

  @Test
  void twoStatementsMustNotShareASid() {
    String one = "{\"Sid\":\"A\"," + ALLOW + ",\"Resource\":\"*\"}";
    refused("{\"Statement\":[" + one + "," + one + "]}", Flavour.IDENTITY, "must be unique");
  }

  @Test
  void numbersAndBooleansNeedNoQuotesInConditions() {
    String condition =
        "{\"NumericLessThan\":{\"s3:max-keys\":10},\"Bool\":{\"aws:SecureTransport\":true}}";
    assertThatCode(
            () ->
                PolicyDocument.parse(
                    document(ALLOW + ",\"Resource\":\"*\",\"Condition\":" + condition),
                    Flavour.IDENTITY))
        .doesNotThrowAnyException();
  }

  @Test
  void anUnreadableDocumentHasAReplacementOfItsFlavour() {
    for (Flavour flavour : Flavour.values()) {
      assertThat(PolicyDocument.unreadable(flavour).statements()).hasSize(1);
    }
  }
}
