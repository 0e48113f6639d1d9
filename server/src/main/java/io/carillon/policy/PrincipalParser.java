package io.carillon.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Parses a `Principal` or `NotPrincipal` element.
///
/// Source:
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
final class PrincipalParser {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");
  private static final Pattern ROOT = Pattern.compile("arn:[a-z-]+:iam::([0-9]{12}):root");

  /// CloudFront's origin access identities are users of the account `cloudfront`.
  private static final Pattern IDENTITY =
      Pattern.compile(
          "arn:[a-z-]+:(iam::([0-9]{12}:(user|role)|cloudfront:user)"
              + "|sts::[0-9]{12}:(assumed-role|federated-user))/[^*?]+");

  private static final Pattern UNIQUE_ID = Pattern.compile("A(IDA|ROA)[A-Z0-9]{12,124}");

  /// AWS publishes no complete list of services, so any name under its domains is accepted.
  private static final Pattern SERVICE =
      Pattern.compile("\\*|[a-z0-9.-]+\\.(amazonaws\\.com(\\.cn)?|aws\\.internal)");

  private boolean everyone;
  private boolean federated;
  private final Set<String> accounts = new HashSet<>();
  private final Set<String> identities = new HashSet<>();
  private final Set<String> services = new HashSet<>();

  private PrincipalParser() {}

  static Principals parse(JsonNode node, boolean except, String where) {
    PrincipalParser parser = new PrincipalParser();
    if (node.isTextual() && node.textValue().equals("*")) {
      parser.everyone = true;
    } else if (node.isObject() && !node.isEmpty()) {
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        for (String value : PolicyParser.texts(entry.getValue(), where + "." + entry.getKey())) {
          parser.add(entry.getKey(), value, where);
        }
      }
    } else {
      throw new MalformedPolicyException("Invalid principal in policy", where);
    }
    return new Principals(
        except,
        parser.everyone,
        parser.federated,
        Set.copyOf(parser.accounts),
        Set.copyOf(parser.identities),
        Set.copyOf(parser.services));
  }

  /// The text of a document with some of its principals renamed.
  static String rename(String json, Map<String, String> names) {
    try {
      JsonNode document = JSON.readTree(json);
      JsonNode statements = document.path("Statement");
      for (JsonNode statement : statements.isArray() ? statements : List.of(statements)) {
        for (String element : List.of("Principal", "NotPrincipal")) {
          if (statement.path(element) instanceof ObjectNode principal && principal.has("AWS")) {
            principal.set("AWS", rename(principal.get("AWS"), names));
          }
        }
      }
      return JSON.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode rename(JsonNode value, Map<String, String> names) {
    if (value.isArray()) {
      ArrayNode renamed = JSON.createArrayNode();
      value.forEach(one -> renamed.add(rename(one, names)));
      return renamed;
    }
    String name = value.asText();
    return JSON.getNodeFactory().textNode(names.getOrDefault(name, name));
  }

  private void add(String type, String value, String where) {
    boolean known =
        switch (type) {
          case "AWS" -> addAws(value);
          case "Service" -> addService(value);
          case "Federated" -> {
            federated |= !value.startsWith("arn:"); // a SAML provider belongs to one account
            yield !value.isEmpty();
          }
          case "CanonicalUser" -> !value.isEmpty();
          default -> false;
        };
    if (!known) {
      throw MalformedPolicyException.principal(type, value, where);
    }
  }

  private boolean addService(String value) {
    services.add(value);
    return SERVICE.matcher(value).matches();
  }

  private boolean addAws(String value) {
    if (value.equals("*")) {
      everyone = true;
      return true;
    }
    Matcher root = ROOT.matcher(value);
    if (root.matches()) {
      accounts.add(root.group(1));
      return true;
    }
    if (ACCOUNT.matcher(value).matches()) {
      accounts.add(value);
      return true;
    }
    identities.add(value);
    return IDENTITY.matcher(value).matches() || UNIQUE_ID.matcher(value).matches();
  }
}
