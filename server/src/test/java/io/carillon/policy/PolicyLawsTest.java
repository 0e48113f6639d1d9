package io.carillon.policy;

import static io.carillon.policy.Documents.ACCOUNT;
import static io.carillon.policy.Documents.BOB;
import static io.carillon.policy.Documents.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.policy.NaiveEvaluator.Case;
import io.carillon.policy.Policies.ResourceSide;
import io.carillon.policy.PolicyDocument.Flavour;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;

/// Properties of all policies, and agreement with [NaiveEvaluator].
class PolicyLawsTest {
  private static final String DENY_ALL = Documents.document(Documents.statement("Deny", "*", "*"));
  private static final String ALLOW_ALL =
      Documents.document(Documents.statement("Allow", "*", "*"));

  @Property(tries = 2_000, edgeCases = EdgeCasesMode.NONE)
  void theEngineAgreesWithTheNaiveEvaluator(@ForAll("cases") Case c) throws Exception {
    String decision = engine(c);
    Statistics.collect(decision);
    // Cases with nearly always the same result would prove little.
    Statistics.coverage(
        coverage -> {
          for (String each : List.of("allowed", "denied", "silent")) {
            coverage.check(each).percentage(share -> share > 5);
          }
        });
    assertThat(decision).isEqualTo(NaiveEvaluator.evaluate(c));
  }

  @Property(tries = 500)
  void addingADenyNeverAllowsMore(@ForAll("cases") Case c, @ForAll("denials") String denial) {
    Case more = withIdentity(c, plus(c.identity(), denial));
    assertThat(allows(more) && !allows(c)).isFalse();
  }

  @Property(tries = 500)
  void addingAnAllowNeverAllowsLess(@ForAll("cases") Case c) {
    assertThat(allows(c) && !allows(withIdentity(c, plus(c.identity(), ALLOW_ALL)))).isFalse();
  }

  @Property(tries = 500)
  void aDenyOfEverythingAlwaysDenies(@ForAll("cases") Case c) {
    assertThat(engine(withIdentity(c, plus(c.identity(), DENY_ALL)))).isEqualTo("denied");
  }

  @Property(tries = 500)
  void theOrderOfPoliciesDoesNotMatter(@ForAll("cases") Case c) {
    assertThat(engine(withIdentity(c, c.identity().reversed()))).isEqualTo(engine(c));
  }

  @Property(tries = 500)
  void aSecondCopyOfAPolicyChangesNothing(@ForAll("cases") Case c) {
    List<String> twice = new ArrayList<>(c.identity());
    twice.addAll(c.identity());
    assertThat(engine(withIdentity(c, twice))).isEqualTo(engine(c));
  }

  @Property(tries = 500)
  void aBoundaryNeverAllowsMore(@ForAll("cases") Case c, @ForAll("documents") String boundary) {
    Case without = withBoundary(c, List.of());
    assertThat(allows(withBoundary(c, List.of(boundary))) && !allows(without)).isFalse();
  }

  @Property(tries = 500)
  void withoutAnyPolicyNothingIsAllowed(@ForAll("cases") Case c) {
    Case none =
        new Case(
            c.action(),
            c.resource(),
            c.context(),
            List.of(),
            c.boundary(),
            c.session(),
            List.of(),
            c.sameAccount());
    assertThat(allows(none)).isFalse();
  }

  @Property(tries = 1_000)
  void aGlobAgreesWithARegularExpression(
      @ForAll("patterns") String pattern, @ForAll("subjects") String subject) {
    String regex = pattern.replace("*", ".*").replace("?", ".");
    assertThat(Glob.of(pattern).matches(subject)).isEqualTo(subject.matches(regex));
  }

  private static boolean allows(Case c) {
    return engine(c).equals("allowed");
  }

  private static String engine(Case c) {
    Map<String, List<String>> context = new HashMap<>();
    c.context().forEach((key, value) -> context.put(key, List.of(value)));
    String owner = c.sameAccount() ? ACCOUNT : OTHER;
    NamedPolicy resource =
        c.resourcePolicy().isEmpty()
            ? null
            : new NamedPolicy(
                "r", PolicyDocument.parse(c.resourcePolicy().getFirst(), Flavour.RESOURCE));
    Policies policies =
        new Policies(
            named(c.identity()),
            c.boundary().isEmpty() ? null : named(c.boundary()).getFirst(),
            named(c.session()),
            new ResourceSide(owner, resource, false));
    AuthorizationRequest request =
        new AuthorizationRequest(c.action(), c.resource(), BOB, Context.of(context));
    return switch (PolicyEngine.evaluate(request, policies)) {
      case Decision.Allowed _ -> "allowed";
      case Decision.ExplicitlyDenied _ -> "denied";
      case Decision.ImplicitlyDenied _ -> "silent";
    };
  }

  private static List<NamedPolicy> named(List<String> documents) {
    return documents.stream()
        .map(d -> new NamedPolicy("p", PolicyDocument.parse(d, Flavour.IDENTITY)))
        .toList();
  }

  private static Case withIdentity(Case c, List<String> identity) {
    return new Case(
        c.action(),
        c.resource(),
        c.context(),
        identity,
        c.boundary(),
        c.session(),
        c.resourcePolicy(),
        c.sameAccount());
  }

  private static Case withBoundary(Case c, List<String> boundary) {
    return new Case(
        c.action(),
        c.resource(),
        c.context(),
        c.identity(),
        boundary,
        c.session(),
        c.resourcePolicy(),
        c.sameAccount());
  }

  private static List<String> plus(List<String> documents, String one) {
    List<String> more = new ArrayList<>(documents);
    more.add(one);
    return more;
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<Map<String, String>> context =
        Arbitraries.maps(
                Arbitraries.of("aws:username", "x:a", "x:b"), Arbitraries.of("k", "kk", "b", "*"))
            .ofMaxSize(3);
    return Combinators.combine(
            Arbitraries.of("s3:GetObject", "s3:PutObject", "sqs:SendMessage"),
            Arbitraries.of("arn:aws:s3:::b/k", "arn:aws:s3:::b/kk", "arn:aws:s3:::b", "*"),
            context,
            documents().list().ofMaxSize(3),
            mostlyEmpty(documents().list().ofSize(1)),
            mostlyEmpty(documents().list().ofMaxSize(2)),
            resourceDocuments().list().ofMaxSize(1),
            Arbitraries.of(true, true, false))
        .as(Case::new);
  }

  private static Arbitrary<List<String>> mostlyEmpty(Arbitrary<List<String>> lists) {
    return Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.just(List.of())), Tuple.of(1, lists));
  }

  @Provide
  Arbitrary<String> documents() {
    return documents(
        statements(Arbitraries.of("Allow", "Allow", "Allow", "Deny"), Arbitraries.just("")));
  }

  @Provide
  Arbitrary<String> denials() {
    return documents(statements(Arbitraries.just("Deny"), Arbitraries.just("")));
  }

  private static Arbitrary<String> resourceDocuments() {
    Arbitrary<String> principal =
        Arbitraries.of(
            "\"*\"",
            Documents.aws("111111111111"),
            Documents.aws(BOB.arn()),
            Documents.aws("arn:aws:iam::111111111111:root"),
            Documents.aws("arn:aws:iam::222222222222:user/eve"));
    return documents(
        statements(
            Arbitraries.of("Allow", "Allow", "Allow", "Deny"),
            principal.map(p -> ",\"Principal\":" + p)));
  }

  private static Arbitrary<String> documents(Arbitrary<String> statements) {
    return statements
        .list()
        .ofMinSize(1)
        .ofMaxSize(2)
        .map(list -> Documents.document(list.toArray(String[]::new)));
  }

  private static Arbitrary<String> statements(
      Arbitrary<String> effect, Arbitrary<String> principal) {
    Arbitrary<String> action =
        Combinators.combine(
                Arbitraries.of("Action", "Action", "Action", "NotAction"),
                Arbitraries.of("*", "*", "s3:*", "S3:get*", "s3:?etObject", "sqs:*")
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(2))
            .as(PolicyLawsTest::element);
    Arbitrary<String> resource =
        Combinators.combine(
                Arbitraries.of("Resource", "Resource", "Resource", "NotResource"),
                Arbitraries.of("*", "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/?", "arn:aws:s3:::*")
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(2))
            .as(PolicyLawsTest::element);
    Arbitrary<String> variable =
        Arbitraries.just(element("Resource", List.of("arn:aws:s3:::b/${aws:username}*")));
    return Combinators.combine(
            effect,
            principal,
            action,
            Arbitraries.oneOf(resource, resource, variable),
            conditions())
        .as(
            (e, p, a, r, c) ->
                "\"Effect\":\"" + e + "\"" + p + "," + a + "," + r + ",\"Condition\":{" + c + "}");
  }

  private static Arbitrary<String> conditions() {
    Arbitrary<String> line =
        Combinators.combine(
                Arbitraries.of(
                    "StringEquals",
                    "StringNotEquals",
                    "StringLike",
                    "StringNotLike",
                    "StringEqualsIfExists",
                    "StringNotLikeIfExists"),
                Arbitraries.of("x:a", "X:B", "aws:username"),
                Arbitraries.of("k", "k*", "b", "*").list().ofMinSize(1).ofMaxSize(2))
            .as((operator, key, values) -> "\"" + operator + "\":{" + element(key, values) + "}");
    return Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.just("")), Tuple.of(1, line));
  }

  private static String element(String name, List<String> values) {
    return "\"" + name + "\":[\"" + String.join("\",\"", values) + "\"]";
  }

  @Provide
  Arbitrary<String> patterns() {
    return Arbitraries.strings().withChars("ab*?").ofMaxLength(8);
  }

  @Provide
  Arbitrary<String> subjects() {
    return Arbitraries.strings().withChars("ab").ofMaxLength(10);
  }
}
