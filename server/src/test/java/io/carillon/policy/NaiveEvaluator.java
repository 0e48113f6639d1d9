package io.carillon.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// A second, simple implementation of the evaluation rules: straight from the JSON, with regular
/// expressions, for the subset that [PolicyLawsTest] generates. Shares no code with the engine.
final class NaiveEvaluator {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// The requester is a user of account 1…1 named `bob`.
  record Case(
      String action,
      String resource,
      Map<String, String> context,
      List<String> identity,
      List<String> boundary,
      List<String> session,
      List<String> resourcePolicy,
      boolean sameAccount) {}

  private NaiveEvaluator() {}

  static String evaluate(Case c) throws Exception {
    List<String> all = new ArrayList<>();
    all.addAll(c.identity());
    all.addAll(c.boundary());
    all.addAll(c.session());
    for (String document : all) {
      if (hasStatement("Deny", document, c, "")) {
        return "denied";
      }
    }
    for (String document : c.resourcePolicy()) {
      if (hasStatement("Deny", document, c, "self")
          || hasStatement("Deny", document, c, "account")) {
        return "denied";
      }
    }
    boolean self = false;
    boolean account = false;
    for (String document : c.resourcePolicy()) {
      self |= hasStatement("Allow", document, c, "self");
      account |= hasStatement("Allow", document, c, "account");
    }
    if (c.sameAccount() && self) {
      return "allowed";
    }
    if (!c.sameAccount() && !self && !account) {
      return "silent";
    }
    boolean allowed = anyAllows(c.identity(), c);
    allowed &= c.boundary().isEmpty() || anyAllows(c.boundary(), c);
    allowed &= c.session().isEmpty() || anyAllows(c.session(), c);
    return allowed ? "allowed" : "silent";
  }

  private static boolean anyAllows(List<String> documents, Case c) throws Exception {
    for (String document : documents) {
      if (hasStatement("Allow", document, c, "")) {
        return true;
      }
    }
    return false;
  }

  /// @param reach how the statement must name bob: `self` or `account`; empty for his own policies
  private static boolean hasStatement(String effect, String document, Case c, String reach)
      throws Exception {
    for (JsonNode statement : JSON.readTree(document).get("Statement")) {
      if (statement.get("Effect").asText().equals(effect)
          && (reach.isEmpty() || reach(statement.get("Principal")).equals(reach))
          && covers(statement, "Action", c.action(), true, c.context())
          && covers(statement, "Resource", c.resource(), false, c.context())
          && holds(statement.path("Condition"), c.context())) {
        return true;
      }
    }
    return false;
  }

  private static String reach(JsonNode principal) {
    String text = principal.toString();
    if (text.contains("*") || text.contains("bob")) {
      return "self";
    }
    return text.contains("111111111111") ? "account" : "none";
  }

  private static boolean covers(
      JsonNode statement,
      String element,
      String subject,
      boolean fold,
      Map<String, String> context) {
    boolean negated = statement.has("Not" + element);
    JsonNode patterns = statement.get(negated ? "Not" + element : element);
    boolean any = false;
    for (JsonNode pattern : patterns) {
      any |= matches(pattern.asText(), subject, fold, context);
    }
    return any != negated;
  }

  private static boolean holds(JsonNode condition, Map<String, String> context) {
    Map<String, String> folded = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    folded.putAll(context);
    for (Map.Entry<String, JsonNode> operator : condition.properties()) {
      for (Map.Entry<String, JsonNode> line : operator.getValue().properties()) {
        String actual = folded.get(line.getKey());
        boolean any = false;
        for (JsonNode value : line.getValue()) {
          any |=
              actual != null
                  && (operator.getKey().contains("Like")
                      ? matches(value.asText(), actual, false, context)
                      : value.asText().equals(actual));
        }
        boolean holds =
            (actual == null && operator.getKey().endsWith("IfExists"))
                || any != operator.getKey().contains("Not");
        if (!holds) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean matches(
      String pattern, String subject, boolean fold, Map<String, String> context) {
    StringBuilder regex = new StringBuilder();
    String rest = pattern;
    while (!rest.isEmpty()) {
      if (rest.startsWith("${aws:username}")) {
        regex.append(Pattern.quote(context.getOrDefault("aws:username", "\0")));
        rest = rest.substring("${aws:username}".length());
      } else {
        char c = rest.charAt(0);
        regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote("" + c));
        rest = rest.substring(1);
      }
    }
    int flags = Pattern.DOTALL | (fold ? Pattern.CASE_INSENSITIVE : 0);
    return Pattern.compile(regex.toString(), flags).matcher(subject).matches();
  }
}
