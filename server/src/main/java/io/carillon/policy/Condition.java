package io.carillon.policy;

import java.util.List;

/// One line of a statement's conditions: operator, key, values. All lines of a statement must hold.
///
/// A key that the request does not carry fails a positive operator and satisfies a negated one, one
/// `…IfExists`, and `ForAllValues`. Several values on either side are alternatives; the quantifiers
/// say what becomes of several in the request.
///
/// @param key in lower case
/// @param values the operands as they were written
record Condition(
    Operator operator,
    Quantifier quantifier,
    boolean ifExists,
    String key,
    List<String> values,
    List<Operand> operands) {

  enum Quantifier {
    /// No prefix: at least one of the request's values matches; for a negated operator, none does.
    PLAIN,
    FOR_ALL_VALUES,
    FOR_ANY_VALUE
  }

  boolean holds(Context context) {
    List<String> actual = context.values(key);
    if (operator == Operator.NULL) {
      String absent = Boolean.toString(actual.isEmpty());
      return operands.stream().anyMatch(operand -> operand.matches(absent, context));
    }
    if (actual.isEmpty()) {
      return ifExists
          || switch (quantifier) {
            case PLAIN -> operator.negated();
            case FOR_ALL_VALUES -> true;
            case FOR_ANY_VALUE -> false;
          };
    }
    return switch (quantifier) {
      case PLAIN -> operator.negated() != matchesAny(actual, context);
      case FOR_ALL_VALUES -> {
        for (String value : actual) {
          if (operator.negated() == matches(value, context)) {
            yield false;
          }
        }
        yield true;
      }
      case FOR_ANY_VALUE -> {
        for (String value : actual) {
          if (operator.negated() != matches(value, context)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  private boolean matchesAny(List<String> actual, Context context) {
    for (String value : actual) {
      if (matches(value, context)) {
        return true;
      }
    }
    return false;
  }

  private boolean matches(String actual, Context context) {
    for (Operand operand : operands) {
      if (operand.matches(actual, context)) {
        return true;
      }
    }
    return false;
  }
}
