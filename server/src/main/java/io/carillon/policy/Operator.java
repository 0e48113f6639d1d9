package io.carillon.policy;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The condition operators. A negated one holds if *no* value matches its positive counterpart.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
enum Operator {
  STRING_EQUALS("StringEquals", false, Operand::equalTo),
  STRING_NOT_EQUALS("StringNotEquals", true, Operand::equalTo),
  STRING_EQUALS_IGNORE_CASE("StringEqualsIgnoreCase", false, Operand::equalIgnoringCase),
  STRING_NOT_EQUALS_IGNORE_CASE("StringNotEqualsIgnoreCase", true, Operand::equalIgnoringCase),
  STRING_LIKE("StringLike", false, Operand::like),
  STRING_NOT_LIKE("StringNotLike", true, Operand::like),
  NUMERIC_EQUALS("NumericEquals", false, Operand.number(order -> order == 0)),
  NUMERIC_NOT_EQUALS("NumericNotEquals", true, Operand.number(order -> order == 0)),
  NUMERIC_LESS_THAN("NumericLessThan", false, Operand.number(order -> order < 0)),
  NUMERIC_LESS_THAN_EQUALS("NumericLessThanEquals", false, Operand.number(order -> order <= 0)),
  NUMERIC_GREATER_THAN("NumericGreaterThan", false, Operand.number(order -> order > 0)),
  NUMERIC_GREATER_THAN_EQUALS(
      "NumericGreaterThanEquals", false, Operand.number(order -> order >= 0)),
  DATE_EQUALS("DateEquals", false, Operand.date(order -> order == 0)),
  DATE_NOT_EQUALS("DateNotEquals", true, Operand.date(order -> order == 0)),
  DATE_LESS_THAN("DateLessThan", false, Operand.date(order -> order < 0)),
  DATE_LESS_THAN_EQUALS("DateLessThanEquals", false, Operand.date(order -> order <= 0)),
  DATE_GREATER_THAN("DateGreaterThan", false, Operand.date(order -> order > 0)),
  DATE_GREATER_THAN_EQUALS("DateGreaterThanEquals", false, Operand.date(order -> order >= 0)),
  BOOL("Bool", false, Operand::bool),
  BINARY_EQUALS("BinaryEquals", false, Operand::bytes),
  IP_ADDRESS("IpAddress", false, Operand::inNetwork),
  NOT_IP_ADDRESS("NotIpAddress", true, Operand::inNetwork),
  ARN_EQUALS("ArnEquals", false, Operand::arn),
  ARN_LIKE("ArnLike", false, Operand::arn),
  ARN_NOT_EQUALS("ArnNotEquals", true, Operand::arn),
  ARN_NOT_LIKE("ArnNotLike", true, Operand::arn),
  /// Tests whether the key exists; see [Condition].
  NULL("Null", false, Operand::bool);

  private static final Map<String, Operator> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(o -> o.text, o -> o));

  private final String text;
  private final boolean negated;

  @SuppressWarnings("ImmutableEnumChecker") // without state
  private final Function<Template, Operand> compile;

  Operator(String text, boolean negated, Function<Template, Operand> compile) {
    this.text = text;
    this.negated = negated;
    this.compile = compile;
  }

  static Optional<Operator> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  boolean negated() {
    return negated;
  }

  /// @throws IllegalArgumentException if the value is not of the operator's type
  Operand operand(Template value) {
    return compile.apply(value);
  }
}
