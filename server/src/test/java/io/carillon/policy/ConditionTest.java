package io.carillon.policy;

import static io.carillon.policy.Documents.BOB;
import static io.carillon.policy.Documents.identity;
import static io.carillon.policy.Documents.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Source of the expectations:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
/// and …_condition-single-vs-multi-valued-context-keys.html
class ConditionTest {

  private static boolean holds(String operator, String values, Map<String, List<String>> context) {
    NamedPolicy policy =
        identity(
            "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\""
                + operator
                + "\":{\"x:Key\":"
                + values
                + "}}");
    return PolicyEngine.evaluate(request(BOB, context), Policies.ofIdentity(policy)).isAllowed();
  }

  private static boolean holds(String operator, String values, String... actual) {
    return holds(operator, values, Map.of("X:KEY", Arrays.asList(actual)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "absent",
      textBlock =
          """
          StringEquals              | "a"                       | a                          | true
          StringEquals              | "a"                       | A                          | false
          StringEquals              | "a*"                      | ab                         | false
          StringEquals              | ["a","b"]                 | b                          | true
          StringEquals              | []                        | b                          | false
          StringEquals              | "a"                       | absent                     | false
          StringEqualsIfExists      | "a"                       | absent                     | true
          StringEqualsIfExists      | "a"                       | b                          | false
          StringNotEquals           | ["a","b"]                 | c                          | true
          StringNotEquals           | ["a","b"]                 | b                          | false
          StringNotEquals           | "a"                       | absent                     | true
          StringEqualsIgnoreCase    | "ab"                      | AB                         | true
          StringNotEqualsIgnoreCase | "ab"                      | AB                         | false
          StringLike                | "a*c?"                    | abbbcd                     | true
          StringLike                | "a*c?"                    | abbbc                      | false
          StringLike                | "*"                       | ''                         | true
          StringLike                | "${*}"                    | x                          | false
          StringLike                | "${*}"                    | *                          | true
          StringNotLike             | "a*"                      | ab                         | false
          StringNotLike             | "a*"                      | b                          | true
          NumericEquals             | 10                        | 10.0                       | true
          NumericEquals             | "10"                      | ten                        | false
          NumericNotEquals          | "10"                      | 11                         | true
          NumericLessThan           | "10"                      | 9                          | true
          NumericLessThan           | "10"                      | 10                         | false
          NumericLessThanEquals     | "10"                      | 10                         | true
          NumericGreaterThan        | "10"                      | 1E1000000000               | true
          NumericGreaterThan        | "10"                      | 10                         | false
          NumericGreaterThanEquals  | "10"                      | 10                         | true
          DateEquals                | "2026-01-02T03:04:05Z"    | 2026-01-02T04:04:05+01:00  | true
          DateLessThan              | "2026-01-02"              | 2026-01-01T23:59:59Z       | true
          DateLessThan              | "2026"                    | 2026-01-01T00:00:00Z       | false
          DateLessThanEquals        | "2026"                    | 2026-01-01T00:00:00Z       | true
          DateGreaterThan           | "1767225600"              | 2026-01-01T00:00:01Z       | true
          DateGreaterThan           | "2026-01"                 | 1767225600                 | false
          DateGreaterThanEquals     | "2026-01"                 | 1767225600                 | true
          DateNotEquals             | "2026-01"                 | 2026-01-01T00:00:00Z       | false
          DateLessThan              | "2026-01"                 | yesterday                  | false
          Bool                      | "true"                    | true                       | true
          Bool                      | "True"                    | TRUE                       | true
          Bool                      | false                     | true                       | false
          Bool                      | "false"                   | absent                     | false
          BoolIfExists              | "false"                   | absent                     | true
          BinaryEquals              | "QmluYXJ5"                | QmluYXJ5                   | true
          BinaryEquals              | "QmluYXJ5"                | QmluYXJ6                   | false
          BinaryEquals              | "QmluYXJ5"                | !                          | false
          IpAddress                 | "203.0.113.0/24"          | 203.0.113.77               | true
          IpAddress                 | "203.0.113.0/25"          | 203.0.113.200              | false
          IpAddress                 | "0.0.0.0/0"               | 8.8.8.8                    | true
          IpAddress                 | "0.0.0.0/0"               | ::1                        | false
          IpAddress                 | "127.0.0.1"               | 127.0.0.1                  | true
          IpAddress                 | "2001:db8::/33"           | 2001:db8:7fff::1           | true
          IpAddress                 | "2001:db8::/33"           | 2001:db8:8000::1           | false
          IpAddress                 | "203.0.113.0/24"          | localhost                  | false
          NotIpAddress              | "203.0.113.0/24"          | 203.0.113.77               | false
          NotIpAddress              | "203.0.113.0/24"          | 8.8.8.8                    | true
          ArnLike                   | "arn:aws:s3:::b*"         | arn:aws:s3:::bucket/a:b    | true
          ArnEquals                 | "arn:aws:s3:::b*"         | arn:aws:s3:::bucket        | true
          ArnLike                   | "arn:aws:sns:*:1:t"       | arn:aws:sns:r:1:t          | true
          ArnLike                   | "arn:aws:sns:*:t"         | arn:aws:sns:r:1:t          | false
          ArnLike                   | "arn:aws:s3*"             | arn:aws:s3:::b             | false
          ArnLike                   | "*"                       | arn:aws:s3:::b             | true
          ArnLike                   | "arn:aws:s3:::b"          | b                          | false
          ArnNotLike                | "arn:aws:s3:::b*"         | arn:aws:s3:::c             | true
          ArnNotEquals              | "arn:aws:s3:::b*"         | arn:aws:s3:::b             | false
          Null                      | "true"                    | absent                     | true
          Null                      | true                      | x                          | false
          Null                      | "false"                   | x                          | true
          Null                      | "false"                   | absent                     | false
          """)
  void operators(String operator, String values, String actual, boolean expected) {
    Map<String, List<String>> context =
        actual == null ? Map.of() : Map.of("x:key", List.of(actual));
    assertThat(holds(operator, values, context)).isEqualTo(expected);
  }

  @Test
  void forAllValuesHoldsIfEveryValueOfTheRequestIsListed() {
    assertThat(holds("ForAllValues:StringEquals", "[\"a\",\"b\"]", "a", "b")).isTrue();
    assertThat(holds("ForAllValues:StringEquals", "[\"a\",\"b\"]", "a", "c")).isFalse();
    assertThat(holds("ForAllValues:StringEquals", "[\"a\"]", Map.of())).isTrue();
    assertThat(holds("ForAllValues:StringNotEquals", "[\"a\",\"b\"]", "c", "d")).isTrue();
    assertThat(holds("ForAllValues:StringNotEquals", "[\"a\",\"b\"]", "c", "a")).isFalse();
  }

  @Test
  void forAnyValueHoldsIfOneValueOfTheRequestIsListed() {
    assertThat(holds("ForAnyValue:StringLike", "\"a*\"", "b", "ab")).isTrue();
    assertThat(holds("ForAnyValue:StringLike", "\"a*\"", "b", "c")).isFalse();
    assertThat(holds("ForAnyValue:StringLike", "\"a*\"", Map.of())).isFalse();
    assertThat(holds("ForAnyValue:StringLikeIfExists", "\"a*\"", Map.of())).isTrue();
    assertThat(holds("ForAnyValue:StringNotEquals", "\"a\"", "a", "b")).isTrue();
    assertThat(holds("ForAnyValue:StringNotEquals", "\"a\"", "a")).isFalse();
  }

  @Test
  void aNegatedOperatorWithoutQuantifierFailsForAnyListedValue() {
    assertThat(holds("StringNotEquals", "\"a\"", "b", "a")).isFalse();
    assertThat(holds("StringEquals", "\"a\"", "b", "a")).isTrue();
  }

  @Test
  void variablesInValuesAreReplacedFromTheRequest() {
    Map<String, List<String>> context =
        Map.of("x:Key", List.of("home/bob"), "aws:UserName", List.of("bob"));
    assertThat(holds("StringEquals", "\"home/${aws:username}\"", context)).isTrue();
    assertThat(holds("StringLike", "\"home/${AWS:username}*\"", context)).isTrue();
    assertThat(holds("StringLike", "\"home/${aws:userid}\"", context)).isFalse();
    assertThat(holds("StringEquals", "\"home/${aws:userid, 'bob'}\"", context)).isTrue();
    assertThat(
            holds(
                "ArnLike",
                "\"arn:aws:iam::*:user/${aws:username}\"",
                Map.of(
                    "x:key", List.of("arn:aws:iam::1:user/bob"), "aws:username", List.of("bob"))))
        .isTrue();
  }

  @Test
  void allConditionsMustHold() {
    NamedPolicy policy =
        identity(
            "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":"
                + "{\"StringEquals\":{\"a:b\":\"1\",\"c:d\":\"2\"},\"Null\":{\"e:f\":\"true\"}}");
    Map<String, List<String>> good = Map.of("a:b", List.of("1"), "c:d", List.of("2"));
    assertThat(PolicyEngine.evaluate(request(BOB, good), Policies.ofIdentity(policy)).isAllowed())
        .isTrue();
    Map<String, List<String>> half = Map.of("a:b", List.of("1"), "c:d", List.of("3"));
    assertThat(PolicyEngine.evaluate(request(BOB, half), Policies.ofIdentity(policy)).isAllowed())
        .isFalse();
  }

  @Test
  void aPatternWithManyStarsIsNotExponential() {
    String pattern = "*a".repeat(500) + "b";
    String subject = "a".repeat(5_000);
    assertThat(Glob.of(pattern).matches(subject)).isFalse();
    assertThat(Glob.of(pattern).matches(subject + "b")).isTrue();
  }
}
