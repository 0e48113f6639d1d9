package io.carillon.policy;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/// A policy document, parsed and compiled once for many evaluations.
public final class PolicyDocument {

  /// The kind of object that a document is attached to, which determines the allowed elements.
  public enum Flavour {
    /// Attached to a user, group or role, or passed to a session: names no principal.
    IDENTITY,
    /// Attached to a bucket, queue, topic or function: names principals and resources.
    RESOURCE,
    /// A role's trust policy: names principals, no resource, and actions of STS only.
    TRUST
  }

  private final List<Statement> statements;

  PolicyDocument(List<Statement> statements) {
    this.statements = List.copyOf(statements);
  }

  /// Parses a document strictly by the IAM grammar: unknown elements, duplicate keys and values of
  /// the wrong type are refused, since a misread document would grant or deny something unintended.
  /// The caller checks the size.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
  ///
  /// @throws MalformedPolicyException with the error and its place
  public static PolicyDocument parse(String json, Flavour flavour) {
    return new PolicyParser(flavour).parse(json);
  }

  /// Parses the policy of a service's resource, which may name actions of that service only.
  ///
  /// @param service the prefix of its actions, such as `sns`
  /// @param outOfScope the error for actions of other services
  /// @throws MalformedPolicyException as [#parse(String, Flavour)]
  public static PolicyDocument parseResourcePolicy(
      String json, String service, Supplier<? extends RuntimeException> outOfScope) {
    PolicyDocument document = parse(json, Flavour.RESOURCE);
    if (!document.coversOnly(service)) {
      throw outOfScope.get();
    }
    return document;
  }

  /// Replaces a stored document that cannot be parsed. The original may have contained denials, so
  /// this denies everything.
  public static PolicyDocument unreadable(Flavour flavour) {
    String principal = flavour == Flavour.IDENTITY ? "" : "\"Principal\":\"*\",";
    String scope =
        flavour == Flavour.TRUST ? "\"Action\":\"sts:*\"" : "\"Action\":\"*\",\"Resource\":\"*\"";
    return parse(
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"UnreadableDocument\","
            + principal
            + "\"Effect\":\"Deny\","
            + scope
            + "}}",
        flavour);
  }

  /// The users, roles and sessions that its principals name, by ARN or unique id.
  public Set<String> namedIdentities() {
    return named(Principals::identities);
  }

  /// The accounts that its principals name, by number or by their root's ARN.
  public Set<String> namedAccounts() {
    return named(Principals::accounts);
  }

  private Set<String> named(Function<Principals, Set<String>> of) {
    Set<String> named = new LinkedHashSet<>();
    for (Statement statement : statements) {
      Principals principals = statement.principals();
      if (principals != null) {
        named.addAll(of.apply(principals));
      }
    }
    return named;
  }

  /// Whether it names only actions of one service; `*` counts as all of them.
  private boolean coversOnly(String service) {
    return statements.stream()
        .flatMap(statement -> statement.actions().stream())
        .allMatch(action -> action.matchesEverything() || action.startsWith(service + ":"));
  }

  /// The same document with other names for its principals: unique ids instead of ARNs, so that it
  /// does not apply to recreated users and roles.
  public PolicyDocument withPrincipals(Map<String, String> names) {
    return new PolicyDocument(
        statements.stream().map(statement -> statement.withPrincipals(names)).toList());
  }

  /// Its Deny statements only, for requesters that it must not grant anything.
  public PolicyDocument denyStatements() {
    return new PolicyDocument(statements.stream().filter(s -> !s.allows()).toList());
  }

  List<Statement> statements() {
    return statements;
  }
}
