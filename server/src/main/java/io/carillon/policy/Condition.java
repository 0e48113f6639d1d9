package io.carillon.policy;

import java.util.List;

/// One condition of a statement: operator, key, values. All conditions of a statement must hold.
///
/// A key that the request does not have fails a positive operator, and satisfies a negated one, an
/// `…IfExists` operator and `ForAllValues`. Several values in the policy are alternatives; the
/// quantifiers define the result for several values in the request.
///
/// @param key in lower case
/// @param values the operands as written
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
    List<String> requestValues = context.values(key);
    if (operator == Operator.NULL) {
      String absent = Boolean.toString(requestValues.isEmpty());
      return operands.stream().anyMatch(operand -> operand.matches(absent, context));
    }
    if (requestValues.isEmpty()) {
      return ifExists
          || switch (quantifier) {
            case PLAIN -> operator.negated();
            case FOR_ALL_VALUES -> true;
            case FOR_ANY_VALUE -> false;
          };
    }
    return switch (quantifier) {
      case PLAIN -> operator.negated() != matchesAny(requestValues, context);
      case FOR_ALL_VALUES -> {
        for (String value : requestValues) {
          if (operator.negated() == matches(value, context)) {
            yield false;
          }
        }
        yield true;
      }
      case FOR_ANY_VALUE -> {
        for (String value : requestValues) {
          if (operator.negated() != matches(value, context)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  private boolean matchesAny(List<String> requestValues, Context context) {
    for (String value : requestValues) {
      if (matches(value, context)) {
        return true;
      }
    }
    return false;
  }

  private boolean matches(String requestValue, Context context) {
    for (Operand operand : operands) {
      if (operand.matches(requestValue, context)) {
        return true;
      }
    }
    return false;
  }
}
