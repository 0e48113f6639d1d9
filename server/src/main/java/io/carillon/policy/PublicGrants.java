package io.carillon.policy;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The statements of a resource policy that are public: those that allow something and are not
/// limited to fixed values, neither by their principals nor by a condition that every request has
/// to meet. A value with wildcards or variables is not fixed, however little it matches.
///
/// Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
/// "The meaning of public"
public final class PublicGrants {
  /// The condition keys that identify the requester or the origin of a request.
  private static final Set<String> GLOBAL_KEYS =
      Set.of(
          "aws:principalaccount",
          "aws:principalarn",
          "aws:principalorgid",
          "aws:principalorgpaths",
          "aws:principalservicename",
          "aws:sourceaccount",
          "aws:sourcearn",
          "aws:sourceowner",
          "aws:sourcevpc",
          "aws:sourcevpce",
          "aws:userid");

  private static final Set<Operator> LIMITING_OPERATORS =
      Set.of(
          Operator.STRING_EQUALS,
          Operator.STRING_EQUALS_IGNORE_CASE,
          Operator.STRING_LIKE,
          Operator.ARN_EQUALS,
          Operator.ARN_LIKE);

  private static final int MIN_PREFIX_IPV4 = 8;
  private static final int MIN_PREFIX_IPV6 = 32;

  private final Set<String> limitingKeys;
  private final Map<String, Pattern> fixedPatterns;

  /// Where condition keys of a service limit grants as well.
  ///
  /// @param ownKeys of the service, in lower case
  /// @param fixedPatterns by such a key, the values with wildcards that count as fixed
  public PublicGrants(Set<String> ownKeys, Map<String, Pattern> fixedPatterns) {
    Set<String> keys = new HashSet<>(GLOBAL_KEYS);
    keys.addAll(ownKeys);
    keys.addAll(fixedPatterns.keySet());
    this.limitingKeys = Set.copyOf(keys);
    this.fixedPatterns = Map.copyOf(fixedPatterns);
  }

  /// Whether a document grants to the public: one public statement suffices.
  public boolean areIn(PolicyDocument document) {
    return document.statements().stream().anyMatch(this::isPublic);
  }

  private boolean isPublic(Statement statement) {
    Principals principals = statement.principals();
    return statement.allows()
        && principals != null
        && !principals.isFixed()
        && statement.conditions().stream().noneMatch(this::isLimiting);
  }

  private boolean isLimiting(Condition condition) {
    // A condition that holds for requests without the key limits nobody.
    if (condition.ifExists()
        || condition.quantifier() == Condition.Quantifier.FOR_ALL_VALUES
        || condition.values().isEmpty()) {
      return false;
    }
    if (condition.key().equals("aws:sourceip")) {
      return condition.operator() == Operator.IP_ADDRESS
          && condition.values().stream().allMatch(PublicGrants::isNarrow);
    }
    return LIMITING_OPERATORS.contains(condition.operator())
        && limitingKeys.contains(condition.key())
        && isFixed(condition.key(), condition.values());
  }

  private boolean isFixed(String key, List<String> values) {
    @Nullable Pattern pattern = fixedPatterns.get(key);
    return values.stream()
        .allMatch(
            value ->
                pattern != null
                    ? pattern.matcher(value).matches() && !value.contains("${")
                    : value.chars().noneMatch(c -> c == '*' || c == '?') && !value.contains("${"));
  }

  private static boolean isNarrow(String range) {
    Network network = Network.parse(range);
    return network.bits() >= (network.address().length == 4 ? MIN_PREFIX_IPV4 : MIN_PREFIX_IPV6);
  }
}
