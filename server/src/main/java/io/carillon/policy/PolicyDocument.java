package io.carillon.policy;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// A policy document, parsed and compiled: parsed once, asked many times.
public final class PolicyDocument {

  /// What a document is attached to, which decides what its statements must and must not hold.
  public enum Flavour {
    /// Attached to a user, group or role, or passed to a session: names no principal.
    IDENTITY,
    /// Attached to a bucket, queue, topic or function: names principals and resources.
    RESOURCE,
    /// A role's trust policy: names principals, no resource, and actions of STS only.
    TRUST
  }

  private final List<Statement> statements;
  private final boolean grantsToPublic;

  PolicyDocument(List<Statement> statements) {
    this.statements = List.copyOf(statements);
    this.grantsToPublic = this.statements.stream().anyMatch(PublicGrants::isPublic);
  }

  /// Reads a document by the IAM grammar, strictly: unknown elements, duplicate keys and values of
  /// the wrong type are refused, for what is misread grants or denies something else than was
  /// meant. The size of the document is the caller's matter.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
  ///
  /// @throws MalformedPolicyException saying what is wrong and where
  public static PolicyDocument parse(String json, Flavour flavour) {
    return new PolicyParser(flavour).parse(json);
  }

  /// Stands in for a stored document that cannot be read any more. It may have held denials, so it
  /// denies everything.
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

  /// Whether it speaks of no actions but a service's own; `*` is all of them.
  ///
  /// @param service the prefix of its actions, such as `sns`
  public boolean keepsTo(String service) {
    return statements.stream()
        .flatMap(statement -> statement.actions().stream())
        .allMatch(action -> action.matchesEverything() || action.startsWith(service + ":"));
  }

  /// The same document with principals named otherwise: by unique ids instead of ARNs, so that it
  /// goes on meaning those it was written for.
  public PolicyDocument withPrincipals(Map<String, String> names) {
    return new PolicyDocument(
        statements.stream().map(statement -> statement.withPrincipals(names)).toList());
  }

  /// Whether S3 calls it public, as the policy of a bucket: one statement that is makes it so.
  public boolean isPublic() {
    return grantsToPublic;
  }

  /// What is left of it for those to whom it must not grant anything.
  public PolicyDocument denials() {
    return new PolicyDocument(statements.stream().filter(s -> !s.allows()).toList());
  }

  List<Statement> statements() {
    return statements;
  }
}
