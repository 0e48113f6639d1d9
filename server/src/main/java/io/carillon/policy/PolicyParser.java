package io.carillon.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.policy.PolicyDocument.Flavour;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Parses the JSON of a policy document. Messages are AWS's, with the place added.
final class PolicyParser {
  private static final Set<String> DOCUMENT_ELEMENTS = Set.of("Version", "Id", "Statement");
  private static final Set<String> STATEMENT_ELEMENTS =
      Set.of(
          "Sid",
          "Effect",
          "Principal",
          "NotPrincipal",
          "Action",
          "NotAction",
          "Resource",
          "NotResource",
          "Condition");
  private static final String VERSION_WITH_VARIABLES = "2012-10-17";
  private static final Set<String> VERSIONS = Set.of("2008-10-17", VERSION_WITH_VARIABLES);

  private static final Pattern SID = Pattern.compile("[0-9A-Za-z]*");
  private static final Pattern ACTION = Pattern.compile("[0-9A-Za-z-]+:[0-9A-Za-z*?_.-]+");
  private static final Pattern CONDITION_KEY = Pattern.compile("[^:]+:.+");
  private static final int ARN_PARTS = 6;

  private final Flavour flavour;
  private boolean variablesEnabled;

  PolicyParser(Flavour flavour) {
    this.flavour = flavour;
  }

  PolicyDocument parse(String json) {
    JsonNode root = read(json);
    if (!root.isObject()) {
      throw new MalformedPolicyException("Syntax errors in policy.", "");
    }
    rejectUnknown(root, DOCUMENT_ELEMENTS, "");
    JsonNode version = root.get("Version");
    if (version != null && !(version.isTextual() && VERSIONS.contains(version.textValue()))) {
      throw new MalformedPolicyException(
          "The policy must contain a valid version string", "Version");
    }
    variablesEnabled = version != null && version.textValue().equals(VERSION_WITH_VARIABLES);
    JsonNode id = root.get("Id");
    if (id != null && !id.isTextual()) {
      throw new MalformedPolicyException("Syntax errors in policy.", "Id");
    }
    JsonNode statement = root.get("Statement");
    if (statement == null || (statement.isArray() && statement.isEmpty())) {
      throw new MalformedPolicyException("Missing required field Statement", "");
    }
    return new PolicyDocument(statements(statement));
  }

  private static JsonNode read(String json) {
    try {
      JsonNode root = PolicyJson.read(json);
      if (root == null || root.isMissingNode()) {
        throw new MalformedPolicyException("This policy contains invalid Json", "");
      }
      return root;
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new MalformedPolicyException(
          "This policy contains invalid Json",
          at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr());
    }
  }

  private List<Statement> statements(JsonNode node) {
    if (!node.isArray()) {
      return List.of(statement(node, "Statement", 1));
    }
    List<Statement> statements = new ArrayList<>(node.size());
    Set<String> sids = new HashSet<>();
    for (int i = 0; i < node.size(); i++) {
      String where = "Statement[" + i + "]";
      statements.add(statement(node.get(i), where, i + 1));
      String sid = node.get(i).path("Sid").asText("");
      if (!sid.isEmpty() && !sids.add(sid)) {
        throw new MalformedPolicyException(
            "Statement IDs (SID) in a single policy must be unique.", where + ".Sid");
      }
    }
    return statements;
  }

  private Statement statement(JsonNode node, String where, int ordinal) {
    if (!node.isObject()) {
      throw new MalformedPolicyException("Syntax errors in policy.", where);
    }
    rejectUnknown(node, STATEMENT_ELEMENTS, where);
    String sid = sid(node, where);
    boolean allows = effect(node, where);
    Principals principals = principals(node, where);

    Element action =
        element(node, "Action", where)
            .orElseThrow(() -> missing("Policy statement must contain actions.", where));
    List<Glob> actions = new ArrayList<>();
    for (String text : action.values()) {
      actions.add(Glob.of(action(text, action.where()).toLowerCase(Locale.ROOT)));
    }

    Optional<Element> resource = element(node, "Resource", where);
    if (flavour == Flavour.TRUST && resource.isPresent()) {
      throw new MalformedPolicyException("Has prohibited field Resource", resource.get().where());
    }
    if (flavour != Flavour.TRUST && resource.isEmpty()) {
      throw missing("Policy statement must contain resources.", where);
    }
    List<Template> resources = new ArrayList<>();
    if (resource.isPresent()) {
      for (String text : resource.get().values()) {
        resources.add(resource(text, resource.get().where()));
      }
    }
    return new Statement(
        sid.isEmpty() ? Integer.toString(ordinal) : sid,
        allows,
        principals,
        action.negated(),
        actions,
        resource.isPresent() && resource.get().negated(),
        resources,
        conditions(node.get("Condition"), where + ".Condition"));
  }

  private String sid(JsonNode node, String where) {
    JsonNode sid = node.get("Sid");
    if (sid == null) {
      return "";
    }
    if (!sid.isTextual()) {
      throw new MalformedPolicyException("Syntax errors in policy.", where + ".Sid");
    }
    if (flavour != Flavour.RESOURCE && !SID.matcher(sid.textValue()).matches()) {
      throw new MalformedPolicyException(
          "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular"
              + " expression [0-9A-Za-z]*",
          where + ".Sid");
    }
    return sid.textValue();
  }

  private static boolean effect(JsonNode node, String where) {
    JsonNode effect = node.get("Effect");
    if (effect == null) {
      throw new MalformedPolicyException("Missing required field Effect", where);
    }
    return switch (effect.asText("")) {
      case "Allow" -> true;
      case "Deny" -> false;
      default ->
          throw new MalformedPolicyException(
              "Invalid effect: " + effect.asText(""), where + ".Effect");
    };
  }

  private @Nullable Principals principals(JsonNode node, String where) {
    boolean except = node.has("NotPrincipal");
    JsonNode principal = except ? node.get("NotPrincipal") : node.get("Principal");
    if (flavour == Flavour.IDENTITY) {
      if (principal != null) {
        throw new MalformedPolicyException(
            "Policy document should not specify a principal.", where);
      }
      return null;
    }
    if (principal == null) {
      throw new MalformedPolicyException("Missing required field Principal", where);
    }
    if (except && node.has("Principal")) {
      throw new MalformedPolicyException(
          "A statement cannot contain both Principal and NotPrincipal", where);
    }
    return PrincipalParser.parse(
        principal, except, where + (except ? ".NotPrincipal" : ".Principal"));
  }

  private String action(String text, String where) {
    if (flavour == Flavour.TRUST && !text.toLowerCase(Locale.ROOT).startsWith("sts:")) {
      throw new MalformedPolicyException(
          "AssumeRole policy may only specify STS AssumeRole actions.", where);
    }
    if (!text.equals("*") && !ACTION.matcher(text).matches()) {
      throw new MalformedPolicyException(
          "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: " + text,
          where);
    }
    return text;
  }

  /// An ARN with fewer parts is completed with stars: `arn:aws:sqs` means all queues. Stars match
  /// colons and slashes too, as on AWS.
  private Template resource(String text, String where) {
    if (text.equals("*")) {
      return Template.of("*", false);
    }
    int parts = text.split(":", ARN_PARTS).length;
    if (!text.startsWith("arn:") || parts < 3) {
      throw new MalformedPolicyException(
          "Resource " + text + " must be in ARN format or \"*\".", where);
    }
    return template(text + ":*".repeat(ARN_PARTS - parts), where);
  }

  private List<Condition> conditions(@Nullable JsonNode node, String where) {
    if (node == null) {
      return List.of();
    }
    if (!node.isObject()) {
      throw new MalformedPolicyException("Syntax errors in policy.", where);
    }
    List<Condition> conditions = new ArrayList<>();
    for (Map.Entry<String, JsonNode> operator : node.properties()) {
      String whereOperator = where + "." + operator.getKey();
      if (!operator.getValue().isObject()) {
        throw new MalformedPolicyException("Syntax errors in policy.", whereOperator);
      }
      for (Map.Entry<String, JsonNode> key : operator.getValue().properties()) {
        conditions.add(
            condition(
                operator.getKey(),
                key.getKey(),
                key.getValue(),
                whereOperator + "." + key.getKey()));
      }
    }
    return List.copyOf(conditions);
  }

  private Condition condition(String operatorText, String key, JsonNode values, String where) {
    Condition.Quantifier quantifier = Condition.Quantifier.PLAIN;
    String name = operatorText;
    if (name.startsWith("ForAllValues:")) {
      quantifier = Condition.Quantifier.FOR_ALL_VALUES;
      name = name.substring("ForAllValues:".length());
    } else if (name.startsWith("ForAnyValue:")) {
      quantifier = Condition.Quantifier.FOR_ANY_VALUE;
      name = name.substring("ForAnyValue:".length());
    }
    boolean ifExists = name.endsWith("IfExists");
    if (ifExists) {
      name = name.substring(0, name.length() - "IfExists".length());
    }
    Operator operator =
        Operator.named(name)
            .orElseThrow(
                () ->
                    new MalformedPolicyException(
                        "Invalid Condition type : " + operatorText, where));
    if (operator == Operator.NULL && (ifExists || quantifier != Condition.Quantifier.PLAIN)) {
      throw new MalformedPolicyException("Invalid Condition type : " + operatorText, where);
    }
    if (!CONDITION_KEY.matcher(key).matches()) {
      throw new MalformedPolicyException(
          "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: " + key,
          where);
    }
    List<String> texts = new ArrayList<>();
    List<Operand> operands = new ArrayList<>();
    for (JsonNode value : values.isArray() ? values : List.of(values)) {
      if (!value.isTextual() && !value.isNumber() && !value.isBoolean()) {
        throw new MalformedPolicyException("Syntax errors in policy.", where);
      }
      try {
        texts.add(value.asText());
        operands.add(operator.operand(template(value.asText(), where)));
      } catch (IllegalArgumentException wrongType) {
        throw new MalformedPolicyException(
            "Invalid value for the condition operator " + operatorText + ": " + value.asText(),
            where);
      }
    }
    return new Condition(
        operator,
        quantifier,
        ifExists,
        key.toLowerCase(Locale.ROOT),
        List.copyOf(texts),
        List.copyOf(operands));
  }

  private Template template(String text, String where) {
    try {
      return Template.of(text, variablesEnabled);
    } catch (IllegalArgumentException badVariable) {
      throw new MalformedPolicyException(String.valueOf(badVariable.getMessage()), where);
    }
  }

  /// An element with or without `Not`; one text or a list.
  private record Element(boolean negated, List<String> values, String where) {}

  private static Optional<Element> element(JsonNode node, String name, String where) {
    JsonNode plain = node.get(name);
    JsonNode negated = node.get("Not" + name);
    if (plain != null && negated != null) {
      throw new MalformedPolicyException(
          "A statement cannot contain both " + name + " and Not" + name, where);
    }
    JsonNode value = plain != null ? plain : negated;
    if (value == null || (value.isArray() && value.isEmpty())) {
      return Optional.empty();
    }
    String place = where + (plain != null ? "." : ".Not") + name;
    return Optional.of(new Element(plain == null, texts(value, place), place));
  }

  static List<String> texts(JsonNode value, String where) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : value.isArray() ? value : List.of(value)) {
      if (!item.isTextual()) {
        throw new MalformedPolicyException("Syntax errors in policy.", where);
      }
      texts.add(item.textValue());
    }
    return texts;
  }

  private static MalformedPolicyException missing(String message, String where) {
    return new MalformedPolicyException(message, where);
  }

  private static void rejectUnknown(JsonNode node, Set<String> known, String where) {
    for (Map.Entry<String, JsonNode> element : node.properties()) {
      if (!known.contains(element.getKey())) {
        throw new MalformedPolicyException(
            "Unknown field " + element.getKey(), where.isEmpty() ? "the document" : where);
      }
    }
  }
}
